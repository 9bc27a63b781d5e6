"""Studies: what is varied, how a point is computed, and the folder that a study grows in."""
