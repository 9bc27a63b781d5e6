"""What a network is: layers, initializers, presets, and how they become a torch module.

The layers are registered in the order of their menu, whatever part is imported first.
"""

from core.network import layers as layers
