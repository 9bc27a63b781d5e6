"""Predict: what a finished network answers for new inputs, and how they are made like its own."""
