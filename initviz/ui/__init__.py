"""Streamlit: state and link, widgets, cache, and the frame every page stands in."""
