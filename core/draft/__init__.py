"""A draft: what can be said of an experiment, and measured, before it runs."""
