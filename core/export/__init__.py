"""A run for other programs: weights, curves, code."""
