"""Permissions: the mode of the lab, the owner of each run, and the teacher's PIN.

    LAB_MODE=solo    everybody who reaches the lab can do everything (the default)
    LAB_MODE=class   a run belongs to the browser that started it; a teacher (LAB_PIN) can do all
    LAB_MODE=lab     a run belongs to the login (OIDC) that started it; a teacher as above, or a
                     login that LAB_TEACHERS names (core/access/login.py)

Everybody can view every run; only its owner or a teacher can change it. `<run>/owner` holds a
digest of the browser's token or of the login, never the token itself.

Every function that changes something takes the person who asks as a required argument. An empty or
unknown person is refused; only LAB, which the command line and solo mode pass, can do everything.
"""

import contextlib
import hashlib
import re

from core.access.pseudonyms import short_name
from core.base.errors import NotAllowed
from core.base.settings import settings
from core.runs.store import Store

SOLO, CLASS, OIDC = "solo", "class", "lab"
OWNER = "owner"  # the file in a run's folder
LAB, TEACHER = "lab", "teacher"  # the lab itself; a person who has entered the PIN
SHARED = {TEACHER: "Teacher", LAB: "Lab"}  # owners that several people may be
NOT_OWNER = (
    "This {noun} belongs to another person. You can view it and copy its settings; only its owner "
    "or a teacher can change it."
)
_OWNER = re.compile(r"[0-9a-f]{16}")  # as `digest` writes one


def mode() -> str:
    """Return LAB_MODE. BadInput for an unknown one."""
    return settings().mode


def digest(secret: str) -> str:
    """The owner that a browser's token or a login stands for, 64 bits as 16 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def is_known(by: str) -> bool:
    """Whether `by` names a person, a teacher or the lab itself."""
    return by in (LAB, TEACHER) or bool(_OWNER.fullmatch(by))


def require_known(by: str) -> None:
    """Raise NotAllowed unless `by` names somebody."""
    if not is_known(by):
        raise NotAllowed(
            "This browser could not be identified, so it cannot change anything. Allow cookies "
            "for this address and reload the page.",
            code="unknown_person",
        )


def assign(store: Store, run: str, by: str) -> None:
    """Record `by` as the run's owner; the lab's own runs have no such record."""
    require_known(by)
    if by != LAB:
        store.write(run, OWNER, by.encode())


def owner(store: Store, run: str) -> str:
    """Return the run's owner, or LAB if it has none. NotFound when there is no such run."""
    path = store.path(run, OWNER)
    with contextlib.suppress(OSError):
        return path.read_text("utf-8", "replace")[:64]
    return LAB


def may_change(store: Store, run: str, by: str) -> bool:
    """Whether `by` may change the run."""
    return is_known(by) and (by in (LAB, TEACHER) or owner(store, run) == by)


def describe_owner(store: Store, run: str, by: str) -> str:
    """Return the run's owner as shown to `by`: other people by their short names."""
    found = owner(store, run)
    if found == by:
        return "You"
    if found in SHARED:
        return SHARED[found]
    return short_name(store.home, found)


def require(store: Store, run: str, by: str) -> None:
    """Raise NotAllowed unless `by` may change the run."""
    require_known(by)
    if not may_change(store, run, by):
        raise NotAllowed(NOT_OWNER.format(noun=store.noun), code="not_owner")


def require_teacher(by: str) -> None:
    """Raise NotAllowed for everybody but a teacher and the lab itself."""
    if by not in (LAB, TEACHER):
        raise NotAllowed(
            "This affects everybody's work, so only a teacher can do it.", code="teacher_only"
        )
