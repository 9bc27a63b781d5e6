"""What a fork and a paused run may change, what the draft of a fork refuses, and what its preview
reports.
"""

import json
from dataclasses import replace

import pytest

from core.advice import fork_notes
from core.advice.fork_notes import notes
from core.advice.plan import plan
from core.advice.suggestions import advice, apply_action, follow_up
from core.base.encoding import change, encode
from core.base.errors import BadExperiment, BadInput, NotFound
from core.base.finding import Action
from core.data.label_noise import LabelNoise
from core.data.normalization import Raw
from core.data.ready.points import Spirals
from core.data.split import Split
from core.experiment import NAME_LENGTH, Experiment, Seeds
from core.losses import MSE
from core.network.initializers import He, Xavier
from core.network.layers import Linear, Output, ReLU, Sigmoid
from core.optim.optimizers import SGD
from core.optim.schedules import Cosine
from core.optim.stopping import Patience
from core.runs import forks, lineage
from core.runs.compare import settings
from core.runs.history import History
from core.runs.store import Store
from core.studies.study import Study
from core.studies.trainer import execute
from core.studies.variable_fields import axes_of
from core.weights.start import FromWeights
from tests.core.runs.forked_runs import experiment, trained


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, str]:
    """A parent whose checkpoint is that of its end."""
    store = Store(tmp_path_factory.mktemp("family"))
    return store, trained(store, experiment(name="Parent", epochs=4))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"data.points": 30}, "fork_changes_data"),
        ({"split.validation": 0.3}, "fork_changes_split"),
        ({"network.0.units": 5}, "fork_changes_network"),
        ({"initializer": "xavier"}, "fork_changes_initializer"),
        ({"loss": "mse"}, "fork_changes_loss"),
        ({"seeds.order": 3}, "fork_changes_seeds"),
        ({"normalization": "none"}, "fork_changes_normalization"),
        ({"label_noise.share": 0.5}, "fork_changes_label_noise"),
        ({"epochs": 2}, "fork_without_epochs"),
    ],
)
def test_what_would_not_fit_the_weights_is_refused(
    family: tuple[Store, str], changes: dict, code: str
) -> None:
    store, run = family
    with pytest.raises(BadInput) as refused:
        forks.fork_of(store, run, 2, changes)
    assert refused.value.code == code


def test_all_other_settings_can_change(family: tuple[Store, str]) -> None:
    store, run = family
    fork = forks.fork_of(store, run, 2, {"network.2.p": 0.0, "stopping": [{"kind": "patience"}]})
    assert fork.network[2].p == 0 and fork.stopping
    noisy = experiment(label_noise=LabelNoise(share=0.2))
    forks.check_fork(noisy, experiment())
    fields = set(Experiment.model_fields) - {*forks.FREE, *forks.ALLOWED}
    assert fields == set(forks.REASONS)
    for epoch in (-1, 5):
        with pytest.raises(BadInput) as refused:
            forks.fork_of(store, run, epoch)
        assert refused.value.code == "fork_epoch_unknown"


def test_a_change_in_the_middle_of_an_epoch_leaves_batches_as_they_are() -> None:
    old = experiment()
    forks.check_change(old, experiment(optimizer=SGD(), epochs=9, schedule=Cosine(warmup=1.0)))
    for changes, code in (
        ({"batch_size": 7}, "change_of_batch_size"),
        ({"loss": MSE()}, "change_of_loss"),
        ({"epochs": 2}, "change_of_epochs_too_late"),
    ):
        with pytest.raises(BadInput) as refused:
            forks.check_change(old, experiment(**changes), completed=2)
        assert refused.value.code == code


def test_a_refused_setting_is_named_once() -> None:
    old = experiment()
    text = str(forks.refusal(old, experiment(seeds=Seeds(initialization=3)), "seeds"))
    assert text.lower().count("seeds") == 1 and "0 → 3" in text


def test_an_edited_fork_is_refused_before_it_trains(family: tuple[Store, str]) -> None:
    store, run = family
    draft = forks.fork_of(store, run, 2)
    wider = draft.model_copy(update={"network": (Linear(units=5), ReLU(), Output())})
    ended = execute(store, store.create(encode(wider)))
    assert (ended.reason, ended.code) == ("failed", "fork_changes_network")
    with pytest.raises(BadExperiment):
        lineage.changed(draft, {"epochs": 2})


def test_experiments_without_a_fork_keep_their_text(family: tuple[Store, str]) -> None:
    store, run = family
    assert "fork" not in json.loads(store.experiment(run))
    with pytest.raises(NotFound):
        lineage.store_with(store, "20260101-000000-abcd")


def test_a_draft_is_planned_with_the_epochs_that_are_left(family: tuple[Store, str]) -> None:
    store, run = family
    draft = forks.fork_of(store, run, 1, {"batch_size": 9})
    assert (plan(draft, store.home).steps, plan(draft, store.home).problem) == (6, "")
    for changes, code in (
        ({"network": (Linear(units=9), Output())}, "fork_changes_network"),
        ({"fork": draft.fork.model_copy(update={"step": 4})}, "fork_point_unknown"),
        ({"fork": draft.fork.model_copy(update={"run": "20260101-000000-abcdef"})},
         "fork_parent_missing"),
    ):  # fmt: skip
        assert plan(draft.model_copy(update=changes), store.home).code == code
    assert change(draft, "fork", None).fork is None  # the way out
    assert Study(base=draft).base.fork is None
    assert not any("fork" in getattr(axis, "path", "") for axis in axes_of(draft).values())
    labels = [[label for label, _ in settings([each])] for each in (draft, draft.unforked)]
    assert set(labels[0]) - set(labels[1]) == {"Fork"}


def test_the_preview_says_how_the_schedule_goes_on_and_what_begins_anew(
    family: tuple[Store, str],
) -> None:
    store, run = family
    for draft, codes in (
        (forks.fork_of(store, run, 2), ["fork_schedule_continued"]),
        (forks.extend(store, run, 4), ["fork_schedule_stretched"]),
        (forks.extend(store, run, 4, schedule="restarted"), ["fork_schedule_restarted"]),
        (forks.extend(store, run, 4, schedule="held"), ["fork_rate_constant"]),
        (
            forks.fork_of(store, run, 2, {"optimizer": "sgd", "device": "cuda"}),
            ["fork_schedule_rescaled", "fork_optimizer_reset", "fork_device"],
        ),
    ):
        assert [finding.code for finding in notes(store, draft)] == codes
    (continued,) = notes(store, forks.fork_of(store, run, 2))
    assert continued.evidence["from"] == pytest.approx(0.01)  # halfway along the cosine of 0.02
    assert notes(store, experiment()) == []


REFUSED = {  # a change for every reason
    "data": Spirals(points=30),
    "split": Split(validation=0.3),
    "normalization": Raw(),
    "network": (Linear(units=5), ReLU(), Output()),
    "initializer": Xavier(),
    "start": FromWeights(digest="a" * 64),
    "loss": MSE(),
    "seeds": Seeds(order=3),
    "label_noise": LabelNoise(share=0.5),
}


def test_every_refused_setting_is_named_with_a_button_that_restores_it(
    family: tuple[Store, str],
) -> None:
    store, run = family
    draft = forks.fork_of(store, run, 2)
    assert REFUSED.keys() == forks.REASONS.keys()
    for field, value in REFUSED.items():
        edited = draft.model_copy(update={field: value})
        (found,) = fork_notes.refusals(store, edited)
        assert (found.code, found.evidence) == (f"fork_changes_{field}", {"field": field})
        assert apply_action(edited, found.action) == draft
    edited = draft.model_copy(update=REFUSED)
    found = fork_notes.refusals(store, edited)
    assert {each.evidence["field"] for each in found} == set(REFUSED)
    for each in found:
        edited = apply_action(edited, each.action)
    assert edited == draft and not fork_notes.refusals(store, edited)
    assert "0 → 3" in str(forks.refusal(draft, draft.model_copy(update=REFUSED), "seeds"))


def test_no_suggestion_for_a_fork_is_one_that_it_refuses(family: tuple[Store, str]) -> None:
    store, run = family
    draft = forks.fork_of(store, run, 2)
    network = (Linear(units=4), Sigmoid(), *(Linear(units=4), Sigmoid()) * 6, Output())
    poor = {"network": network, "initializer": He(), "split": Split(validation=0)}
    poor |= {"stopping": (Patience(),), "optimizer": SGD(learning_rate=5.0)}
    parent, draft = (each.model_copy(update=poor) for each in (draft.unforked, draft))
    sizes = {"samples": 20, "parameters": 10_000, "curvature": 1e3}

    def refused(e: Experiment) -> list[str]:
        changed = [(f.code, apply_action(e, f.action)) for f in advice(e, **sizes) if f.action]
        return [code for code, new in changed if forks.refused_fields(parent, new)]

    assert len(refused(parent)) >= 2 and not refused(draft)
    codes = [[finding.code for finding in advice(e, **sizes)] for e in (parent, draft)]
    assert "stability_limit_exceeded" in codes[0] and "stability_limit_exceeded" not in codes[1]
    for changes, is_fork in (({"initializer": "xavier"}, False), ({"epochs": 9}, True)):
        assert bool(follow_up(draft, Action("Change", changes)).fork) is is_fork


def test_a_preview_compares_the_learning_rate_with_that_before_the_fork(
    family: tuple[Store, str],
) -> None:
    """The last step of epoch 2 of 4 has half of the peak, 0.02, of the cosine."""
    store, run = family
    peak = {"optimizer.learning_rate": 0.2}
    for draft, code, before, after in (
        (forks.fork_of(store, run, 2, peak), "fork_schedule_rescaled", 0.01, 0.1),
        (forks.fork_of(store, run, 2, peak, schedule="restarted"), "fork_schedule_restarted",
         0.01, 0.2),
        (forks.fork_of(store, run, 2, peak | {"epochs": 400}), "fork_schedule_stretched",
         0.01, 0.2),
        (forks.fork_of(store, run, 2, peak | {"schedule": "constant"}), "fork_rate_constant",
         0.01, 0.2),
        (forks.fork_of(store, run, 2), "fork_schedule_continued", None, 0.01),
        (forks.fork_of(store, run, 2, schedule="held"), "fork_rate_constant", 0.01, None),
    ):  # fmt: skip
        (note,) = notes(store, draft)
        assert note.code == code
        if before:
            assert note.evidence["before"] == pytest.approx(before, rel=0.01)
        else:
            assert "before" not in note.evidence
        if after:
            assert note.evidence["from"] == pytest.approx(after, rel=0.01)


def test_a_fork_with_next_to_no_learning_rate_is_warned_about(family: tuple[Store, str]) -> None:
    store, run = family
    for rate, warned in ((1e-5, True), (2e-5, False), (1e-3, False)):
        constant = {"schedule": "constant", "optimizer.learning_rate": rate * 1.001}
        codes = [finding.code for finding in notes(store, forks.fork_of(store, run, 2, constant))]
        assert ("fork_rate_negligible" in codes) is warned


def test_a_paused_run_is_told_the_learning_rate_of_its_next_step(family: tuple[Store, str]) -> None:
    store, run = family
    lines = store.read(run)[0]
    middle = next(i for i, line in enumerate(lines) if '"epoch":2,' in line)
    history, old = History.of(lines[: middle + 1]), experiment(epochs=4)
    new = change(old, "optimizer.learning_rate", 0.2)
    note = fork_notes.note_on_change(old, new, history)
    assert note.evidence == {"from": pytest.approx(0.01), "to": pytest.approx(0.1)}
    assert fork_notes.note_on_change(old, change(old, "stopping", []), history) is None


def test_the_forks_of_one_point_are_told_apart_by_their_names(family: tuple[Store, str]) -> None:
    store, run = family
    draft = forks.fork_of(store, run, 2)
    assert forks.with_change_in_name(store, draft) == draft
    names = set()
    for changes in ({"optimizer.learning_rate": 0.5}, {"batch_size": 9}, {"epochs": 9}):
        name = forks.with_change_in_name(store, forks.fork_of(store, run, 2, changes)).name
        assert name.startswith("Parent, from epoch 2: ") and len(name) <= NAME_LENGTH
        names.add(name)
    assert len(names) == 3
    long = store.create(encode(experiment(name="Parent of a very long name " * 2)))
    execute(store, long)
    child = store.create(encode(forks.fork_of(store, long, 1)))
    execute(store, child)
    for grandchild in (forks.fork_of(store, child, 2), forks.extend(store, child, 3)):
        name = grandchild.name  # that of the first parent, cut visibly, and one ending
        assert name.startswith("Parent of a very long name Parent") and len(name) <= NAME_LENGTH
        assert "…, " in name and "from epoch 1" not in name
    own = draft.model_copy(update={"name": "Mine", "epochs": 9})
    assert forks.with_change_in_name(store, own).name == "Mine"


def test_the_results_of_a_fork_without_a_better_epoch_are_those_of_its_parent(
    family: tuple[Store, str],
) -> None:
    store, run = family
    draft = forks.fork_of(store, run, 2)
    history = History.of(store.read(run)[0])
    for best, warned in ((1, True), (2, True), (3, False), (None, False)):
        history.ended = replace(history.ended, best_epoch=best)
        note = fork_notes.note_on_result(history, draft)
        assert (note is not None) is warned
        assert fork_notes.note_on_result(history, draft.unforked) is None


def test_the_chart_of_a_fork_marks_where_it_begins(family: tuple[Store, str]) -> None:
    store, run = family
    draft = forks.fork_of(store, run, 2)
    for fork, at in ((draft.fork, [6]), (None, []), (forks.fork_of(store, run, 0).fork, [])):
        history = History((), fork)
        history.add(store.read(run)[0])
        marks = [m["at"] for m in history.facts()["marks"] if m["part"] == "changed"]
        assert [mark["step"] for mark in marks] == at
        assert all(mark["epoch"] == 2 and mark["seconds"] > 0 for mark in marks)
