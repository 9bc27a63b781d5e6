"""adapt: settings that cannot work on the new data are replaced; all others stay unchanged."""

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
from core.weights.fork import Fork

HOME = Path("/nowhere")
READY = [cls() for cls in DataSet.members.values() if cls.is_ready_made()]
PLAIN = Experiment()  # a small convolutional net on digits


def facts(data: DataSet) -> Facts:
    return data.facts(HOME)


@pytest.mark.parametrize("data", READY, ids=lambda data: data.kind)
@pytest.mark.parametrize("name", shipped())
def test_every_shipped_experiment_can_train_on_every_ready_set(name, data):
    first = shipped()[name]
    new, found = adapt(first, facts(data))
    check(new.network, facts(data).shape, facts(data).outputs)
    assert new.loss.misfit(facts(data).classes) is None
    assert adapt(new, facts(data)) == (new, ())
    assert decode(Experiment, encode(new)) == new
    changed = {f for f in type(new).model_fields if getattr(new, f) != getattr(first, f)}
    replaced = {"loss", "network", "start", "normalization", "augmentations", "label_noise"}
    if "network" in changed:
        changed -= {"start"}  # trained weights go with their network
    assert changed <= replaced and len(found) == len(changed)
    assert len({one.code for one in found}) == len(found)
    assert all(one.level == "info" and one.text.endswith(".") and one.evidence for one in found)


@pytest.mark.parametrize("data", [Digits(), Digits(size=28), MNIST(), CIFAR10()])
@pytest.mark.parametrize("name", ["digits", "digits-by-heart", "mnist-mlp", "digits-too-fast"])
def test_settings_that_work_stay_unchanged(name, data):
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
    new, found = adapt(PLAIN.model_copy(update={"network": wrong}), Facts(shape, ("a", "b"), 9))
    assert new.network == preset.layers(shape) and found[0].code == "network_replaced"
    assert found[0].evidence == {"preset": preset.kind, "shape": list(shape)}
    assert preset.label in found[0].text and "(pool" in found[0].text


def test_the_text_names_the_layer_and_the_data():
    text = adapt(PLAIN, facts(Spirals()))[1][0].text
    assert all(part in text for part in (Points.label, "layer 1 (conv1)", "rows of 2 numbers"))
    rows = PLAIN.model_copy(update={"network": Points().layers((2,))})
    text = adapt(rows, facts(MNIST()))[1][0].text
    assert all(part in text for part in ("layer 1 (linear1)", "images of 1 × 28 × 28"))


def test_a_network_with_the_wrong_number_of_outputs_is_replaced():
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


def test_regression_data_uses_squared_error_and_classes_after_it_cross_entropy():
    values, found = adapt(PLAIN, facts(Sine()))
    assert values.loss == MSE() and found[0].code == "loss_for_values"
    assert found[0].evidence == {"loss": "mse"} and MSE.label in found[0].text
    back, found = adapt(values, facts(Spirals()), before=facts(Sine()))
    assert back.loss == CrossEntropy() and found[0].code == "loss_for_classes"
    assert found[0].evidence == {"loss": "cross_entropy"} and CrossEntropy.label in found[0].text


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
def test_rows_are_scaled_column_by_column_and_images_as_before(given, on_columns):
    e = PLAIN.model_copy(update={"normalization": given})
    assert adapt(e, facts(Spirals()))[0].normalization == on_columns
    assert adapt(e, facts(MNIST()))[0].normalization == given


def test_a_single_column_needs_no_separate_scale():
    assert adapt(PLAIN, facts(Sine()))[0].normalization == Standardize()


@pytest.mark.parametrize("kind", Preset.members)
def test_a_preset_for_images_refuses_rows(kind):
    preset = Preset.pick(kind)
    assert preset.misfit((1, 8, 8)) is None
    if any(fact.misfit for fact in trace(preset.layers((2,)), (2,), 3)):
        misfit = preset.misfit((2,))
        assert (misfit.code, misfit.evidence) == ("preset_needs_images", {"shape": [2]})
        assert preset.label in misfit.text and Points.label in misfit.text
        assert "rows of 2 numbers." in misfit.text
        assert "rows of 1 number." in preset.misfit((1,)).text
    else:
        assert preset.misfit((2,)) is None


def test_augmentations_that_fit_stay_and_the_others_are_removed_with_one_finding():
    chosen = PLAIN.model_copy(update={"augmentations": (Crop(), Noise(), CutMix())})
    assert adapt(chosen, facts(Digits(size=28))) == (chosen, ())
    new, found = adapt(chosen, facts(Spirals()))
    assert new.augmentations == (Noise(),)
    removed = {one.code: one for one in found}["augmentations_removed"]
    assert removed.evidence == {"kinds": ["crop", "cutmix"]}
    assert all(label in removed.text for label in (Crop.label, CutMix.label))
    tiny = Facts((1, 3, 3), ("a", "b"), 50)
    new, found = adapt(chosen, tiny)
    assert new.augmentations == (Noise(), CutMix())
    assert {one.code: one.evidence for one in found}["augmentations_removed"] == {"kinds": ["crop"]}


def test_settings_that_need_classes_are_turned_off_for_values():
    chosen = PLAIN.model_copy(update={"label_noise": LabelNoise(share=0.2), "sampling": Balanced()})
    assert adapt(chosen, facts(Spirals()))[0].label_noise.share == 0.2
    new, found = adapt(chosen, facts(Sine()))
    assert (new.label_noise.share, new.sampling) == (0.0, Shuffle())
    assert new.misfit(facts(Sine()).shape, ()) is None
    evidence = {one.code: one.evidence for one in found}
    assert evidence["label_noise_removed"] == {"classes": 0}
    assert evidence["sampling_replaced"] == {"kind": "balanced"}


def test_a_fork_is_dropped_with_its_data() -> None:
    fork = Fork(run="20260101-000000-abcdef", epoch=3, step=9)
    adapted, findings = adapt(
        shipped()["digits"].model_copy(update={"fork": fork}), facts(Digits())
    )
    assert adapted.fork is None
    assert [finding.code for finding in findings] == ["fork_dropped"]
