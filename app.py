"""Overview: the experiment at a glance. Start with `streamlit run app.py`."""

import streamlit as st

from initviz.advice.findings import is_healthy
from initviz.ui import layer_tables, overview_charts, parts, sentences
from initviz.ui.cache import diagnosed, proposed
from initviz.ui.page import open_page, theme
from initviz.ui.runs import runs_of

current, look = open_page("overview", overview_charts.OPTIONS), theme()
verdict, charts = st.container(), st.container()
with parts.waiting(charts, current, 700):
    with verdict:  # where a wait is seen
        propagation = parts.run(current.experiment)
        findings = diagnosed(current.experiment, propagation)
        fixes = () if is_healthy(findings) else proposed(current.experiment)
        shown = runs_of(current, propagation, fixes[0] if fixes else None)
        sentences.sentence(findings[0])
        sentences.remedy(current.experiment, fixes)
    with charts:
        overview_charts.draw(current, propagation, shown, findings, look)
        layer_tables.download(propagation)
