"""adapt: what cannot work on the new data is replaced and told; what works stays untouched."""

from pathlib import Path

import pytest

from core.advice.adapt import adapt
from core.base.encoding import decode, encode
from core.data.augmentations import Crop, CutMix, Noise
from core.data.dataset import Facts
from core.data.datasets import CIFAR10, MNIST, DataSet, Digits, Sine, Spirals
from core.data.label_noise import LabelNoise
from core.data.normalization import Fixed, MinMax, Raw, Standardize, Unit
from core.data.sampling import Balanced, Shuffle
from core.experiment import Experiment, shipped
from core.losses import MSE, CrossEntropy
from core.network.activations import ReLU
from core.network.build import check, trace
from core.network.layers import Flatten, Linear, MaxPool, Output
from core.network.presets import MLP, LeNet, Points, Preset, Small

HOME = Path("/nowhere")
READY = [cls() for cls in DataSet.members.values() if "digest" not in cls.model_fields]
PLAIN = Experiment()  # a small convolutional net on digits


def facts(data: DataSet) -> Facts:
    return data.facts(HOME)


@pytest.mark.parametrize("data", READY, ids=lambda data: data.kind)
@pytest.mark.parametrize("name", shipped())
def test_every_shipped_experiment_can_train_on_every_ready_set(name, data):
    first = shipped()[name]
    new, told = adapt(first, facts(data))
    check(new.network, facts(data).shape, facts(data).outputs)
    assert new.loss.problem(facts(data).classes) is None
    assert adapt(new, facts(data)) == (new, ())
    assert decode(Experiment, encode(new)) == new
    changed = {f for f in type(new).model_fields if getattr(new, f) != getattr(first, f)}
    replaced = {"loss", "network", "normalization", "augmentations", "label_noise"}
    assert changed <= replaced and len(told) == len(changed)
    for said in told:
        assert said.endswith(".") and ". " not in said and "\n" not in said


@pytest.mark.parametrize("data", [Digits(), Digits(size=28), MNIST(), CIFAR10()])
@pytest.mark.parametrize("name", ["digits", "digits-by-heart", "mnist-mlp", "digits-too-fast"])
def test_what_works_stays_untouched(name, data):
    assert adapt(shipped()[name], facts(data)) == (shipped()[name], ())


@pytest.mark.parametrize(
    ("shape", "preset"),
    [
        ((1, 28, 28), LeNet()),
        ((3, 32, 32), LeNet()),
        ((1, 40, 27), Small()),
        ((1, 8, 8), Small()),
        ((1, 2, 2), MLP()),
        ((7,), Points()),
    ],
)
def test_a_network_that_does_not_fit_becomes_the_preset_that_does(shape, preset):
    wrong = (MaxPool(size=16), MaxPool(size=16), Flatten(), Output())
    new, told = adapt(PLAIN.model_copy(update={"network": wrong}), Facts(shape, ("a", "b"), 9))
    assert new.network == preset.layers(shape)
    assert f"{preset.label} is the network now" in told[0] and ", pool" in told[0]


def test_the_sentence_names_the_layer_and_the_data():
    assert adapt(PLAIN, facts(Spirals()))[1][0] == (
        "MLP, 64-64 is the network now: layer 1, conv1, of the other one does not fit rows of 2 "
        "numbers."
    )
    rows = PLAIN.model_copy(update={"network": Points().layers((2,))})
    assert (
        "layer 1, linear1, of the other one does not fit pictures of 1 × 28 × 28"
        in (adapt(rows, facts(MNIST()))[1][0])
    )


def test_an_end_with_the_wrong_number_of_values_does_not_fit():
    ten = (Flatten(), Linear(units=10))
    e = PLAIN.model_copy(update={"network": ten})
    assert adapt(e, facts(Digits()))[0].network == ten
    assert adapt(e, facts(Spirals()))[0].network == Points().layers((2,))


def test_a_network_that_works_on_rows_stays():
    own = (Linear(units=3), ReLU(), Output())
    e = PLAIN.model_copy(update={"network": own, "normalization": Standardize(per="channel")})
    assert adapt(e, facts(Spirals())) == (e, ())
    there, _ = adapt(PLAIN, facts(Sine()))
    assert adapt(there, facts(Spirals()))[0].network == there.network


def test_values_take_the_squared_error_and_classes_after_them_cross_entropy():
    values, told = adapt(PLAIN, facts(Sine()))
    assert values.loss == MSE() and told[0].startswith("Squared error is the loss now")
    back, told = adapt(values, facts(Spirals()), before=facts(Sine()))
    assert back.loss == CrossEntropy() and told[0].startswith("Cross-entropy is the loss now")


@pytest.mark.parametrize("before", [None, facts(Digits())])
def test_a_squared_error_that_was_chosen_for_classes_stays(before):
    e = PLAIN.model_copy(update={"loss": MSE()})
    assert adapt(e, facts(Digits(size=28)), before=before)[0].loss == MSE()
    assert adapt(e, facts(Sine()), before=before)[0].loss == MSE()


COLUMNS = Standardize(per="channel")


@pytest.mark.parametrize(
    ("given", "on_columns"),
    [
        (Standardize(), COLUMNS),
        (Unit(), COLUMNS),
        (Fixed(), COLUMNS),
        (MinMax(low=-1), MinMax(low=-1, per="channel")),
        (MinMax(per="pixel"), MinMax(per="pixel")),
        (COLUMNS, COLUMNS),
        (Raw(), Raw()),
    ],
)
def test_rows_are_scaled_column_by_column_and_pictures_as_before(given, on_columns):
    e = PLAIN.model_copy(update={"normalization": given})
    assert adapt(e, facts(Spirals()))[0].normalization == on_columns
    assert adapt(e, facts(MNIST()))[0].normalization == given


def test_one_column_needs_no_scale_of_its_own():
    assert adapt(PLAIN, facts(Sine()))[0].normalization == Standardize()


@pytest.mark.parametrize("kind", Preset.members)
def test_a_preset_for_pictures_says_so_to_rows(kind):
    preset = Preset.pick(kind)
    assert preset.problem((1, 8, 8)) is None
    if any(fact.problem for fact in trace(preset.layers((2,)), (2,), 3)):
        said = preset.problem((2,))
        assert said.startswith(f"{preset.label} is made for pictures") and "MLP, 64-64" in said
        assert "rows of 2 numbers:" in said and "rows of 1 number:" in preset.problem((1,))
    else:
        assert preset.problem((2,)) is None


def test_augmentations_that_fit_stay_and_the_others_go_in_one_sentence():
    chosen = PLAIN.model_copy(update={"augmentations": (Crop(), Noise(), CutMix())})
    assert adapt(chosen, facts(Digits(size=28))) == (chosen, ())
    new, told = adapt(chosen, facts(Spirals()))
    assert new.augmentations == (Noise(),)
    assert "Crop and CutMix are off now: rows of numbers are no pictures for them." in told
    tiny = Facts((1, 3, 3), ("a", "b"), 50)
    new, told = adapt(chosen, tiny)
    assert new.augmentations == (Noise(), CutMix())
    assert "Crop is off now: pictures are too small for it." in told


def test_what_wants_classes_goes_with_them():
    chosen = PLAIN.model_copy(update={"label_noise": LabelNoise(share=0.2), "sampling": Balanced()})
    assert adapt(chosen, facts(Spirals()))[0].label_noise.share == 0.2
    new, told = adapt(chosen, facts(Sine()))
    assert (new.label_noise.share, new.sampling) == (0.0, Shuffle())
    assert new.problem(facts(Sine()).shape, ()) is None
    assert "Label noise is off now: it swaps classes, and this data has values." in told
    assert "Class-balanced sampling is off now: this data has values and no classes." in told
