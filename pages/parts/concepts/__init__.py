"""The demonstrations of the Concepts page, one a file: each draws itself and holds no state."""
