"""What an operator sets through the environment, and the check that it fits a shared instance."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from initviz.catalogue import InputError
from initviz.network.budget import Budget, positive_setting
from initviz.serving.cluster import connected
from initviz.serving.jobs import SMALL_MEMORY
from initviz.text import counted

BASE_MIB = 450.0
"""What the process takes with fifty visitors, without simulations and cache: interpreter and libraries (150 MiB of them
mapped from files), compiled passes, sessions, pictures of pages. 320 to 340 MiB were measured."""


@dataclass(frozen=True)
class Limits:
    """What all visitors together may take. The defaults suit one person on their own machine."""

    running: int
    """Big simulations at once; one small one more may run beside them."""
    cache_mib: float = 128.0
    memory_mib: float = 4096.0
    """Estimated memory of everything that runs."""

    @classmethod
    def from_environment(cls) -> "Limits":
        """INITVIZ_RUNNING, INITVIZ_CACHE_MIB and INITVIZ_MEMORY_MIB. Raises InputError unless positive numbers."""
        return cls(
            max(1, round(positive_setting("INITVIZ_RUNNING", cores()))),
            positive_setting("INITVIZ_CACHE_MIB", cls.cache_mib),
            positive_setting("INITVIZ_MEMORY_MIB", cls.memory_mib),
        )


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# --- the check -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """One setting and whether it is fit for visitors one does not know."""

    name: str
    value: str
    fit: bool
    why: str

    def line(self) -> str:
        """One line of the report."""
        return f"{'ok ' if self.fit else 'BAD'}  {self.name} = {self.value or '(unset)'}: {self.why}"


@dataclass(frozen=True)
class _Rule:
    """A setting of Streamlit: its name, what it is when nobody sets it, what it has to be, and why."""

    name: str
    default: str
    fits: Callable[[str], bool]
    why: str


def _is(*values: str) -> Callable[[str], bool]:
    return lambda value: value.lower() in values


def _at_most(limit: float) -> Callable[[str], bool]:
    return lambda value: value.isdecimal() and float(value) <= limit


RULES = (
    _Rule(
        "server.allowedHosts", "", lambda value: bool(value) and "*" not in value.split(), "name the hosts you serve"
    ),
    _Rule("server.enableCORS", "true", _is("true"), "only pages of the own origin may open the websocket"),
    _Rule("server.enableXsrfProtection", "true", _is("true"), "requests are checked for their origin"),
    _Rule("server.enableAgentApi", "false", _is("false"), "no second way in"),
    _Rule("server.fileWatcherType", "auto", _is("none"), "nothing changes on a server, and watching costs"),
    _Rule("server.maxUploadSize", "200", _at_most(8), "MB of a model's file, in memory while its visitor stays"),
    _Rule("server.maxMessageSize", "200", _at_most(10), "MB that a websocket frame may hold"),
    _Rule("browser.gatherUsageStats", "true", _is("false"), "no visitor's browser reports elsewhere"),
    _Rule("client.showErrorDetails", "full", _is("none", "false"), "no traceback reaches a visitor"),
    _Rule("client.toolbarMode", "auto", _is("viewer", "minimal"), "no developer's menu"),
    _Rule("global.developmentMode", "false", _is("false"), "no developer's mode"),
    _Rule("runner.postScriptGC", "true", _is("false"), "a full collection after each rerun costs half the throughput"),
)


def check(environment: Mapping[str, str] = os.environ, config: Path = Path(".streamlit/config.toml")) -> list[Finding]:
    """All settings that matter for a shared instance. Raises InputError when a limit is no positive number."""
    file = tomllib.loads(config.read_text()) if config.exists() else {}
    findings = []
    for rule in RULES:
        section, option = rule.name.split(".")
        variable = f"STREAMLIT_{section}_{_snake(option)}".upper()
        value = str(environment.get(variable, file.get(section, {}).get(option, rule.default)))
        findings.append(Finding(variable, value, rule.fits(value), rule.why))
    threads = environment.get("OPENBLAS_NUM_THREADS", "")
    findings.append(
        Finding("OPENBLAS_NUM_THREADS", threads, threads == "1", "visitors share the cores, not fight for them")
    )
    return findings + _limits() + _cluster(environment.get("INITVIZ_CLUSTER", ""))


def _cluster(address: str) -> list[Finding]:
    """Whether the scheduler answers and has workers; nothing where no cluster is wanted."""
    if not address:
        return []
    try:
        with connected(address) as client:
            workers = sum(client.nthreads().values())
    except InputError as error:
        return [Finding("INITVIZ_CLUSTER", address, False, str(error))]
    return [Finding("INITVIZ_CLUSTER", address, workers > 0, f"its workers run {counted(workers, 'task')} at once")]


def _limits() -> list[Finding]:
    limits, budget, ceiling = Limits.from_environment(), Budget.from_environment(), memory_ceiling()
    most = limits.memory_mib * (1 - SMALL_MEMORY)
    needed = BASE_MIB + limits.cache_mib + limits.memory_mib
    known = f"{ceiling:,.0f} MiB" if ceiling else "unlimited"
    return [
        Finding("INITVIZ_RUNNING", str(limits.running), limits.running <= cores(), f"there are {cores()} cores"),
        Finding(
            "INITVIZ_MAX_MIB", f"{budget.mib:g}", budget.mib <= most, f"one simulation may take {most:g} MiB at most"
        ),
        Finding(
            "INITVIZ_MEMORY_MIB",
            f"{limits.memory_mib:g}",
            ceiling is None or needed <= ceiling,
            f"with cache and interpreter {needed:,.0f} MiB of memory ({known})",
        ),
    ]


def memory_ceiling(cgroup: Path = Path("/sys/fs/cgroup")) -> float | None:
    """MiB that the container may take; None where nothing says so."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        file = cgroup / name
        if file.exists() and (text := file.read_text().strip()).isdecimal() and int(text) < 1 << 50:
            return int(text) / 2**20
    return None


def _snake(name: str) -> str:
    """fileWatcherType -> file_watcher_type, enableCORS -> enable_cors, as Streamlit spells its variables."""
    words = "".join(f"_{c}" if c.isupper() and not name[i - 1 : i].isupper() else c for i, c in enumerate(name))
    return words.lstrip("_")
