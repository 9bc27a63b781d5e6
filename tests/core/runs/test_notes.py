"""Notes and tags of a run: kept beside its events, checked; a damaged file does no harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import BadExperiment, NotFound
from core.runs import notes
from core.runs.notes import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS, Notes
from core.runs.store import NOTES, Store


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


@given(
    note=st.text(st.characters(codec="utf-8"), max_size=200),
    tags=st.lists(st.text(st.characters(codec="utf-8"), max_size=LONGEST_TAG), max_size=MOST_TAGS),
)
def test_what_is_written_is_read_and_tags_are_plain(tmp_path_factory, note, tags):
    store = Store(tmp_path_factory.mktemp("home"))
    run = store.create("{}")
    assert notes.read(store, run) == Notes()
    notes.write(store, run, notes.written(note, tuple(tags)))
    found = notes.read(store, run)
    assert found.note == note.strip()
    assert found.tags == tuple(dict.fromkeys(" ".join(t.split()) for t in tags if t.split()))


def test_tags_are_added_and_dropped_each_once():
    old = Notes(note="keep", tags=("a", "b"))
    new = old.retagged(add={"c", "b"}, drop={"a"})
    assert (new.note, sorted(new.tags)) == ("keep", ["b", "c"])


@pytest.mark.parametrize(
    ("note", "tags", "words"),
    [
        ("x" * (LONGEST_NOTE + 1), (), "shorten it"),
        ("", ("y" * (LONGEST_TAG + 1),), "shorten it"),
        ("", tuple(map(str, range(MOST_TAGS + 1))), "leave some out"),
    ],
)
def test_what_is_too_much_is_refused_in_one_sentence(note, tags, words):
    with pytest.raises(BadExperiment, match=words):
        notes.written(note, tags)


def test_a_damaged_file_is_no_notes_and_a_run_that_is_gone_is_said(store):
    run = store.create("{}")
    for content in (b"", b"\xff\xfe", b"[]", b'{"tags": 3}', b'{"other": 1}'):
        store.path(run, NOTES).write_bytes(content)
        assert notes.read(store, run) == Notes()
    with pytest.raises(NotFound):
        notes.read(store, "20260101-000000-abcdef")
