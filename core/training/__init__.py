"""What a training consists of besides its loop (core/train.py)."""
