"""What a finished run has learned and where it fails: one analysis for each question."""
