"""Benchmarks: speed compared with named alternatives, as ratios measured in one run. They are run
by hand, never in CI.
"""
