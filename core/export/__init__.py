"""Export of runs and datasets: archives, curves, points, samples, the table of techniques."""
