"""What every other package builds on: values, errors, files, text, settings and processes."""
