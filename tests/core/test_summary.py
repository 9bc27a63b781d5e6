"""Summary: a run's row against a plain fold over its events, for runs that began again, and for
ones that were really trained.
"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import runner
from core.data.sets import Spreadsheets
from core.encoding import encode
from core.errors import NotFound
from core.events import Ended, Epoch, Event, Started
from core.experiment import Experiment
from core.history import History
from core.network.presets import SoftmaxRegression
from core.optim.optimizers import SGD
from core.store import Store
from core.summary import summarize
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
def test_a_row_is_the_plain_fold_of_the_events_also_of_a_resumed_run(tmp_path_factory, parts):
    store = Store(tmp_path_factory.mktemp("home"))
    events, counts = segments(parts)
    run = store.create(encode(TINY))
    write(store, run, events)
    row = summarize(store, run)
    finite = [(loss, k) for k, loss in enumerate(counts, 1) if loss < math.inf]
    best = min(finite)[1] if finite else None
    assert repr(row.curve) == repr(tuple(counts))  # NaN is not equal to itself
    assert (row.epochs, row.best_epoch) == (len(counts), best)
    assert row.validation_error == (pytest.approx(1 - 1 / (1 + best)) if best else None)
    assert row.test_error is None and row.seconds is None
    history = History()
    history.add(store.read(run)[0])
    assert [e.epoch for e in history.epochs] == list(range(1, row.epochs + 1))


def test_a_run_without_a_validation_part_has_no_curve_and_no_best(store):
    run = store.create(encode(TINY))
    scores = {"loss": 1.0, "accuracy": 0.5}
    test = {"loss": 0.4, "accuracy": 0.75}
    end = Ended("epochs", "Done.", 20, 2, 2, scores, None, test, seconds=3.0)
    epochs = [Epoch(k, k * PER, scores, None, False) for k in (1, 2)]
    write(store, run, [began(0), *epochs, end])
    row = summarize(store, run)
    assert (row.epochs, row.curve, row.best_epoch, row.validation_error) == (2, (), None, None)
    assert (row.test_error, row.seconds) == (0.25, 3.0)


def test_an_empty_run_says_what_it_will_be(store):
    row = summarize(store, store.create(encode(Experiment(optimizer=SGD(learning_rate=0.3)))))
    assert (row.name, row.data, row.network) == (
        "Digits 8×8",
        "Digits 8×8",
        "Small net for 8 × 8",
    )
    assert (row.optimizer, row.rate) == ("SGD with momentum", 0.3)
    assert (row.epochs, row.curve, row.seconds) == (0, (), None)


def test_data_that_is_gone_leaves_the_number_of_layers(store):
    gone = Experiment(data=Spreadsheets(digest="0" * 64, title="Gone"))
    row = summarize(store, store.create(encode(gone)))
    assert (row.name, row.network) == ("Gone", f"{len(gone.network)} layers")


def test_a_row_grows_with_its_events_and_goes_with_its_folder(store):
    run = store.create(encode(TINY))
    first, second = segments([(0, [0.5])])[0], segments([(0, [0.5, 0.25])])[0]
    write(store, run, first)
    assert summarize(store, run).epochs == 1
    write(store, run, second[-1:])
    assert summarize(store, run).curve == (0.5, 0.25)
    store.delete(run)
    with pytest.raises(NotFound):
        summarize(store, run)


def test_a_trained_run_that_was_left_and_resumed_sums_up_as_its_end_says(store):
    run = store.create(encode(TINY))
    left = runner.execute(store, run, attend=lambda t: runner.LEAVE if t.step >= 50 else runner.GO)
    assert left is None and summarize(store, run).seconds is None
    ended = runner.execute(store, run)
    row = summarize(store, run)
    assert row.epochs == ended.epochs == 3 and len(row.curve) == 3
    assert row.best_epoch == ended.best_epoch
    assert row.curve[row.best_epoch - 1] == pytest.approx(ended.validation["loss"])
    assert row.validation_error == pytest.approx(1 - ended.validation["accuracy"])
    assert row.test_error == 1 - ended.test["accuracy"] and row.seconds == ended.seconds
