"""Trackers: a run in the files of another tool, while it trains or afterwards."""
