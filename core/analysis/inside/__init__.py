"""What the layers of a finished run have learned: one analysis for each card of the tab Inside."""
