"""Trained weights as files: written, read with care, kept in the home, and matched to a network."""
