"""What a training consists of besides its loop (core/training/loop.py)."""
