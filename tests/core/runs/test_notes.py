"""Notes and tags of a run: stored next to its events and checked; a damaged file does no harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import BadExperiment, NotFound
from core.base.numbers import whole
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
def test_notes_are_read_as_written_and_tags_are_normalized(tmp_path_factory, note, tags):
    store = Store(tmp_path_factory.mktemp("home"))
    run = store.create("{}")
    assert notes.read(store, run) == Notes()
    notes.write(store, run, notes.make_notes(note, tuple(tags)))
    found = notes.read(store, run)
    assert found.note == note.strip()
    assert found.tags == tuple(dict.fromkeys(" ".join(t.split()) for t in tags if t.split()))


def test_tags_are_added_and_dropped_once_each():
    old = Notes(note="keep", tags=("a", "b"))
    new = old.retagged(add={"c", "b"}, drop={"a"})
    assert (new.note, sorted(new.tags)) == ("keep", ["b", "c"])


@pytest.mark.parametrize(
    ("note", "tags", "code", "limit"),
    [
        ("x" * (LONGEST_NOTE + 1), (), "string_too_long", LONGEST_NOTE),
        ("", ("y" * (LONGEST_TAG + 1),), "tag_too_long", LONGEST_TAG),
        ("", tuple(map(str, range(MOST_TAGS + 1))), "too_many_tags", MOST_TAGS),
    ],
)
def test_notes_beyond_a_limit_are_refused(note, tags, code, limit):
    with pytest.raises(BadExperiment) as caught:
        notes.make_notes(note, tags)
    assert caught.value.code == code and whole(limit) in str(caught.value)


def test_a_damaged_file_gives_empty_notes_and_a_missing_run_an_error(store):
    run = store.create("{}")
    for content in (b"", b"\xff\xfe", b"[]", b'{"tags": 3}', b'{"other": 1}'):
        store.path(run, NOTES).write_bytes(content)
        assert notes.read(store, run) == Notes()
    with pytest.raises(NotFound) as caught:
        notes.read(store, "20260101-000000-abcdef")
    assert caught.value.code == "run_not_found"
