"""The search for the best settings: what is varied, what is tried next, and which settings win."""
