"""The random key of a lab, and the short names that it gives to people.

A short name is the same on every page and after a restart, but nobody can compute it from a login:
it depends on the key, which stays in the home folder.
"""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32, without those that look like others
LENGTH = 4  # 32⁴ names: in a class of thirty, two are equal once in 2 400 classes


@cache
def lab_key(home: Path) -> bytes:
    """Return the lab's random key, which is created with its first use."""
    path = home / "secret"
    home.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()


def short_name(home: Path, owner: str) -> str:
    """Return the short name of a person, such as "Person K7QF"."""
    code = hmac.new(lab_key(home), f"person {owner}".encode(), hashlib.sha256).digest()
    return "Person " + "".join(LETTERS[byte % len(LETTERS)] for byte in code[:LENGTH])
