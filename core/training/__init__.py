"""Training: the loop with its visible step, probes, metrics. Start reading at `loop.py`."""
