"""The numbers behind the demonstrations on the Concepts page, and the table of all techniques."""
