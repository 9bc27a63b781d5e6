"""How a network learns: optimizers, schedules, regularizers, stopping rules."""
