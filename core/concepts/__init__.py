"""The numbers behind the demonstrations on the Concepts page, and the list of tools."""
