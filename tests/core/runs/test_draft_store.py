"""Drafts on disk: only valid ids name files, the newest are kept, no draft is overwritten."""

import os

import pytest

from core.base.encoding import MAX_TEXT
from core.base.errors import NotFound
from core.runs import draft_store
from core.runs.draft_store import Drafts


def test_a_draft_is_read_as_written_and_keeps_its_id(tmp_path):
    here = Drafts(tmp_path)
    name = here.write("", "one", "")
    assert here.write(name, "two", "one") == name and here.read(name) == "two"
    assert here.write(name, "three", "one") != name and here.read(name) == "two"


@pytest.mark.parametrize(
    "name", ["", "..", "../secret", "0" * 23, "0" * 25, "A" * 24, "0" * 23 + "/"]
)
def test_no_other_name_becomes_a_path(tmp_path, name):
    (tmp_path / "secret.json").write_text("no")
    here = Drafts(tmp_path)
    with pytest.raises(NotFound) as caught:
        here.read(name)
    assert caught.value.code == "draft_not_found"
    assert here.write(name, "text", "") != name
    assert len(list((tmp_path / "drafts").iterdir())) == 1


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    here = Drafts(tmp_path)
    name = here.write("", "x" * (4 * MAX_TEXT + 1), "")
    with pytest.raises(NotFound):
        here.read(name)


def test_only_the_newest_drafts_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(draft_store, "MAX_DRAFTS", 3)
    here = Drafts(tmp_path)
    names = []
    for k in range(5):
        names.append(here.write("", str(k), ""))
        os.utime(here.root / f"{names[-1]}.json", (k, k))
    assert {path.stem for path in here.root.glob("*.json")} == set(names[2:])


def test_a_draft_belongs_to_its_writer_and_others_get_a_copy(tmp_path):
    lab, ann, ben = (Drafts(tmp_path, by) for by in ("", "ann", "ben"))
    name = ann.write("", "one", "")
    assert [each.owns(name) for each in (lab, ann, ben)] == [True, True, False]
    copy = ben.write(name, "two", ben.read(name))
    assert copy != name and ben.owns(copy) and not ann.owns(copy)
    assert ann.write(name, "three", "one") == name == lab.write(name, "four", "three")
    assert ben.read(copy) == "two"


def test_the_newest_draft_is_the_person_s_own(tmp_path):
    ann, ben = (Drafts(tmp_path, by) for by in ("ann", "ben"))
    assert ann.newest() == ""
    names = [each.write("", str(k), "") for k, each in enumerate((ann, ann, ben))]
    for k, name in enumerate(names):
        os.utime(ann.root / f"{name}.json", (k, k))
    assert [ann.newest(), ben.newest()] == names[1:]
