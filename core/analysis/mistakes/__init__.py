"""Where a finished run is wrong: one analysis for each card of the tab Mistakes."""
