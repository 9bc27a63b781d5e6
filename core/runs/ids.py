"""Ids of runs and studies: the time of creation in UTC, 4096ths of a second, and random digits.

They sort by age, and only such names become paths.
"""

import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime

_TIME = "%Y%m%d-%H%M%S"
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")


def is_id(name: object) -> bool:
    """Whether this is the id of a run or study."""
    return isinstance(name, str) and bool(_ID.fullmatch(name))


def new_id() -> str:
    """Return the id of a run that is created now."""
    now = time.time()
    fraction = f"{int(now % 1 * 4096):03x}"
    return f"{time.strftime(_TIME, time.gmtime(now))}-{fraction}{secrets.token_hex(2)[1:]}"


def unused_id(wanted: str, is_used: Callable[[str], bool]) -> str:
    """Return `wanted` if it is an id that is not used, else another id of the same time."""
    begun = wanted[:15] if is_id(wanted) else time.strftime(_TIME, time.gmtime())
    while not is_id(wanted) or is_used(wanted):
        wanted = f"{begun}-{secrets.token_hex(3)}"
    return wanted


def created_at(run: str) -> datetime:
    """Return the time in UTC when the run was created, from its id."""
    return datetime.strptime(run[:15], _TIME).replace(tzinfo=UTC)
