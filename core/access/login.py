"""The claims of an OpenID Connect login: whose login it is, until when it is valid, and whether it
is a teacher's. Pure functions of the claims of an ID token and a time.
"""

from collections.abc import Mapping

from core.access import ownership
from core.base.settings import settings


def is_valid(claims: Mapping[str, object], now: float) -> bool:
    """Whether somebody is logged in at `now` (seconds since 1970).

    An ID token expires at `exp` (OpenID Connect Core 1.0, section 2); one without it is invalid.
    """
    expiry = claims.get("exp")
    is_number = isinstance(expiry, (int, float)) and not isinstance(expiry, bool)
    return claims.get("is_logged_in") is True and is_number and now < expiry


def person(claims: Mapping[str, object]) -> str:
    """Return the owner of what this login starts: a teacher, or the login itself."""
    return ownership.TEACHER if is_teacher(claims) else subject(claims)


def subject(claims: Mapping[str, object]) -> str:
    """Return the digest of issuer and subject, which together identify one person for ever."""
    return ownership.digest(f"{claims.get('iss', '')} {claims.get('sub', '')}")


def is_teacher(claims: Mapping[str, object]) -> bool:
    """Whether LAB_TEACHERS lists this login, by its `sub` or by its e-mail address.

    An address counts only if the provider has verified it: an unverified one proves nothing.
    """
    teachers = {name.strip() for name in settings().teachers.split(",")} - {""}
    is_verified = claims.get("email_verified") in (True, "true")
    email = str(claims.get("email", "")).casefold()
    by_email = is_verified and email in {name.casefold() for name in teachers}
    return by_email or claims.get("sub") in teachers


def display_name(claims: Mapping[str, object]) -> str:
    """Return the person's name, or else an e-mail address, or else the `sub`."""
    values = (claims.get(claim) for claim in ("name", "preferred_username", "email", "sub"))
    return next((str(value) for value in values if value), "Unknown person")[:60]
