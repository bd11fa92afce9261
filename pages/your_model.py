"""Your model: which law did each layer really get?"""

import streamlit as st

from initviz.ui import model_parts, model_run
from initviz.ui.model_cache import audited, chained, mended
from initviz.ui.page import open_page, theme
from initviz.ui.texts import text

open_page("your_model")
with st.popover("How to read", icon=":material/menu_book:"):
    st.markdown(f"**How to read this page.** {text('read/your_model')}")
with model_parts.refusals_told():
    if (own := model_parts.model()) is None:
        st.stop()
    rows = audited(own)
model_parts.told(rows)
model_parts.table(rows)
st.subheader("Forward and backward", anchor=False)
between = model_run.activation()
own = model_parts.with_batch(own)
with model_parts.refusals_told():
    run, fix = chained(own, between), mended(own, between)
    model_run.chain(run, fix, theme())
    model_run.inside(own, between, run, theme())
