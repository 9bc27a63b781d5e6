"""Summary: the row of a run against a recomputation from its events, for resumed and for trained
runs.
"""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.control import GO, LEAVE
from core.base.encoding import encode
from core.base.errors import NotFound
from core.base.events import Ended, Epoch, Event, Started
from core.base.seal import write_with_sum
from core.data.datasets import Spreadsheets
from core.experiment import Experiment
from core.network.chains import describe_depth
from core.network.presets import SoftmaxRegression
from core.optim.optimizers import SGD
from core.runs import notes, trash
from core.runs.history import History
from core.runs.store import EXPERIMENT, Store
from core.runs.summary import summaries, summarize
from core.studies import trainer
from tests.conftest import write

PER = 10  # steps to an epoch
TINY = Experiment(name="Tiny", network=SoftmaxRegression().layers((1, 8, 8)), epochs=3)
LOSS = st.floats(0.01, 5) | st.sampled_from([math.nan, math.inf])


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


def began(epoch: int) -> Started:
    sizes = {"train": PER * 32}
    return Started(epoch * PER, 50 * PER, PER, 50, 32, 650, ("output",), sizes, {}, "cpu", 1)


def segments(parts: list[tuple[int, list[float]]]) -> tuple[list[Event], list[float]]:
    """The events of a run that began again now and then, and the losses that count in the end."""
    events: list[Event] = []
    counts: list[float] = []
    for back, losses in parts:
        del counts[max(0, len(counts) - back) :]
        events.append(began(len(counts)))
        for loss in losses:
            best = loss < min([x for x in counts if not math.isnan(x)], default=math.inf)
            counts.append(loss)
            k = len(counts)
            train = {"loss": 1.0, "accuracy": 0.5}
            scores = {"loss": loss, "accuracy": 1 / (1 + k)}
            events.append(Epoch(k, k * PER, train, scores, best))
    return events, counts


@given(
    parts=st.lists(st.tuples(st.integers(0, 4), st.lists(LOSS, max_size=4)), min_size=1, max_size=4)
)
def test_a_row_equals_a_recomputation_also_for_a_resumed_run(tmp_path_factory, parts):
    store = Store(tmp_path_factory.mktemp("home"))
    events, counts = segments(parts)
    run = store.create(encode(TINY))
    write(store, run, events)
    row = summarize(store, run)
    finite = [(loss, k) for k, loss in enumerate(counts, 1) if loss < math.inf]
    best = min(finite)[1] if finite else None
    assert repr(row.curve) == repr(tuple(counts))  # NaN is not equal to itself
    assert (row.epochs, row.best_epoch) == (len(counts), best)
    right = row.validation["accuracy"] if row.validation else None
    assert right == (pytest.approx(1 / (1 + best)) if best else None)
    assert row.test is None and (row.seconds is None) == (not counts)
    history = History()
    history.add(store.read(run)[0])
    assert [e.epoch for e in history.epochs] == list(range(1, row.epochs + 1))


def test_a_run_without_a_validation_set_has_no_curve_and_no_best_epoch(store):
    run = store.create(encode(TINY))
    scores = {"loss": 1.0, "accuracy": 0.5}
    test = {"loss": 0.4, "accuracy": 0.75}
    end = Ended("epochs", "Done.", 20, 2, 2, scores, None, test, seconds=3.0)
    epochs = [Epoch(k, k * PER, scores, None, False) for k in (1, 2)]
    write(store, run, [began(0), *epochs, end])
    row = summarize(store, run)
    assert (row.epochs, row.curve, row.best_epoch, row.validation) == (2, (), None, None)
    assert (row.test, row.seconds) == (test, 3.0)


def test_a_run_without_events_has_its_settings(store):
    row = summarize(store, store.create(encode(Experiment(optimizer=SGD(learning_rate=0.3)))))
    assert (row.name, row.data, row.network) == (
        "Digits 8×8",
        "Digits 8×8",
        "Small CNN",
    )
    assert (row.optimizer, row.rate) == ("SGD with momentum", 0.3)
    assert (row.epochs, row.curve, row.seconds) == (0, (), None)


def test_without_its_data_a_network_has_its_number_of_layers(store):
    gone = Experiment(data=Spreadsheets(digest="0" * 64, title="Gone"))
    row = summarize(store, store.create(encode(gone)))
    assert (row.name, row.network) == ("Gone", describe_depth(gone.network))


def test_a_row_follows_its_events_and_is_removed_with_its_folder(store):
    run = store.create(encode(TINY))
    first, second = segments([(0, [0.5])])[0], segments([(0, [0.5, 0.25])])[0]
    write(store, run, first)
    assert summarize(store, run).epochs == 1
    write(store, run, second[-1:])
    assert summarize(store, run).curve == (0.5, 0.25)
    trash.delete(store, run)
    with pytest.raises(NotFound):
        summarize(store, run)


def test_the_row_of_a_resumed_run_agrees_with_its_end(store):
    run = store.create(encode(TINY))
    left = trainer.execute(store, run, poll_control=lambda t: LEAVE if t.step >= 50 else GO)
    history = History()
    history.add(store.read(run)[0])
    assert left is None and summarize(store, run).seconds == history.epochs[-1].seconds
    ended = trainer.execute(store, run)
    row = summarize(store, run)
    assert row.epochs == ended.epochs == 3 and len(row.curve) == 3
    assert row.best_epoch == ended.best_epoch
    assert row.curve[row.best_epoch - 1] == pytest.approx(ended.validation["loss"])
    assert row.validation["accuracy"] == pytest.approx(ended.validation["accuracy"])
    assert row.test == ended.test and row.seconds == ended.seconds


def test_lines_in_another_json_style_are_read(store):
    """Another order of keys behind the event's name, damaged lines between: the row is the same."""
    run, other = (store.create(encode(TINY)) for _ in range(2))
    events, counts = segments([(0, [0.5, 0.25, math.inf]), (1, [0.125])])
    write(store, run, [*events, Ended("epochs", "Done.", 30, 3, 3, seconds=2.0)])
    for line in store.read(run)[0]:
        told = json.loads(line)
        turned = {"event": told.pop("event"), **dict(reversed(told.items()))}
        store.append(other, json.dumps(turned, separators=(",", ":")))
        store.append(other, '{"event":"Epoch","epoch":1')
    rows = [summarize(store, each) for each in (run, other)]
    assert replace(rows[0], run="") == replace(rows[1], run="", name="Tiny")
    assert rows[0].curve == tuple(counts) and rows[0].reason == "epochs"


def test_rows_are_newest_first_after_every_kind_of_change(store):
    runs = sorted((store.create(encode(TINY)) for _ in range(3)), reverse=True)
    assert [row.run for row in summaries(store)[0]] == runs
    notes.write(store, runs[0], notes.make_notes("good", ("best",)))
    trash.delete(store, runs[1])
    path = store.path(runs[2], EXPERIMENT)
    write_with_sum(path, encode(replace_name(TINY, "Other")).encode())
    rows, unread = summaries(store)
    assert [(row.name, row.note, row.tags) for row in rows] == [
        ("Tiny", "good", ("best",)),
        ("Other", "", ()),
    ]
    assert not unread
    trash.restore(store, runs[1])
    assert [row.run for row in summaries(store)[0]] == runs
    assert [row.run for row in summaries(store.trash)[0]] == []


def replace_name(experiment, name):
    return experiment.model_copy(update={"name": name})


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"colour": 1}', '{"data": {"kind": "none"}}', '{"optimizer": {"x": 1}}'],
)
def test_a_run_of_another_version_is_counted_and_does_not_break_the_list(store, text):
    good, bad = store.create(encode(TINY)), store.create(encode(TINY))
    write_with_sum(store.path(bad, EXPERIMENT), text.encode())
    rows, unread = summaries(store)
    assert [row.run for row in rows] == [good] and list(unread) == [bad] and bad in unread[bad]


def test_spreadsheets_that_are_added_later_give_the_network_its_name(store, monkeypatch):
    from core.data.datasets import Facts

    run = store.create(encode(TINY.model_copy(update={"data": Spreadsheets(digest="0" * 64)})))
    assert summarize(store, run).network == describe_depth(TINY.network)
    facts = Facts((1, 8, 8), tuple("0123456789"), 10)
    monkeypatch.setattr(Spreadsheets, "facts", lambda self, home: facts)
    assert summarize(store, run).network == "Softmax regression"
