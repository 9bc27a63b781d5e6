"""Spreadsheets: from the bytes of a file of any supported format to a Table."""
