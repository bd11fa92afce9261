"""Your framework: what does it really do?"""

import streamlit as st

from initviz.ui import framework_parts, parts
from initviz.ui.page import open_page, theme

current = open_page("frameworks")
experiment = current.experiment
verdict, charts = st.container(), st.container()
with parts.waiting(charts, current, 700), parts.refusals_told(experiment):
    with verdict:  # where a wait is seen
        propagation = parts.run(experiment)
        st.markdown(framework_parts.sentence(current))
    with charts:
        framework_parts.cards(experiment)
        framework_parts.charts(current, propagation, theme())
framework_parts.defaults_table(experiment.width)
framework_parts.lookalikes()
framework_parts.seeds(experiment)
