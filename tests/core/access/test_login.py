"""Claims of an ID token: their expiry, their owner, and who is a teacher."""

import pytest

from core.access import login, ownership

ANN = {
    "is_logged_in": True, "iss": "https://id.example", "sub": "a-1", "name": "Ann",
    "email": "Ann@school.example", "email_verified": True, "exp": 1000,
}  # fmt: skip


@pytest.mark.parametrize(("now", "valid"), [(0.0, True), (999.9, True), (1000.0, False)])
def test_a_login_is_valid_until_its_token_expires(now: float, valid: bool) -> None:
    assert login.is_valid(ANN, now) is valid


@pytest.mark.parametrize(
    "change",
    [{"exp": None}, {"exp": "1000"}, {"exp": True}, {"is_logged_in": False}, {"is_logged_in": 1}],
)
def test_a_login_without_an_expiry_is_invalid(change: dict) -> None:
    assert not login.is_valid(ANN | change, 0.0)
    assert not login.is_valid({}, 0.0)


def test_a_person_is_identified_by_issuer_and_subject_alone() -> None:
    same = login.person(ANN | {"name": "Anna", "email": "new@school.example", "exp": 9})
    assert same == login.person(ANN) == ownership.digest("https://id.example a-1")
    others = [login.person(ANN | {"sub": "a-2"}), login.person(ANN | {"iss": "https://b.example"})]
    assert len({same, *others}) == 3


@pytest.mark.parametrize(
    ("listed", "change", "teacher"),
    [
        ("", {}, False),
        ("ben@school.example, ann@SCHOOL.example", {}, True),
        ("ann@school.example", {"email_verified": "true"}, True),
        ("ann@school.example", {"email_verified": False}, False),
        ("ann@school.example", {"email_verified": None}, False),
        ("ann@school.example.evil", {}, False),
        (" a-1 ,", {"email_verified": False}, True),
        ("A-1", {}, False),
        (",", {"sub": "", "email": ""}, False),
    ],
)
def test_teachers_are_listed_by_verified_address_or_subject(
    monkeypatch: pytest.MonkeyPatch, listed: str, change: dict, teacher: bool
) -> None:
    monkeypatch.setenv("LAB_TEACHERS", listed)
    assert login.is_teacher(ANN | change) is teacher
    assert (login.person(ANN | change) == ownership.TEACHER) is teacher


def test_the_display_name_is_the_name_or_the_address() -> None:
    assert login.display_name(ANN) == "Ann"
    assert login.display_name({"sub": "a-1", "email": "ann@school.example"}) == "ann@school.example"
    assert login.display_name({}) == "Unknown person"
