"""Forks on the pages: chosen on Watch, shown on Train, Network and Runs, and dropped; runs that are
extended or changed while they are paused; families without their root.
"""

from dataclasses import replace

import pytest

from core.advice.run_findings import find_divergence
from core.base.encoding import decode, encode
from core.base.events import Ended, Epoch, Probe, to_json
from core.data.datasets import Xor
from core.data.split import Split
from core.experiment import Experiment, Seeds
from core.jobs import runner
from core.jobs.kinds import KINDS, RUN
from core.jobs.lane import Lane
from core.network.layers import Linear, Output, ReLU
from core.optim.optimizers import SGD
from core.runs import forks, trash
from core.runs.history import History
from core.runs.state import RunState
from core.runs.store import Store
from core.weights.fork import Fork
from pages.kit import person
from pages.kit.forks import DELETED
from pages.parts.watch import forks as watch_forks
from tests.conftest import script, write
from tests.pages.runs.runs_page import page as runs_page
from tests.pages.shown import draft, press, texts, visit

POINTS = Experiment(
    name="Points", data=Xor(points=200), network=(Linear(units=4), ReLU(), Output()), epochs=4,
    stopping=(), optimizer=SGD(learning_rate=0.1), split=Split(validation=0.4, test=0.2),
)  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A home with a finished run and a finished fork of it at epoch 2."""
    store = Store(tmp_path_factory.mktemp("family"))
    root = store.create(encode(POINTS))
    KINDS[RUN].execute(store.home, root)
    slower = forks.fork_of(store, root, 2, {"optimizer.learning_rate": 0.01})
    fork = store.create(encode(slower))
    KINDS[RUN].execute(store.home, fork)
    return store, root, fork


@pytest.fixture
def lab(trained, monkeypatch):
    """The same home, in a lab that never trains."""
    store, root, fork = trained
    monkeypatch.setenv("LAB_HOME", str(store.home))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)
    return store, root, fork


def slider(app):
    return next(each for each in app.slider if each.label == "Epoch")


def test_the_slider_chooses_the_epoch_that_the_draft_forks(lab):
    store, root, _ = lab
    app = visit("watch", run=root)
    assert (slider(app).min, slider(app).max) == (1, POINTS.epochs - 1)
    slider(app).set_value(2)
    app = press(app.run(), "fork_here")
    step = forks.logged_epochs(store, root)[1].step
    assert draft(app).fork == Fork(run=root, epoch=2, step=step)


def test_train_restarts_the_schedule_of_a_fork_and_drops_it(lab):
    store, root, _ = lab
    app = visit("train", forks.fork_of(store, root, 2))
    assert any("“Points” at epoch 2" in each.value for each in app.subheader)
    restart = next(t for t in app.toggle if t.key.startswith("fork restart"))
    app = restart.set_value(True).run()
    assert draft(app).fork.schedule_from == 2
    app = press(app, "fork_drop")
    assert draft(app).fork is None and not any(b.key == "fork_drop" for b in app.button)


@pytest.mark.parametrize("page", ["train", "network", "data"])
def test_every_page_names_the_fork_in_the_bar_and_drops_it(lab, page):
    store, root, _ = lab
    app = visit(page, forks.fork_of(store, root, 1))
    assert any("“Points” at epoch 1" in text for text in texts(app))
    assert draft(press(app, "bar_drop_fork")).fork is None


@pytest.mark.parametrize(
    ("page", "field", "value"),
    [
        ("network", "network", (Linear(units=8), ReLU(), Output())),
        ("train", "seeds", Seeds(order=3)),
    ],
)
def test_what_a_fork_cannot_change_is_shown_in_the_bar_and_restored(lab, page, field, value):
    store, root, _ = lab
    fork = forks.fork_of(store, root, 1)
    edited = fork.model_copy(update={field: value})
    app = visit(page, edited)
    assert next(b for b in app.button if b.key == "bar_start").disabled
    problem = str(forks.refusal(fork, edited, field))
    assert any(problem in text and "warning" in text for text in texts(app))
    assert sum(problem in text for text in texts(app)) == 2  # in the card of the fork and the bar
    app = press(app, f"{page} fork_changes_{field}")
    assert draft(app) == fork
    assert not next(b for b in app.button if b.key == "bar_start").disabled


def test_a_fork_has_no_initial_loss(lab):
    store, root, _ = lab
    for fork, numbers in ((forks.fork_of(store, root, 1), 0), (forks.fork_of(store, root, 0), 3)):
        app = visit("network", fork)
        assert len(app.metric) == numbers
        assert len(next(iter(app.dataframe)).value.columns) == (6 if numbers else 4)


def test_the_slider_follows_a_run_that_trains_and_rests_at_the_best_epoch_of_one_that_ended(lab):
    store, _, _ = lab
    run = store.create(encode(POINTS.model_copy(update={"epochs": 20, "name": "Moving"})))
    events = [event for event in script(200, 20) if not isinstance(event, (Probe, Ended))]
    epochs = [each for each in events if isinstance(each, Epoch)]
    events = [replace(e, best=e is epochs[1]) if isinstance(e, Epoch) else e for e in events]
    write(store, run, [replace(events[0], epochs=20), *events[1:]])
    newest, best = epochs[-1].epoch, epochs[1].epoch
    assert newest != best
    assert slider(visit("watch", run=run)).value == newest
    assert watch_forks.chosen_place(run, "epoch") is None  # nobody has chosen one
    store.append(run, to_json(Ended("stopped", "Stopped.", 200, 9)))
    app = visit("watch", run=run)
    assert slider(app).value == best
    slider(app).set_value(1)
    assert slider(app.run()).value == 1
    trash.delete(store, run)


def test_a_run_of_a_single_epoch_is_extended_and_not_forked(lab):
    store, _, _ = lab
    run = store.create(encode(POINTS.model_copy(update={"epochs": 1, "name": "Short"})))
    KINDS[RUN].execute(store.home, run)
    app = visit("watch", run=run)
    assert watch_forks.SINGLE in texts(app) and not any(b.key == "fork_here" for b in app.button)
    assert any(b.key == "extend_start" for b in app.button)
    trash.delete(store, run)


def test_a_run_that_still_improves_is_extended(lab):
    store, root, _ = lab
    app = visit("watch", run=root)
    app = press(app, "finding_improving_at_end")
    assert draft(app) == forks.extend(store, root, POINTS.epochs)


@pytest.mark.parametrize("schedule", ["continued", "restarted", "held"])
def test_a_finished_run_is_extended(lab, schedule):
    store, root, _ = lab
    before = set(store.ids())
    app = visit("watch", run=root)
    next(n for n in app.number_input if n.key == "extend_epochs").set_value(3)
    next(s for s in app.segmented_control if s.key == "extend_schedule").set_value(schedule)
    press(app.run(), "extend_start")
    (new,) = set(store.ids()) - before
    extended = decode(Experiment, store.experiment(new))
    assert extended == forks.extend(store, root, 3, schedule=schedule)
    assert (extended.fork.epoch, extended.epochs) == (4, 7)


def test_a_paused_run_takes_changed_settings(lab, monkeypatch):
    _, root, _ = lab
    given = []
    monkeypatch.setattr(runner.Runner, "status", lambda *_: RunState.PAUSED)
    monkeypatch.setattr(runner.Runner, "change", lambda _, *args, by: given.append(args))
    app = visit("watch", run=root)
    apply = next(b for b in app.button if b.key == "change_apply")
    assert apply.disabled  # nothing has changed
    epochs = next(n for n in app.number_input if "change" in n.key and n.label == "Epochs")
    app = epochs.set_value(1).run()
    assert next(b for b in app.button if b.key == "change_apply").disabled  # they are complete
    app = visit("watch", run=root)
    field = next(t for t in app.text_input if "optimizer" in t.key and t.label.startswith("Learn"))
    app = field.set_value("0.02").run()
    press(app, "change_apply")
    assert given == [(root, {"optimizer.learning_rate": 0.02})]


def test_a_fork_is_named_with_its_parent_and_its_family_is_drawn(lab):
    store, root, fork = lab
    for run in (root, fork):
        app = visit("watch", run=run)
        named = any("Fork of “Points” at epoch 2" in text for text in texts(app))
        assert named == (run == fork)
        assert any("Family" in each.value for each in app.subheader)
    app = runs_page([fork], store.ids())
    assert any("Fork of “Points” at epoch 2" in text for text in texts(app))
    assert any("Family" in each.value for each in app.subheader)


def test_a_fork_outlives_its_parent(lab):
    store, root, fork = lab
    trash.delete(store, root)
    try:
        app = visit("watch", run=fork)
        assert any(DELETED in text for text in texts(app))
        history = History.of(store.read(fork)[0])
        assert [epoch.epoch for epoch in history.epochs] == [1, 2, 3, 4]
        app = runs_page([fork], store.ids())
        assert any(DELETED in text for text in texts(app))
    finally:
        trash.restore(store, root)


def test_the_run_of_another_person_is_forked_and_extended_but_not_changed(lab, monkeypatch):
    _, root, _ = lab
    monkeypatch.setattr(person, "barred", lambda job: "It belongs to another person.")
    app = visit("watch", run=root)
    assert any(b.key == "extend_start" for b in app.button)
    assert draft(press(app, "fork_here")).fork.run == root
    monkeypatch.setattr(runner.Runner, "status", lambda *_: RunState.PAUSED)
    app = visit("watch", run=root)
    assert not any(b.key == "change_apply" for b in app.button)


def test_a_run_that_diverged_is_forked_at_its_best_epoch_with_the_suggested_rate(lab):
    store, _, _ = lab
    run = store.create(encode(POINTS.model_copy(update={"epochs": 9, "name": "Lost"})))
    events = [event for event in script(200, 20) if not isinstance(event, Probe)]
    lost = Ended("diverged", "The loss is no longer a number at step 200: lower the rate.", 200, 9)
    write(store, run, [replace(events[0], epochs=9), *events[1:], lost])
    app = visit("watch", run=run)
    suggested = find_divergence(History.of(store.read(run)[0]), POINTS).action.changes
    app = press(app, "fork_way_out")
    assert draft(app).fork.epoch == 4
    assert draft(app).optimizer.learning_rate == suggested["optimizer.learning_rate"]
    trash.delete(store, run)
