"""Spreadsheets: from the bytes of a file to a Table, whatever its format."""
