"""What the numbers of a run mean, in sentences. Pure functions; no torch, no page."""
