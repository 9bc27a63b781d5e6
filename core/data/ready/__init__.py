"""Ready sets: shipped, computed from a formula, or fetched once."""
