"""What boxes for files lack for a screen reader."""

import streamlit as st

_NAMED_ZONE = """
if (!window.initvizZone) {
    window.initvizZone = new MutationObserver(() => document.querySelector(
        "[data-testid=stFileUploaderDropzone][role=presentation]")?.setAttribute("role", "group"));
    window.initvizZone.observe(document.body, {childList: true, subtree: true});
}
"""
"""Streamlit names the zone and says that it is mere presentation, which contradict each other for a screen reader."""


def name_zone() -> None:
    """Beside a box for files: let a screen reader know it by its name."""
    st.html(f"<script>{_NAMED_ZONE}</script>", unsafe_allow_javascript=True)
