"""Everything that judges a setup, a network or a run, before, during and after training."""
