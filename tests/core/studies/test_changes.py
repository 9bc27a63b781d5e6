"""Changes of an experiment: what can be left out and added, and that nothing else differs."""

import pytest

from core.base.encoding import build, change, decode, encode
from core.base.errors import BadExperiment
from core.data.load import load
from core.experiment import NAME_LENGTH, Experiment
from core.network.chains import walk_layers
from core.network.extra_layers import extra_layers
from core.network.layers import (
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    GroupNorm,
    Linear,
    Output,
    ReLU,
    Residual,
)
from core.studies.changes import FAMILIES, GROUPS, SetTo, Unchanged, With, Without, removals
from core.studies.draft_studies import (
    compare_changes,
    effects,
    learning_curve,
    multi_start,
    rebase,
)
from core.studies.possible_changes import added, left_out, parse_change, possible_changes
from core.studies.study import Study
from core.training.loop import train
from core.training.setup import Setup
from core.weights.fork import Fork

NETWORK = [
    {"kind": "conv2d", "maps": 4, "kernel": 3, "padding": 1},
    {"kind": "batch_norm"},
    {"kind": "relu"},
    {"kind": "flatten"},
    {"kind": "linear", "units": 8},
    {"kind": "relu"},
    {"kind": "dropout"},
    {"kind": "output"},
]
FULL = build(
    Experiment,
    {
        "network": NETWORK,
        "epochs": 1,
        "device": "cpu",
        "label_noise": {"share": 0.1},
        "augmentations": [{"kind": "crop", "padding": 1}, "noise"],
        "regularizers": ["weight_decay", "ema"],
        "stopping": ["patience"],
    },
)


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    return FULL.data.facts(tmp_path_factory.mktemp("home"))


def test_everything_that_an_experiment_has_can_be_left_out() -> None:
    assert set(removals(FULL)) == {
        "batch_norm", "dropout", "normalization", "crop", "noise", "augmentation", "weight_decay",
        "ema", "regularizer", "patience", "stopping", "schedule", "label_noise",
    }  # fmt: skip
    assert set(GROUPS) - set(removals(FULL)) == {"start"}
    bare = FULL
    for part in removals(FULL):
        if part in removals(bare):
            bare = Without(without=part).apply(bare)
    assert removals(bare) == {} and extra_layers(bare.network) == ()
    assert bare.optimizer.weight_decay == 0 and bare.schedule.kind == "constant"


def test_every_possible_change_differs_in_its_own_field_only(facts) -> None:
    changes = possible_changes(FULL, [*left_out(FULL), *added(FULL)], facts)
    assert len({one.title for one in changes}) == len(changes) > 50
    plain = FULL.model_dump()
    for one in changes:
        changed = one.apply(FULL)
        assert changed.name == " ".join(one.title[:NAME_LENGTH].split())  # as every name
        different = {name for name, value in changed.model_dump().items() if value != plain[name]}
        fields = (
            {FAMILIES[one.family].field}
            if isinstance(one, With)
            else {"network", "optimizer", *(f.field for f in FAMILIES.values()), "label_noise"}
        )
        assert different - {"name"} <= fields and different - {"name"}, one.title
        assert len(different - {"name"}) == 1 or one == Without(without="weight_decay")


def test_kinds_that_can_be_left_out_are_unique() -> None:
    kinds = [
        kind
        for name, family in FAMILIES.items()
        if family.is_list
        for kind in family.choices.members
    ]
    kinds += [kind for kind in FAMILIES["layer"].choices.members if kind in ("dropout",)]
    assert len(set(kinds)) == len(kinds)
    assert not set(kinds) & set(GROUPS) - {"weight_decay"}


def test_extra_layers_are_inserted_where_they_are_usual_and_also_inside_blocks() -> None:
    block = Residual(layers=(Conv2d(), ReLU(), Conv2d()))
    layers = (Conv2d(), ReLU(), block, Flatten(), Linear(), ReLU(), Output())
    bare = Experiment(network=layers)
    normalized = With(family="layer", choice="batch_norm").apply(bare)
    assert [type(layer) for layer in walk_layers(normalized.network)] == [
        Conv2d, BatchNorm, ReLU, Residual, Conv2d, BatchNorm, ReLU, Conv2d, Flatten, Linear,
        BatchNorm, ReLU, Output,
    ]  # fmt: skip
    other = With(family="layer", choice={"kind": "group_norm", "groups": 2}).apply(normalized)
    assert extra_layers(other.network) == (GroupNorm,)
    assert Without(without="normalization").apply(other).network == layers
    dropped = With(family="layer", choice={"kind": "dropout", "p": 0.2}).apply(bare)
    assert [type(layer) for layer in dropped.network] == [
        Conv2d, ReLU, Residual, Flatten, Dropout, Linear, ReLU, Dropout, Output,
    ]  # fmt: skip
    assert Without(without="dropout").apply(dropped).network == layers


@pytest.mark.parametrize(
    ("text", "remove", "expected"),
    [
        ("dropout", True, Without(without="dropout")),
        ("flip", False, With(family="augmentation", choice="flip")),
        ("augmentation=flip", False, With(family="augmentation", choice="flip")),
        (
            'optimizer={"kind":"sgd","learning_rate":0.1}',
            False,
            With(family="optimizer", choice={"kind": "sgd", "learning_rate": 0.1}),
        ),
        ("label_noise.share=0.2", False, SetTo(path="label_noise.share", value=0.2)),
        ("epochs=9", False, SetTo(path="epochs", value=9)),
    ],
)
def test_a_change_is_read_from_its_text_and_survives_its_json(text, remove, expected) -> None:
    one = parse_change(text, remove=remove)
    assert one == expected
    study = compare_changes(FULL, [one])
    assert decode(Study, encode(study)) == study
    assert study.comparison.values == (Unchanged(), one)


@pytest.mark.parametrize(
    ("text", "remove", "code"),
    [
        ("cutmix", True, "nothing_to_remove"),
        ("linear", False, "ambiguous_choice"),
        ("nothing", False, "unknown_choice"),
        ("augmentation", False, "kind_missing"),
        ("layer=relu", False, "layer_not_insertable"),
        ("optimizer=nothing", False, "unknown_kind"),
        ("seeds.order=3", False, "path_not_compared"),
        ("network.1.nothing=3", False, "unknown_path"),
        ("epochs=1", False, "nothing_to_change"),
        ("epochs=0", False, "greater_than_equal"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_its_code(text, remove, code) -> None:
    with pytest.raises(BadExperiment) as refused:
        compare_changes(FULL, [parse_change(text, remove=remove)])
    assert refused.value.code == code


def test_a_comparison_needs_changes_that_differ_and_no_other_axis() -> None:
    flip = With(family="augmentation", choice="flip")
    study = compare_changes(FULL, [flip])
    samples = {"kind": "samples", "values": [0.5]}
    for changed, code in (
        (lambda: compare_changes(FULL, []), "no_change"),
        (lambda: compare_changes(FULL, [flip, flip]), "duplicate_change"),
        (lambda: change(study, "axes", [*study.model_dump(mode="json")["axes"], samples]),
         "comparison_alone"),
        (lambda: change(study, "method", "random_features"), "comparison_alone"),
    ):  # fmt: skip
        with pytest.raises(BadExperiment) as refused:
            changed()
        assert refused.value.code == code


def test_the_axis_reads_back_the_title_of_the_change_it_makes() -> None:
    study = effects(FULL, repeats=2)
    axis, read = study.comparison, []
    for seed in range(2):
        base = change(FULL, "seeds.initialization", seed)
        for one in axis.values:
            experiment = axis.apply(base, one)
            assert study.coordinates(experiment) == {"changes": one.title, "seed": seed}
            assert axis.find(axis.read(experiment)) == one
            read.append(one)
    assert len(read) == 2 * len(axis.values) == study.size


def test_the_set_of_the_comparison_is_the_validation_set_where_there_is_one() -> None:
    assert effects(FULL).comparison.measured_on == "validation"
    assert effects(change(FULL, "split.validation", 0)).comparison.measured_on == "test"
    assert effects(FULL).repeats == 5


@pytest.mark.parametrize(
    "one",
    [
        Without(without="dropout"),
        Without(without="batch_norm"),
        Without(without="augmentation"),
        Without(without="weight_decay"),
        With(family="layer", choice="layer_norm"),
        With(family="optimizer", choice="sgd"),
        With(family="initializer", choice="xavier"),
        With(family="schedule", choice="constant"),
    ],
    ids=lambda one: one.title,
)
def test_both_members_of_a_pair_see_the_same_batches_and_begin_with_the_same_weights(
    one, tmp_path_factory, monkeypatch
) -> None:
    data = load(FULL.data, tmp_path_factory.getbasetemp())
    batches: list[list[list[int]]] = []
    original = Setup.batch
    monkeypatch.setattr(
        Setup,
        "batch",
        lambda self, rows: (batches[-1].append(rows.tolist()), original(self, rows))[1],
    )
    weights, rows = [], []
    base = change(change(FULL, "epochs", 2), "split.fraction", 0.2)
    for experiment in (base, one.apply(base)):
        training = train(experiment, data)
        weights.append(training.setup.weights())
        rows.append(training.setup.rows)
        batches.append([])
        list(training)
    assert batches[0] == batches[1] and len(batches[0]) == 2 * training.setup.epoch_steps
    for part in ("train", "validation", "test"):
        assert getattr(rows[0], part).tolist() == getattr(rows[1], part).tolist()
    names = [name for name in weights[0] if name.startswith(("conv", "linear", "output"))]
    assert len(names) == 6
    equal = [bool((weights[0][name] == weights[1][name]).all()) for name in names]
    assert all(equal) != (one == With(family="initializer", choice="xavier"))


def test_a_comparison_follows_its_draft_with_the_changes_that_it_allows() -> None:
    study = change(effects(FULL, repeats=2), "axes.0.measured_on", "test")
    assert rebase(study, change(FULL, "name", "another")) == study
    bare = Without(without="dropout").apply(FULL)
    rebased = rebase(study, bare)
    assert rebased.base == bare and rebased.name == study.name
    assert (rebased.repeats, rebased.comparison.measured_on) == (2, "test")
    kept = [one for one in study.comparison.changes if one != Without(without="dropout")]
    assert list(rebased.comparison.changes) == kept
    only = rebase(compare_changes(FULL, [Without(without="dropout")]), bare)
    assert With(family="layer", choice="dropout") in only.comparison.changes


def test_a_study_of_a_fork_trains_from_the_beginning() -> None:
    fork = Fork(run="20260101-000000-aaaaaa", epoch=1, step=40)
    forked = FULL.model_copy(update={"epochs": 3, "fork": fork})
    for study in (effects(forked), learning_curve(forked), multi_start(forked)):
        assert study.base == forked.model_copy(update={"fork": None})
    assert rebase(effects(FULL), forked).base.fork is None
