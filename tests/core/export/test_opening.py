"""A file that is not an archive, damaged, dangerous or of another version is refused and leaves
nothing behind.
"""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
import torch

from core.base.errors import LabError
from core.base.events import Epoch, Probe, Started, Step, to_json
from core.data.spreadsheet.table import read_table
from core.experiment import Experiment
from core.export import opening
from core.export.archive import FORM, MANIFEST
from core.runs import trash
from core.runs.store import CHECKPOINT, EVENTS, EXPERIMENT, NOTES
from tests.core.export.conftest import (
    assert_refused,
    changed,
    entries,
    left,
    made_up,
    opened,
    packed,
    zipped,
)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_not_an_archive_is_refused(other, content):
    other.root.mkdir(parents=True)
    assert_refused(other, content, "not_an_archive", "archive_entry_missing")


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "/etc/passwd", "..\\evil", "C:\\evil", "runs/../../x", "data/4", "data/../x",
        "events.jsonl/", "Events.jsonl", "lock", "x" * 300, "．．/x", "experiment.json ",
    ],
)  # fmt: skip
def test_no_entry_name_becomes_a_path(store, other, name):
    found = entries(packed(store, made_up(store)))
    other.root.mkdir(parents=True)
    assert_refused(other, zipped([*found.items(), (name, b"x")]), "archive_entry_unknown")


def test_an_archive_whose_end_is_missing_is_incomplete(store, other):
    """The list of the checkpoint in it, a ZIP file too, must not be read as that of the archive."""
    found = entries(packed(store, left(store)))
    content = zipped(found.items(), zipfile.ZIP_STORED)
    other.root.mkdir(parents=True)
    end = content.find(found[CHECKPOINT]) + len(found[CHECKPOINT])
    for length in (end, end + 40, len(content) - 30):
        assert_refused(other, content[:length], "archive_damaged")


def test_an_upload_whose_end_is_missing_is_incomplete():
    inner = zipped([("a.csv", b"1,2\n3,4\n")])
    cut = zipped([("inner.zip", inner), ("b.csv", b"5,6\n" * 99)], zipfile.ZIP_STORED)
    with pytest.raises(LabError) as caught:
        read_table(cut[: cut.find(inner) + len(inner)], "both.zip")
    assert caught.value.code == "damaged_archive"


def test_an_archive_without_a_required_entry_is_refused(store, other):
    found = entries(packed(store, made_up(store)))
    other.root.mkdir(parents=True)
    for name in (MANIFEST, EVENTS, EXPERIMENT):
        rest = {n: c for n, c in found.items() if n != name}
        assert name in assert_refused(other, zipped(rest.items()), "archive_entry_missing")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_duplicate_entry_or_one_without_a_checksum_is_refused(store, other):
    found = entries(packed(store, made_up(store)))
    other.root.mkdir(parents=True)
    assert_refused(other, zipped([*found.items(), (EVENTS, b"")]), "archive_entry_twice")
    assert_refused(other, zipped([*found.items(), (NOTES, b"{}")]), "archive_damaged")


def test_zip_bombs_are_refused_before_unpacking(store, other):
    content = packed(store, made_up(store))
    other.root.mkdir(parents=True)
    bomb = changed(content, events=b"\n" * (64 * 2**20))
    assert len(bomb) < 200_000
    assert_refused(other, bomb, "archive_ratio")
    assert_refused(other, changed(content, notes=b" " * 2**20), "archive_entry_size")


def test_an_entry_larger_than_its_stated_size_is_refused(store, other):
    content = bytearray(changed(packed(store, made_up(store)), notes=b" " * 200_000))
    other.root.mkdir(parents=True)
    said = struct.pack("<L", 200_000)
    while (at := content.find(said)) >= 0:  # in both headers
        content[at : at + 4] = struct.pack("<L", 10)
    assert_refused(other, bytes(content), "archive_damaged", "not_an_archive")


def test_every_flipped_bit_is_refused_or_harmless(store, other):
    content = packed(store, made_up(store))
    draw = np.random.default_rng(0)
    for at in draw.integers(0, len(content), 120):
        other.root.mkdir(parents=True, exist_ok=True)
        torn = bytearray(content)
        torn[at] ^= 1 << int(draw.integers(8))
        try:
            found = opened(other, bytes(torn))
        except LabError as error:
            assert str(error).endswith(".") and "\n" not in str(error)
            assert not list(other.root.iterdir())
        else:
            assert other.content(found.run, EVENTS) == store.content(store.ids()[0], EVENTS)
            trash.delete(other, found.run)
            trash.purge(other, days=0)


def test_another_archive_format_or_experiment_version_is_refused(store, other):
    content = packed(store, made_up(store))
    other.root.mkdir(parents=True)
    assert_refused(other, changed(content, manifest={"form": FORM + 1}), "archive_format")
    assert_refused(other, changed(content, manifest={"new": 1}), "archive_damaged")
    newer = json.dumps({"telepathy": True}).encode()
    assert "telepathy" in assert_refused(
        other, changed(content, experiment=newer), "archive_experiment"
    )
    assert_refused(other, changed(content, notes=b"[]"), "archive_damaged")


def test_an_invalid_id_is_replaced(store, other):
    found = opened(other, changed(packed(store, made_up(store)), manifest={"run": "../../x"}))
    assert other.ids() == [found.run]


def test_a_full_disk_refuses_the_archive(store, other, monkeypatch):
    other.root.mkdir(parents=True)
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr(opening.shutil, "disk_usage", lambda path: usage)
    assert_refused(other, packed(store, made_up(store)), "disk_space")


STARTED = Started(0, 100, 10, 10, 32, 10, ("output",), {"train": 320}, {}, "cpu", 1)


@pytest.mark.parametrize(
    "bad",
    [
        to_json(Step(10**12, (1.0,), 0.1)),
        to_json(Step(0, (1.0, 2.0), 0.1)),
        to_json(Probe(10**12, {}, {}, {})),
        to_json(Epoch(1, -1, {}, None, True)),
        '{"event":"Step","step":"a","losses":[1],"learning_rate":0.1}',
        '{"event":"Step","step":1,"losses":["x"],"learning_rate":0.1}',
        '{"event":"Epoch","epoch":1,"step":0,"train":[],"validation":null,"best":true}',
        '{"event":"Ended","reason":[],"message":"","step":1,"epochs":1}',
        to_json(STARTED).replace('"epoch_steps":10', '"epoch_steps":0'),
        to_json(STARTED).replace('["output"]', "[[1]]"),
    ],
)
def test_impossible_events_are_refused_with_their_line_number(store, other, bad):
    events = f"{to_json(STARTED)}\n{bad}\n".encode()
    other.root.mkdir(parents=True)
    archive = changed(packed(store, made_up(store)), events=events)
    assert assert_refused(other, archive, "archive_event").startswith("Line 2 of events.jsonl")


def test_many_small_gaps_are_bounded_too(store, other):
    steps = [to_json(Step(90_000 * k, (1.0,), 0.1)) for k in range(1, 9)]
    events = "\n".join([to_json(STARTED), *steps, ""]).encode()
    other.root.mkdir(parents=True)
    archive = changed(packed(store, made_up(store)), events=events)
    assert assert_refused(other, archive, "archive_event").startswith("Line 3 of events.jsonl")


def saved(state) -> bytes:
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def states():
    good = {"model": {}, "best": None, "step": 1, "history": []}
    yield "code", b"cos\nsystem\n(S'true'\ntR."
    yield "object", saved(good | {"x": Experiment})
    yield "list", saved([1])
    yield "other", saved({"weights": torch.zeros(2)})
    yield "stretched", saved(good | {"model": {"w": torch.zeros(1).expand(10**6)}})
    parts = entries(saved(good | {"model": {"w": torch.zeros(10**6)}}))
    yield "bomb", zipped(parts.items())


@pytest.mark.parametrize(
    ("kind", "content"), list(states()), ids=lambda v: v if isinstance(v, str) else ""
)
def test_an_invalid_checkpoint_is_refused(store, other, kind, content):
    other.root.mkdir(parents=True)
    archive = changed(packed(store, made_up(store)), checkpoint=content)
    assert_refused(other, archive, "not_a_checkpoint")
