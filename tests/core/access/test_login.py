"""Claims of an id token: until when they hold, whose they are, and who teaches."""

import pytest

from core.access import login, ownership

ANN = {
    "is_logged_in": True, "iss": "https://id.example", "sub": "a-1", "name": "Ann",
    "email": "Ann@school.example", "email_verified": True, "exp": 1000,
}  # fmt: skip


@pytest.mark.parametrize(("now", "held"), [(0.0, True), (999.9, True), (1000.0, False)])
def test_a_login_holds_until_its_token_ends(now: float, held: bool) -> None:
    assert login.holds(ANN, now) is held


@pytest.mark.parametrize(
    "change",
    [{"exp": None}, {"exp": "1000"}, {"exp": True}, {"is_logged_in": False}, {"is_logged_in": 1}],
)
def test_what_does_not_say_that_it_holds_does_not(change: dict) -> None:
    assert not login.holds(ANN | change, 0.0)
    assert not login.holds({}, 0.0)


def test_a_person_is_issuer_and_subject_and_nothing_that_may_change() -> None:
    same = login.person(ANN | {"name": "Anna", "email": "new@school.example", "exp": 9})
    assert same == login.person(ANN) == ownership.digest("https://id.example a-1")
    others = [login.person(ANN | {"sub": "a-2"}), login.person(ANN | {"iss": "https://b.example"})]
    assert len({same, *others}) == 3


@pytest.mark.parametrize(
    ("said", "change", "teacher"),
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
def test_who_teaches(monkeypatch: pytest.MonkeyPatch, said: str, change: dict, teacher: bool):
    monkeypatch.setenv("LAB_TEACHERS", said)
    assert login.teaches(ANN | change) is teacher
    assert (login.person(ANN | change) == ownership.TEACHER) is teacher


def test_what_to_call_them() -> None:
    assert login.called(ANN) == "Ann"
    assert login.called({"sub": "a-1", "email": "ann@school.example"}) == "ann@school.example"
    assert login.called({}) == "somebody"
