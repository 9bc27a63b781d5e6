"""Figures: for each one, rows are computed by one function and drawn with plotly by another."""
