"""The numbers behind the small demonstrations of the Concepts page, and the table of techniques."""
