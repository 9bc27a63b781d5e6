"""The offline page: one HTML file with the network inside, which draws, reads and predicts."""
