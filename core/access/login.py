"""What an OpenID Connect login says: whose it is, how long it holds, and whether it is a teacher's.
Pure: it knows the claims of an id token and a time, no browser and no provider.
"""

from collections.abc import Mapping

from core.access import ownership
from core.base.settings import settings


def holds(claims: Mapping[str, object], now: float) -> bool:
    """Whether somebody is logged in at `now` (seconds since 1970): an id token ends at `exp`
    (OpenID Connect Core 1.0, section 2), and one that does not say when does not hold.
    """
    ends = claims.get("exp")
    number = isinstance(ends, (int, float)) and not isinstance(ends, bool)
    return claims.get("is_logged_in") is True and number and now < ends


def person(claims: Mapping[str, object]) -> str:
    """Whom runs belong to: a teacher, or this login."""
    return ownership.TEACHER if teaches(claims) else subject(claims)


def subject(claims: Mapping[str, object]) -> str:
    """The digest of issuer and subject, which together are never given to anybody else."""
    return ownership.digest(f"{claims.get('iss', '')} {claims.get('sub', '')}")


def teaches(claims: Mapping[str, object]) -> bool:
    """Whether LAB_TEACHERS has this login: by its `sub`, or by a mail address that the provider
    has verified. One that anybody may type in is no proof.
    """
    named = {name.strip() for name in settings().teachers.split(",")} - {""}
    verified = claims.get("email_verified") in (True, "true")
    mail = str(claims.get("email", "")).casefold()
    by_mail = verified and mail in {name.casefold() for name in named}
    return by_mail or claims.get("sub") in named


def called(claims: Mapping[str, object]) -> str:
    """What to call who is logged in: a name, else a mail address, else the `sub`."""
    said = (claims.get(part) for part in ("name", "preferred_username", "email", "sub"))
    return next((str(each) for each in said if each), "somebody")[:60]
