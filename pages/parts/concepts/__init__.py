"""The demonstrations of the Concepts page, one per file. They hold no state."""
