"""Inspection: from a Table to samples and targets, and what the data doctor found on the way."""
