"""Results as Plotly figures: pure functions, no Streamlit."""
