"""Simulated experiments, remembered."""

import streamlit as st

from initviz.experiment import Experiment
from initviz.propagation import Bins, Propagation
from initviz.simulate import simulate


@st.cache_resource(max_entries=64, show_spinner=False)
def simulated(experiment: Experiment, bins: Bins) -> Propagation:
    """The propagation of an experiment, computed once."""
    return simulate(experiment, bins)
