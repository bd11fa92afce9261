"""An experiment as JSON, for whoever wants to read it with a program: `Experiment(**record["experiment"])`."""

import json
from dataclasses import asdict

from initviz.network.experiment import Experiment


def record(experiment: Experiment, link: str = "") -> str:
    """Every field under its name, alpha as null where it is the default, and in words; the link where there is one."""
    place = {"link": link} if link else {}
    return (
        json.dumps(
            {"about": experiment.summary(), "experiment": asdict(experiment), **place}, indent=1, ensure_ascii=False
        )
        + "\n"
    )
