"""How a network is trained: optimizers, schedules, regularizers, stopping rules.

Importing this package registers the optimizers in menu order, whichever module is used first.
"""

from core.optim import optimizers as optimizers
