"""Inspection: from tables to samples and targets, with the findings of the data doctor."""
