"""An archive of a run: out of one home and into another, with everything that belongs to it; what
is no archive, damaged, dangerous or of another version is refused in one sentence, and leaves
nothing behind.
"""

import hashlib
import io
import json
import struct
import zipfile

import numpy as np
import pytest
import torch

from core.data.library import Library
from core.data.sets import Digits, Moons, Spreadsheets
from core.encoding import encode
from core.errors import BadInput, LabError, Unavailable
from core.events import Epoch, Probe, Started, Step, to_json
from core.experiment import Experiment
from core.export import opening
from core.export.archive import FORM, MANIFEST, pack, samples_digest
from core.export.opening import open_archive
from core.jobs import trainer
from core.jobs.control import GO, LEAVE, STOP
from core.jobs.lane import Lane
from core.network.presets import SoftmaxRegression
from core.results import notes
from core.results.summary import summarize
from core.runner import Runner
from core.store import CHECKPOINT, EVENTS, EXPERIMENT, NOTES, Store
from core.training import checkpoint
from tests.conftest import ended, script, write

TINY = Experiment(name="Tiny", network=SoftmaxRegression().layers((1, 8, 8)), epochs=3)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "here")


@pytest.fixture
def other(tmp_path) -> Store:
    return Store(tmp_path / "there")


def packed(store, run, **how) -> bytes:
    file = io.BytesIO()
    pack(store, run, file, **how)
    return file.getvalue()


def opened(store, content, name="run.zip"):
    return open_archive(store, io.BytesIO(content), name)


def left(store) -> str:
    """A run that was left in the middle."""
    run = store.create(encode(TINY))
    go = trainer.execute(store, run, attend=lambda t: LEAVE if t.step >= 50 else GO)
    assert go is None
    return run


def made_up(store, experiment=TINY) -> str:
    run = store.create(encode(experiment))
    write(store, run, [*script(), ended()])
    return run


def entries(content) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(parts, how=zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as made:
        for name, content in parts:
            made.writestr(name, content)
    return file.getvalue()


def changed(content, **parts) -> bytes:
    """The archive with other entries, and a manifest that says so."""
    found = entries(content)
    names = {"events": EVENTS, "experiment": EXPERIMENT, "notes": NOTES, "checkpoint": CHECKPOINT}
    for name, new in parts.items():
        if name in names:
            found[names[name]] = new
    return sealed(found, **parts.get("manifest", {}))


def sealed(found, **more) -> bytes:
    """Entries with a manifest that has their sums, and says `more`."""
    manifest = json.loads(found.pop(MANIFEST))
    manifest["sums"] = [[n, hashlib.sha256(c).hexdigest()] for n, c in found.items()]
    return zipped([*found.items(), (MANIFEST, json.dumps(manifest | more))])


# --- there and back


def test_an_opened_run_is_the_same_and_goes_on_as_it_would_have(store, other):
    run = left(store)
    notes.write(store, run, notes.written("A try.", ("class", "best")))
    found = opened(other, packed(store, run))
    assert (found.run, found.name, found.lacks) == (run, "Tiny", "")
    for name in (EXPERIMENT, NOTES, CHECKPOINT):
        assert other.content(run, name) == store.content(run, name)
    lines = [[json.loads(line) for line in each.read(run)[0]] for each in (other, store)]
    assert lines[0] == lines[1]
    assert summarize(other, run) == summarize(store, run)
    assert trainer.status(other, run) == "interrupted"
    ends = [trainer.execute(each, run) for each in (other, store)]
    assert ends[0] == ends[1]
    weights = [checkpoint.load(each, run)["model"] for each in (other, store)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])


def test_an_id_that_is_taken_gives_way(store):
    run = made_up(store)
    content = packed(store, run)
    second = opened(store, content)
    assert second.run != run and second.run[:15] == run[:15]
    store.delete(run)
    third = opened(store, content)  # in the trash it is taken too
    assert len({run, second.run, third.run}) == 3 and len(store.ids()) == 2


def test_a_run_that_never_began_has_no_weights_and_opens(store, other):
    run = store.create(encode(TINY))
    assert set(entries(packed(store, run))) == {EXPERIMENT, EVENTS, MANIFEST}
    assert trainer.status(other, opened(other, packed(store, run)).run) == "unbegun"


def test_torn_and_foreign_lines_are_left_out(store, other):
    run = made_up(store)
    with store.path(run, EVENTS).open("ab") as file:
        file.write(b'{"event":"St\n{"event":"Later"}\n[1]\n\xff\n{"event":"Ep')
    found = opened(other, packed(store, run))
    assert other.read(found.run)[0] == [to_json(e) for e in [*script(), ended()]]


# --- its data


def sheets(seed=0) -> tuple[bytes, bytes]:
    draw = np.random.default_rng(seed)
    rows = "\n".join(",".join(map(str, row)) for row in draw.integers(0, 255, (60, 16)))
    return rows.encode(), "\n".join(map(str, draw.integers(0, 2, 60))).encode()


def on_sheets(store, **how) -> tuple[str, Experiment]:
    names = ("pictures.csv", "labels.csv")
    digest, _ = Library(store.home).add(*sheets(), names=names, **how)
    experiment = TINY.model_copy(
        update={
            "data": Spreadsheets(digest=digest, title="Mine"),
            "network": SoftmaxRegression().layers((1, 4, 4)),
        }
    )
    run = store.create(encode(experiment))
    trainer.execute(store, run, attend=lambda t: STOP if t.step >= 2 else GO)
    return run, experiment


def test_spreadsheets_go_along_where_they_are_wanted(store, other):
    run, experiment = on_sheets(store)
    found = opened(other, packed(store, run, with_data=True))
    assert found.lacks == ""
    digest = experiment.data.digest
    mine, theirs = (Library(each.home).open(digest) for each in (store, other))
    assert np.array_equal(mine.inputs, theirs.inputs)
    assert Library(other.home).about(digest).files == ("pictures.csv", "labels.csv")
    assert trainer.execute(other, found.run).reason == "epochs"
    again = opened(other, packed(other, found.run, with_data=True))  # and from there on
    assert again.lacks == "" and len(Library(other.home).list()) == 1


def test_without_them_one_sentence_says_what_is_missing_until_they_are_given(
    store, other, monkeypatch
):
    run, _ = on_sheets(store)
    found = opened(other, packed(store, run))
    assert "“Mine”, is not in this lab" in found.lacks and found.lacks.count(". ") == 0
    assert summarize(other, found.run).epochs == summarize(store, run).epochs
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    with pytest.raises(BadInput, match="is not in this lab"):
        Runner(other).resume(found.run)
    Library(other.home).add(*sheets())
    Runner(other).resume(found.run)


def test_false_spreadsheets_take_the_name_of_no_others(store, other):
    run, experiment = on_sheets(store)
    content = packed(store, run, with_data=True)
    found = entries(content)
    found["data/0"] = sheets(1)[0]
    assert "another way" in opened(other, sealed(found)).lacks
    assert experiment.data.digest not in [a.digest for a in Library(other.home).list()]


def test_data_that_cannot_be_read_is_refused_and_not_kept(store, other):
    run, _ = on_sheets(store)
    found = entries(packed(store, run, with_data=True))
    found["data/0"] = b"\x89PNG\r\n\x1a\n"
    refused(other, sealed(found), "PNG")
    assert not list((other.home / "data").rglob("*.npy"))
    assert not list((other.home / "data" / "files").iterdir())


@pytest.mark.parametrize(
    ("data", "words"),
    [(Digits(), "needs no packing"), (Spreadsheets(digest="0" * 64), "no longer in this lab")],
)
def test_what_cannot_go_along_is_said(store, data, words):
    run = store.create(encode(TINY.model_copy(update={"data": data})))
    with pytest.raises(Unavailable, match=words):
        packed(store, run, with_data=True)


def test_files_that_lie_elsewhere_are_not_packed(store, tmp_path):
    paths = [tmp_path / name for name in ("a.csv", "b.csv")]
    for path, content in zip(paths, sheets(), strict=True):
        path.write_bytes(content)
    digest, _ = Library(store.home).add(*paths)
    run = store.create(encode(TINY.model_copy(update={"data": Spreadsheets(digest=digest)})))
    with pytest.raises(Unavailable, match="not kept here"):
        packed(store, run, with_data=True)


def test_a_digest_tells_samples_apart(store):
    home = store.home
    digests = [samples_digest(data, home) for data in (Digits(), Digits(size=28), Moons())]
    assert len(set(digests)) == 3 and all(len(d) == 64 for d in digests)
    assert samples_digest(Digits(), home) == digests[0]


def test_a_set_that_differs_here_is_said(store, other):
    content = packed(store, made_up(store))
    assert opened(other, content).lacks == ""
    found = opened(other, changed(content, manifest={"samples": "0" * 64}))
    assert "not the same here" in found.lacks


# --- refused


def refused(store, content, words, name="run.zip"):
    before = sorted(store.home.rglob("*")) if store.home.exists() else []
    with pytest.raises(LabError, match=words) as caught:
        opened(store, content, name)
    said = str(caught.value)
    assert said.endswith(".") and "\n" not in said and len(said) < 400
    assert store.ids() == []
    assert not list(store.root.iterdir())
    assert [p for p in before if not p.exists()] == []


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive(other, content):
    other.root.mkdir(parents=True)
    refused(other, content, "no archive of a run")


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "/etc/passwd", "..\\evil", "C:\\evil", "runs/../../x", "data/4", "data/../x",
        "events.jsonl/", "Events.jsonl", "lock", "x" * 300, "．．/x", "experiment.json ",
    ],
)  # fmt: skip
def test_no_name_of_an_entry_is_a_path(store, other, name):
    found = entries(packed(store, made_up(store)))
    other.root.mkdir(parents=True)
    refused(other, zipped([*found.items(), (name, b"x")]), "which no archive of a run does")


def test_an_archive_lacks_nothing(store, other):
    found = entries(packed(store, made_up(store)))
    other.root.mkdir(parents=True)
    for name in (MANIFEST, EVENTS, EXPERIMENT):
        rest = {n: c for n, c in found.items() if n != name}
        refused(other, zipped(rest.items()), f"has no {name}")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_twice_the_same_entry_and_sums_of_others(store, other):
    found = entries(packed(store, made_up(store)))
    other.root.mkdir(parents=True)
    refused(other, zipped([*found.items(), (EVENTS, b"")]), "twice")
    refused(other, zipped([*found.items(), (NOTES, b"{}")]), "damaged")


def test_bombs_are_refused_unpacked(store, other):
    content = packed(store, made_up(store))
    other.root.mkdir(parents=True)
    bomb = changed(content, events=b"\n" * (64 * 2**20))
    assert len(bomb) < 200_000
    refused(other, bomb, "more than 100 times its size")
    refused(other, changed(content, notes=b" " * 2**20), "at most 1 MB are read")


def test_an_entry_that_says_less_than_it_holds_is_cut_and_refused(store, other):
    content = bytearray(changed(packed(store, made_up(store)), notes=b" " * 200_000))
    other.root.mkdir(parents=True)
    said = struct.pack("<L", 200_000)
    while (at := content.find(said)) >= 0:  # in both headers
        content[at : at + 4] = struct.pack("<L", 10)
    refused(other, bytes(content), "damaged|no archive")


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
            other.delete(found.run)
            other.purge(days=0)


def test_another_version_and_an_experiment_of_another_one(store, other):
    content = packed(store, made_up(store))
    other.root.mkdir(parents=True)
    refused(other, changed(content, manifest={"form": FORM + 1}), f"reads form {FORM}")
    refused(other, changed(content, manifest={"new": 1}), "damaged")
    newer = json.dumps({"telepathy": True}).encode()
    refused(other, changed(content, experiment=newer), "telepathy")
    refused(other, changed(content, notes=b"[]"), "damaged")


def test_a_strange_id_becomes_one_of_ours(store, other):
    found = opened(other, changed(packed(store, made_up(store)), manifest={"run": "../../x"}))
    assert other.ids() == [found.run]


def test_too_little_room_is_said(store, other, monkeypatch):
    other.root.mkdir(parents=True)
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr(opening.shutil, "disk_usage", lambda path: usage)
    refused(other, packed(store, made_up(store)), "are free on the disk")


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
def test_events_that_no_training_writes_are_refused_by_their_line(store, other, bad):
    events = f"{to_json(STARTED)}\n{bad}\n".encode()
    other.root.mkdir(parents=True)
    refused(other, changed(packed(store, made_up(store)), events=events), "Line 2 of events")


def test_many_gaps_are_no_way_around(store, other):
    steps = [to_json(Step(90_000 * k, (1.0,), 0.1)) for k in range(1, 9)]
    events = "\n".join([to_json(STARTED), *steps, ""]).encode()
    other.root.mkdir(parents=True)
    refused(other, changed(packed(store, made_up(store)), events=events), "Line 3 of events")


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
def test_a_checkpoint_that_is_none_is_refused(store, other, kind, content):
    other.root.mkdir(parents=True)
    archive = changed(packed(store, made_up(store)), checkpoint=content)
    refused(other, archive, "no checkpoint of this lab")
