"""Your model: which law did each layer really get?"""

import streamlit as st

from initviz.ui import model_parts
from initviz.ui.cache import audited, chained, mended
from initviz.ui.page import open_page, theme
from initviz.ui.texts import text

open_page("your_model")
with st.popover("How to read", icon=":material/menu_book:"):
    st.markdown(f"**How to read this page.** {text('read/your_model')}")
if (file := model_parts.upload()) is None:
    st.stop()
way = model_parts.orientation()
with model_parts.refusals_told():
    rows = audited(*file, model_parts.limits(), way)
model_parts.told(rows)
model_parts.table(rows)
st.subheader("Forward and backward", anchor=False)
between = model_parts.activation()
with model_parts.refusals_told():
    run = chained(*file, model_parts.limits(), way, between)
    fix = mended(*file, model_parts.limits(), way, between)
model_parts.chain(run, fix, theme())
