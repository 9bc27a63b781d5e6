"""User text in a spreadsheet: always text, never a formula (OWASP ASVS 1.2.10)."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(text: str) -> str:
    """Prefix the text with an apostrophe if a spreadsheet program would evaluate it."""
    return f"'{text}" if text.startswith(FORMULA) else text
