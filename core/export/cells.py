"""Words of people in a spreadsheet: text, never a formula (OWASP ASVS 1.2.10)."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet program would compute it."""
    return f"'{text}" if text.startswith(FORMULA) else text
