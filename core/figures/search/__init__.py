"""The charts of a search: `rows` computes what a chart shows, `figure` draws it."""
