"""What runs have given: curves, rows, comparisons, and what people wrote about them."""
