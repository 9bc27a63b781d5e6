"""Archives of runs: from one home to another, with everything that belongs to a run."""

import json

import numpy as np
import pytest
import torch

from core.access.ownership import LAB
from core.base.control import GO, STOP
from core.base.encoding import encode
from core.base.errors import BadInput, Unavailable
from core.base.events import to_json
from core.data.datasets import Digits, Moons, Spreadsheets
from core.data.library import Library
from core.experiment import Experiment, Seeds
from core.export.archive import MANIFEST, samples_digest
from core.jobs.lane import Lane
from core.jobs.runner import Runner
from core.network.presets import SoftmaxRegression
from core.runs import checkpoint, forks, lineage, notes, trash
from core.runs.lineage import LINEAGE
from core.runs.state import stored_state
from core.runs.store import CHECKPOINT, EVENTS, EXPERIMENT, NOTES
from core.runs.summary import summarize
from core.studies import trainer
from tests.conftest import ended, losses, script
from tests.core.export.conftest import (
    TINY,
    assert_refused,
    changed,
    entries,
    left,
    made_up,
    opened,
    packed,
    sealed,
)

# --- there and back


def test_an_opened_run_is_identical_and_resumes_with_the_same_result(store, other):
    run = left(store)
    notes.write(store, run, notes.make_notes("A try.", ("class", "best")))
    found = opened(other, packed(store, run))
    assert (found.run, found.name, found.warning) == (run, "Tiny", None)
    for name in (EXPERIMENT, NOTES, CHECKPOINT):
        assert other.content(run, name) == store.content(run, name)
    lines = [[json.loads(line) for line in each.read(run)[0]] for each in (other, store)]
    assert lines[0] == lines[1]
    assert summarize(other, run) == summarize(store, run)
    assert stored_state(other, run) == "interrupted"
    ends = [trainer.execute(each, run) for each in (other, store)]
    assert ends[0] == ends[1]
    weights = [checkpoint.load(each, run)["model"] for each in (other, store)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])


def test_a_run_whose_id_is_taken_gets_a_new_one(store):
    run = made_up(store)
    content = packed(store, run)
    second = opened(store, content)
    assert second.run != run and second.run[:15] == run[:15]
    trash.delete(store, run)
    third = opened(store, content)  # in the trash it is taken too
    assert len({run, second.run, third.run}) == 3 and len(store.ids()) == 2


def test_a_run_that_never_started_has_no_weights_and_opens(store, other):
    run = store.create(encode(TINY))
    assert set(entries(packed(store, run))) == {EXPERIMENT, EVENTS, MANIFEST}
    assert stored_state(other, opened(other, packed(store, run)).run) == "not_started"


def test_torn_and_unknown_lines_are_dropped(store, other):
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
    trainer.execute(store, run, poll_control=lambda t: STOP if t.step >= 2 else GO)
    return run, experiment


def test_spreadsheets_are_included_on_request(store, other):
    run, experiment = on_sheets(store)
    found = opened(other, packed(store, run, with_data=True))
    assert found.warning is None
    digest = experiment.data.digest
    mine, theirs = (Library(each.home).open(digest) for each in (store, other))
    assert np.array_equal(mine.inputs, theirs.inputs)
    assert Library(other.home).about(digest).files == ("pictures.csv", "labels.csv")
    assert trainer.execute(other, found.run).reason == "epochs"
    again = opened(other, packed(other, found.run, with_data=True))  # and from there on
    assert again.warning is None and len(Library(other.home).list()) == 1


def test_an_archive_without_its_data_names_them_until_they_are_added(store, other, monkeypatch):
    run, _ = on_sheets(store)
    found = opened(other, packed(store, run))
    assert found.warning.code == "data_missing" and "“Mine”" in found.warning.text
    assert summarize(other, found.run).epochs == summarize(store, run).epochs
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    with pytest.raises(BadInput, match="“Mine”"):
        Runner(other).resume(found.run, by=LAB)
    Library(other.home).add(*sheets())
    Runner(other).resume(found.run, by=LAB)


def test_forged_spreadsheets_do_not_get_the_digest_of_the_real_ones(store, other):
    run, experiment = on_sheets(store)
    content = packed(store, run, with_data=True)
    found = entries(content)
    found["data/0"] = sheets(1)[0]
    assert opened(other, sealed(found)).warning.code == "data_read_differently"
    assert experiment.data.digest not in [a.digest for a in Library(other.home).list()]


def test_unreadable_data_is_refused_and_not_stored(store, other):
    run, _ = on_sheets(store)
    found = entries(packed(store, run, with_data=True))
    found["data/0"] = b"\x89PNG\r\n\x1a\n"
    assert "PNG" in assert_refused(other, sealed(found), "archive_data")
    assert not list((other.home / "data").rglob("*.npy"))
    assert not list((other.home / "data" / "files").iterdir())


@pytest.mark.parametrize(
    ("data", "code"),
    [(Digits(), "data_in_every_lab"), (Spreadsheets(digest="0" * 64), "data_missing")],
)
def test_data_that_cannot_be_packed_is_refused(store, data, code):
    run = store.create(encode(TINY.model_copy(update={"data": data})))
    with pytest.raises(Unavailable) as caught:
        packed(store, run, with_data=True)
    assert caught.value.code == code


def test_files_that_were_read_in_place_are_not_packed(store, tmp_path):
    paths = [tmp_path / name for name in ("a.csv", "b.csv")]
    for path, content in zip(paths, sheets(), strict=True):
        path.write_bytes(content)
    digest, _ = Library(store.home).add(*paths)
    run = store.create(encode(TINY.model_copy(update={"data": Spreadsheets(digest=digest)})))
    with pytest.raises(Unavailable) as caught:
        packed(store, run, with_data=True)
    assert caught.value.code == "data_read_in_place"


def test_digests_of_different_samples_differ(store):
    home = store.home
    digests = [samples_digest(data, home) for data in (Digits(), Digits(size=28), Moons())]
    assert len(set(digests)) == 3 and all(len(d) == 64 for d in digests)
    assert samples_digest(Digits(), home) == digests[0]


def test_a_dataset_that_differs_in_this_lab_gives_a_warning(store, other):
    content = packed(store, made_up(store))
    assert opened(other, content).warning is None
    found = opened(other, changed(content, manifest={"samples": "0" * 64}))
    assert found.warning.code == "data_differs"


# --- families


def test_the_archive_of_a_fork_contains_what_was_trained_before_it(store, other):
    parent = store.create(encode(TINY))
    trainer.execute(store, parent)
    fork = store.create(encode(forks.fork_of(store, parent, 2, {"optimizer.learning_rate": 0.1})))
    trainer.execute(store, fork)
    content = packed(store, fork)
    found = opened(other, content)
    assert found.warning is None
    assert lineage.segments(other, fork) == lineage.segments(store, fork)
    assert lineage.difference(other, fork) == lineage.difference(store, fork) != []
    assert losses(other, fork) == losses(store, fork)
    assert lineage.parent(other, fork) is None
    # It can be forked there, and its parent joins the family when its archive is opened too.
    again = other.create(encode(forks.fork_of(other, fork, 1)))
    assert trainer.execute(other, again).reason == "epochs"
    opened(other, packed(store, parent))
    assert lineage.parent(other, fork) == parent
    assert lineage.family(other, again)[:2] == [parent, fork]


def test_another_run_with_the_id_of_the_parent_is_not_taken_for_it(store, other):
    parent = store.create(encode(TINY))
    trainer.execute(store, parent)
    fork = store.create(encode(forks.fork_of(store, parent, 1)))
    trainer.execute(store, fork)
    stranger = made_up(other, TINY.model_copy(update={"epochs": 9}))
    (other.root / stranger).rename(other.root / parent)
    opened(other, packed(store, fork))
    assert lineage.parent(other, fork) is None and lineage.family(other, fork) == [fork]


def test_a_lineage_that_does_not_belong_to_the_fork_is_refused(store, other):
    parent = store.create(encode(TINY))
    trainer.execute(store, parent)
    fork = store.create(encode(forks.fork_of(store, parent, 1)))
    trainer.execute(store, fork)
    found = entries(packed(store, fork))
    good = json.loads(found[LINEAGE])["segments"]
    wide = encode(TINY.model_copy(update={"network": SoftmaxRegression().layers((1, 4, 4))}))
    seeded = encode(TINY.model_copy(update={"seeds": Seeds(order=3)}))
    for rows in (
        [],
        [good[0] | {"step": 10**9}],
        [good[0] | {"step": 5}],
        [good[0] | {"experiment": "{"}],
        [good[0] | {"experiment": seeded}],
        [{"run": parent}],
        wide,
    ):
        assert_refused(other, sealed(found | {LINEAGE: json.dumps({"segments": rows}).encode()}),
                "archive_damaged")  # fmt: skip
    assert_refused(
        other, sealed({n: c for n, c in found.items() if n != LINEAGE}), "archive_damaged"
    )
    changes = {"event": "Changed", "step": 3, "changes": {"network": []}}
    line = json.dumps(changes, separators=(",", ":")).encode() + b"\n"
    assert_refused(other, sealed(found | {EVENTS: found[EVENTS] + line}), "archive_damaged")
