"""Claims: is it true what they say?"""

import streamlit as st

from initviz.advice.claims import CLAIMS
from initviz.ui import claim_parts
from initviz.ui.claim_options import LONGEST_SEARCH, OPTIONS, shown_claims
from initviz.ui.page import open_page
from initviz.ui.state import key
from initviz.ui.texts import text
from initviz.ui.widgets import option

current = open_page("claims", OPTIONS)
seed = current.options["first"]
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    option("topic", OPTIONS)
    st.text_input("Search all sentences", max_chars=LONGEST_SEARCH, key=key("find"), type="search", width=220)
    with st.popover("How to read", icon=":material/menu_book:"):
        st.markdown(text("read/claims"))
    with st.popover("Seed", icon=":material/tune:"):
        option("first", OPTIONS)
    wanted = st.button("Test all", icon=":material/play_arrow:", key="test-all", help="Takes about a minute.")
said = st.empty()
if wanted:
    claim_parts.test_them(list(CLAIMS.values()), seed)
for claim in shown_claims(current):
    claim_parts.listed(claim, current)
said.caption(claim_parts.tally(seed))
