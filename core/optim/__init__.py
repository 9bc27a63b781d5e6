"""How a network learns: optimizers, schedules, regularizers, stopping rules.

The optimizers are registered in the order of their menu, whatever part is imported first.
"""

from core.optim import optimizers as optimizers
