"""What a finished model does: sharpness of its minimum, running statistics of its normalization."""
