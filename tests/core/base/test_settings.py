"""Variables of the environment: read by their rule, or refused in one sentence."""

import pytest

from core.base import settings
from core.base.errors import BadInput


@pytest.mark.parametrize(("said", "found"), [("", "thread"), (" Process ", "process")])
def test_a_word_is_read_however_it_is_written(monkeypatch, said: str, found: str) -> None:
    monkeypatch.setenv("LAB_TRIED", said)
    assert settings.word("LAB_TRIED", ("thread", "process"), "thread") == found


def test_another_word_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("LAB_TRIED", "fork" * 20)
    with pytest.raises(BadInput, match=r"^LAB_TRIED is '.{20}': set it to one of a, b, or .* a\.$"):
        settings.word("LAB_TRIED", ("a", "b"), "a")


@pytest.mark.parametrize(("said", "found"), [("", 7), ("3", 3), (" 1e2 ", 100)])
def test_a_number_is_read(monkeypatch, said: str, found: float) -> None:
    monkeypatch.setenv("LAB_TRIED", said)
    assert settings.number("LAB_TRIED", 7, least=1, whole=True) == found


@pytest.mark.parametrize("said", ["many", "0", "-3", "nan", "inf", "1.5", "0x10"])
def test_another_number_is_refused(monkeypatch, said: str) -> None:
    monkeypatch.setenv("LAB_TRIED", said)
    sentence = f"LAB_TRIED is '{said}': set it to a whole number of MB, 1 or more, or leave it out "
    with pytest.raises(BadInput) as error:
        settings.number("LAB_TRIED", 7, least=1, whole=True, unit="MB")
    assert str(error.value) == f"{sentence}for 7."


def test_a_folder_is_made_where_that_can_be(tmp_path) -> None:
    settings.folder("LAB_TRIED", tmp_path / "new" / "lab")
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "lab"]
    (tmp_path / "file").touch()
    with pytest.raises(
        BadInput, match=r"^LAB_TRIED is '.*/file/lab', which cannot be written \(Not"
    ):
        settings.folder("LAB_TRIED", tmp_path / "file" / "lab")
