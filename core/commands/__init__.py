"""The commands of `python -m core`, and how they use the terminal."""
