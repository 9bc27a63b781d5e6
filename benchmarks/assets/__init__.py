"""Scripts that record measured files in assets/: `make assets`."""
