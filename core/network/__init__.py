"""What a network is: layers, initializers, presets, and how they become a torch module."""
