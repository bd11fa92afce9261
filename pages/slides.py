"""Slides: which slide is where?"""

import streamlit as st

from initviz.ui.page import open_page
from initviz.ui.slides import DOCUMENTS, table

open_page("slides")
st.markdown("For who teaches from them: " + " · ".join(f"[{name}](#{name.lower()})" for name in DOCUMENTS))
for document, title in DOCUMENTS.items():
    st.header(f"{document}: {title}", divider="gray", anchor=document.lower())
    st.markdown(table(document))
