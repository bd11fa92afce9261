"""Glossary: what the words mean."""

import streamlit as st

from initviz.ui.glossary import SECTIONS
from initviz.ui.page import open_page

open_page("glossary")
for section in SECTIONS:
    st.markdown(f"**{section.title}:** " + " · ".join(f"[{term.title}](#{term.id})" for term in section.terms))
for section in SECTIONS:
    st.header(section.title, divider="gray", anchor=False)
    for term in section.terms:
        st.subheader(term.title, anchor=term.id)
        st.markdown(term.text)
