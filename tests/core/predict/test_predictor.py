"""Answers are those of `evaluate`; inputs unlike the training set are recognized."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from core.__main__ import main
from core.analysis.inside.familiarity import Familiarity, Reference
from core.analysis.results import ask
from core.analysis.trained import TrainedRun
from core.base.errors import BadInput, NotFound
from core.predict import predictor as module
from core.predict.predictor import Predictor, open_predictor
from core.runs.store import Store
from tests.core.analysis.conftest import answer
from tests.core.predict.conftest import Drawing, answers

SHARED = Path(__file__).parents[4] / "shared" / "data"
LETTERS = "ABCEFGHJKMNPQRTUVWXYabdefhkmnrtwy&@#%?"


def letters() -> list[np.ndarray]:
    """Letters as drawings (280, 280), in the font that Pillow contains."""
    font, drawn = ImageFont.load_default(150), []
    for letter in LETTERS:
        pad = Image.new("L", (280, 280))
        ImageDraw.Draw(pad).text((60, 40), letter, font=font, fill=255)
        drawn.append(np.asarray(pad) / 255)
    return drawn


def unfamiliar(predictor: Predictor, images: np.ndarray) -> float:
    """The fraction of images that are unlike anything in the training set."""
    return float(np.mean([p.is_unfamiliar for p in predictor.predict(images)]))


def test_answers_for_the_test_set_equal_those_of_evaluate(digits_run, predictor):
    count = predictor.count("test")
    found = predictor.predict(predictor.samples("test", range(count)))
    outputs = digits_run.outputs("test")
    assert np.array_equal(found.scores, outputs.scores)
    assert np.array_equal([p.answer for p in found], outputs.predicted)
    assert np.array_equal(found.probabilities, outputs.probabilities)
    assert np.array_equal(predictor.targets("test", range(count)), outputs.targets)
    first = found[0]
    assert first.probability == max(first.probabilities) and first.top[0] == first.answer
    assert list(first.top) == np.argsort(outputs.scores[0])[::-1][:3].tolist()


def test_many_inputs_are_answered_in_blocks_between_which_others_get_their_answers(
    predictor, monkeypatch
):
    inputs = predictor.samples("test", range(90))
    whole = predictor.predict(inputs)
    monkeypatch.setattr(module, "BLOCK", 32)
    seen = []

    def report(done: float) -> None:
        with ThreadPoolExecutor() as pool:  # the lock of the network is free for another thread
            other = pool.submit(predictor.predict, inputs[:1]).result(60)
        seen.append((done, other.scores.shape))

    blocks = predictor.predict(inputs, progress=report)
    assert seen == [(32 / 90, (1, 10)), (64 / 90, (1, 10)), (1.0, (1, 10))]
    np.testing.assert_allclose(blocks.scores, whole.scores, rtol=1e-5, atol=1e-5)
    assert np.array_equal(blocks.nearest, whole.nearest) and len(blocks.distances) == 90


def test_progress_stops_a_prediction(predictor, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 8)
    inputs, calls = predictor.samples("test", range(40)), []

    def stop(done: float) -> None:
        calls.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predictor.predict(inputs, progress=stop)
    assert len(calls) == 1 and len(predictor.predict(inputs)) == 40


@pytest.mark.parametrize("run", ["values_run", "sine_run", "table_run", "spirals_run"])
def test_answers_of_tables_equal_those_of_evaluate(run, request, monkeypatch):
    monkeypatch.setattr(Reference, "open", lambda *_: None)  # which another test may have computed
    trained = request.getfixturevalue(run)
    predictor, part = Predictor(trained), trained.held_out
    found = predictor.predict(predictor.samples(part, range(predictor.count(part))))
    outputs = trained.outputs(part)
    assert np.array_equal(found.scores, outputs.scores)
    assert np.array_equal([p.answer for p in found], outputs.predicted)
    assert not predictor.can_draw and not predictor.is_compared
    assert found[0].is_unfamiliar is None and found[0].nearest == ()


@pytest.mark.parametrize(("dx", "dy"), [(6, 0), (-6, 6), (0, -6)])
def test_a_moved_drawing_gets_the_same_answer(predictor, drawings, dx, dy):
    inks = [np.pad(drawing.ink, 10) for drawing in drawings]
    moved = [np.roll(ink, (dy, dx), (0, 1)) for ink in inks]
    assert answers(predictor, moved) == answers(predictor, inks)


def test_drawings_are_read_by_a_network_that_was_trained_on_images_of_8_by_8_pixels(
    predictor, drawings
):
    right = [
        a == d.digit for a, d in zip(answers(predictor, inks(drawings)), drawings, strict=True)
    ]
    assert sum(right) >= 18


def inks(drawings: list[Drawing]) -> list[np.ndarray]:
    return [drawing.ink for drawing in drawings]


# --- familiarity


def test_noise_is_unlike_the_training_set_and_digits_are_not(predictor):
    noise = np.random.default_rng(0).integers(0, 256, (200, *predictor.shape)).astype(np.float32)
    assert unfamiliar(predictor, noise) == 1
    digits = predictor.samples("test", range(predictor.count("test")))
    assert unfamiliar(predictor, digits) <= 0.05
    placed = np.stack([predictor.form.prepare_drawing(letter).pixels for letter in letters()])
    assert unfamiliar(predictor, placed) > 0.5


def test_the_distance_is_the_mean_of_those_to_the_nearest_training_samples():
    hidden = np.array([[0, 0], [3, 4], [6, 8], [0, 1], [100, 0]], np.float32)
    rows, distances = Reference(hidden).nearest(np.array([[0, 0]], np.float32))
    assert rows.tolist() == [[0, 3, 1]] and distances.tolist() == [[0, 1, 5]]
    rows, distances = Reference(hidden, every=7).nearest(hidden[:1], np.array([0]))
    assert rows.tolist() == [[21, 7, 14]] and distances.tolist() == [[1, 5, 10]]
    rows, _ = Reference(hidden[:2]).nearest(hidden[:1], np.array([0]))
    assert rows.tolist() == [[1]]


def test_candidates_in_float32_do_not_change_the_nearest_samples():
    draw = np.random.default_rng(2)
    hidden = (draw.normal(size=(500, 40)) + 300).astype(np.float32)
    queries = (draw.normal(size=(30, 40)) + 300).astype(np.float32)
    rows, distances = Reference(hidden).nearest(queries)
    exact = np.linalg.norm(queries.astype(float)[:, None] - hidden.astype(float), axis=2)
    assert np.array_equal(rows, np.argsort(exact, axis=1)[:, :3])
    np.testing.assert_allclose(distances, np.sort(exact, axis=1)[:, :3], rtol=1e-12)


def test_the_threshold_is_a_quantile_of_validation_samples(digits_run, predictor):
    result = ask(digits_run, Familiarity())
    assert result["part"] == "validation" and result["samples"] == predictor.count("validation")
    known = predictor.predict(
        predictor.samples("validation", range(predictor.count("validation")))
    ).distances.mean(1)
    assert result["threshold"] == pytest.approx(np.quantile(known, 0.98))
    assert np.mean(known > result["threshold"]) == pytest.approx(0.02, abs=0.005)


def test_without_enough_validation_samples_training_samples_are_compared(values_run):
    result = answer(Familiarity(), values_run)
    assert result["part"] == "train" and result["samples"] == len(values_run.setup.train)
    assert result["threshold"] > result["median"] > 0
    assert all(Familiarity().lines(result))


def test_the_nearest_training_samples_are_those_of_the_answer(predictor):
    found = predictor.predict(predictor.samples("train", [17, 900]))
    assert [p.nearest[0] for p in found] == [17, 900]
    assert max(p.distances[0] for p in found) < 1e-3
    assert predictor.samples("train", found[0].nearest).shape == (3, *predictor.shape)


def test_a_representation_that_is_gone_is_computed_again(digits_run, predictor):
    folder = digits_run.store.path(digits_run.run, "analysis")
    (path,) = folder.glob("familiarity-*.npy")
    content = path.read_bytes()
    for damage in (path.unlink, lambda: path.write_bytes(content[:300])):
        damage()
        assert not Predictor(digits_run).is_compared
        ask(digits_run, Familiarity())
        assert path.read_bytes() == content and Predictor(digits_run).is_compared


# --- saliency


@pytest.mark.parametrize("target", [0, 7])
def test_saliency_adds_up_to_the_difference_from_an_empty_image(predictor, target):
    image = predictor.samples("test", [3])
    empty = np.zeros_like(image)
    scores = predictor.predict(np.concatenate([image, empty])).scores[:, target]
    found = predictor.saliency(image, target)
    assert found.shape == predictor.shape[1:]
    assert found.sum() == pytest.approx(scores[0] - scores[1], rel=0.02, abs=0.02)


def test_saliency_of_a_value_has_its_unit(values_run):
    predictor = Predictor(values_run)
    row = predictor.samples("train", [0])
    assert predictor.saliency(row).shape == (3,)
    assert np.abs(predictor.saliency(row)).max() > 100


# --- what can go wrong, and what stays in memory


def test_inputs_of_another_shape_are_refused(predictor):
    for inputs in (np.zeros((1, 1, 9, 8)), np.zeros((0, *predictor.shape))):
        with pytest.raises(BadInput) as caught:
            predictor.predict(inputs)
        assert caught.value.code == "shape_differs"


def test_a_run_stays_in_memory_until_others_are_used(digits_run, values_run, monkeypatch):
    monkeypatch.setattr(module, "HELD", 1)
    first = open_predictor(digits_run.store, digits_run.run)
    assert open_predictor(digits_run.store, digits_run.run) is first
    open_predictor(values_run.store, values_run.run)
    assert len(module._held) == 1
    assert open_predictor(digits_run.store, digits_run.run) is not first


def test_an_unknown_run_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        open_predictor(Store(tmp_path), "20260101-000000-abcdef")


# --- MNIST


@pytest.mark.realdata
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_drawings_are_read_by_the_ready_made_experiment_for_mnist(
    tmp_path, monkeypatch, drawings, capsys
):
    """An eighth of the training set is enough."""
    monkeypatch.setenv("LAB_TORCHVISION", str(SHARED))
    command = ["train", "mnist-best", "--home", str(tmp_path), "--device", "cpu", "--json"]
    assert main([*command, "--epochs", "2", "--set", "split.fraction=0.125"]) == 0
    run = json.loads(capsys.readouterr().out.splitlines()[-1])["run"]
    trained = TrainedRun(Store(tmp_path), run)
    ask(trained, Familiarity())
    predictor = Predictor(trained)
    own = answers(predictor, inks(drawings))
    assert sum(a == d.digit for a, d in zip(own, drawings, strict=True)) >= 18
    assert answers(predictor, [np.roll(np.pad(i, 10), 6, 1) for i in inks(drawings)]) == own
    assert (predictor.form.ink.side, predictor.form.ink.anchor) == (20, "mass")
    digits = predictor.samples("test", range(1000))
    assert 0.005 <= unfamiliar(predictor, digits) <= 0.05
    noise = np.random.default_rng(0).integers(0, 256, (100, *predictor.shape)).astype(np.float32)
    assert unfamiliar(predictor, noise) == 1
    placed = np.stack([predictor.form.prepare_drawing(letter).pixels for letter in letters()])
    assert unfamiliar(predictor, placed) > 0.5
