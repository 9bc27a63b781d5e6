"""Runs on disk: the run folder, its checkpoints, history, summaries, comparisons and notes."""
