"""An experiment as one plain PyTorch script that needs nothing of the lab."""
