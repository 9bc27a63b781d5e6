"""Corrected datasets: labels and dropped rows change, and nothing else moves."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch

from core.base.encoding import change, decode, encode, from_link, to_link
from core.base.errors import BadData, BadExperiment
from core.data.datasets import Corrected, DataSet, Digits, Sine, Spreadsheets, correct
from core.data.label_noise import LabelNoise
from core.data.library import Library
from core.data.load import load
from core.data.split import Split
from core.experiment import Experiment
from core.export.archive import pack
from core.export.opening import open_archive
from core.export.samples import archive
from core.runs.compare import differences
from core.runs.store import Store
from core.training.checks import part_sizes
from core.training.setup import Setup
from tests.conftest import ROOT

HOME = Path("nowhere")


def parts_of(data: DataSet, split: Split, home: Path = HOME) -> dict[str, set[int]]:
    parts = split.parts_of(load(data, home))
    return {name: set(getattr(parts, name).tolist()) for name in ("train", "validation", "test")}


@pytest.mark.parametrize("noise", [0.0, 0.2])
@pytest.mark.parametrize(
    "split", [Split(), Split(stratified=False, seed=3), Split(fraction=0.3)], ids=repr
)
def test_no_sample_moves_and_no_other_label_changes(split: Split, noise: float) -> None:
    """The rows of every class change, so a split drawn anew would deal other rows."""
    plain = Experiment(split=split, label_noise=LabelNoise(share=noise), device="cpu")
    before, data = parts_of(plain.data, split), load(plain.data, HOME)
    train = sorted(before["train"])
    relabel = {row: int(data.targets[row] + 1) % 10 for row in train[:40]}
    drop = train[40:60]
    fixed = plain.model_copy(update={"data": correct(plain.data, relabel=relabel, drop=drop)})
    after = parts_of(fixed.data, split)
    assert after == before | {"train": before["train"] - set(drop)}
    old, new = (Setup(e, load(e.data, HOME), None) for e in (plain, fixed))
    labels = dict(zip(old.rows.train.tolist(), old.train.targets.tolist(), strict=True))
    expected = {row: label for row, label in (labels | relabel).items() if row not in drop}
    assert dict(zip(new.rows.train.tolist(), new.train.targets.tolist(), strict=True)) == expected
    assert torch.equal(old.validation.targets, new.validation.targets)
    assert torch.equal(old.test.inputs, new.test.inputs)
    if split.fraction == 1:
        sizes = (len(new.train), len(new.validation), len(new.test))
        assert part_sizes(fixed, fixed.data.facts(HOME)) == sizes
    assert fixed.data.facts(HOME) == load(fixed.data, HOME).facts


def test_a_label_that_is_confirmed_is_exempt_from_label_noise() -> None:
    data = load(Digits(), HOME)
    noise, split = LabelNoise(share=0.1), Split()
    _, changed = noise.apply_to(data, split.parts_of(data))
    right = {int(row): int(data.targets[row]) for row in changed[:5]}
    fixed = load(correct(Digits(), relabel=right), HOME)
    targets, still = noise.apply_to(fixed, split.parts_of(fixed))
    assert still.tolist() == changed[5:].tolist()
    assert np.array_equal(targets[changed[:5]], data.targets[changed[:5]])


def test_corrections_are_collected_over_one_dataset_and_later_ones_win() -> None:
    first = correct(Digits(), relabel={5: 1, 2: 3}, drop=[7, 9])
    second = correct(first, relabel={7: 4, 5: 2}, drop=[2])
    assert second == Corrected(base=Digits(), relabeled=((5, 2), (7, 4)), dropped=(2, 9))
    assert second.uncorrected == Digits() == Digits().uncorrected
    assert correct(Digits()) == Digits()
    assert first.summary == "Digits 8×8, 2 labels corrected and 2 rows dropped"
    assert second.is_handwriting and not correct(Sine(), drop=[0]).is_handwriting


def test_it_survives_text_and_link_and_is_set_on_the_command_line() -> None:
    data = correct(Digits(size=28), relabel={i: i % 10 for i in range(300)}, drop=range(400, 500))
    e = Experiment(data=data)
    assert decode(Experiment, encode(e)) == e == from_link(Experiment, to_link(e))
    assert change(Experiment(), "data", data.model_dump(mode="json")) == e


def test_two_versions_are_compared_by_their_numbers_of_corrections() -> None:
    versions = [correct(Digits(), relabel={5: 1}), correct(Digits(), drop=range(300))]
    rows = differences([Experiment(data=data) for data in versions])
    assert rows == [("Data", tuple(data.summary for data in versions))]


@pytest.mark.parametrize(
    "data",
    [
        {"base": Corrected(base=Digits(), dropped=(1,))},
        {"base": "digits", "relabeled": [[1, 2], [1, 3]]},
        {"base": "digits", "relabeled": [[1, 2]], "dropped": [1]},
        {"base": "digits", "dropped": [-1]},
        {"base": "digits", "relabeled": [[1]]},
        {"base": "unknown"},
        {},
    ],
)
def test_contradictory_corrections_are_refused(data: dict) -> None:
    with pytest.raises(BadExperiment):
        change(Experiment(), "data", {"kind": "corrected", **data})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (correct(Digits(), drop=[1797]), "correction_row"),
        (correct(Digits(), relabel={1797: 0}), "correction_row"),
        (correct(Digits(), relabel={3: 10}), "correction_class"),
        (correct(Sine(), drop=[0]), "corrections_need_classes"),
    ],
)
def test_corrections_that_do_not_fit_the_data_are_refused(data: DataSet, code: str) -> None:
    with pytest.raises(BadData) as refused:
        load(data, HOME)
    assert refused.value.code == code


def test_the_download_has_corrected_and_original_targets_and_the_dropped_rows() -> None:
    data = load(correct(Digits(), relabel={3: 7}, drop=[5, 8]), HOME)
    opened = np.load(io.BytesIO(archive(data)), allow_pickle=False)
    assert opened["targets"][3] == 7 and opened["dropped"].tolist() == [5, 8]
    assert np.array_equal(opened["original_targets"], load(Digits(), HOME).targets)


def test_dropping_the_whole_training_set_is_refused() -> None:
    data = correct(Digits(), drop=parts_of(Digits(), Split())["train"])
    with pytest.raises(BadData) as refused:
        parts_of(data, Split())
    assert refused.value.code == "no_training_data"


def test_an_upload_keeps_its_corrections_in_an_archive(tmp_path: Path) -> None:
    files = [ROOT / "assets" / "digits" / name for name in ("images.csv", "labels.csv")]
    images, labels = (b"".join(f.read_bytes().splitlines(True)[:80]) for f in files)
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    there.root.mkdir(parents=True)
    digest, _ = Library(here.home).add(images, labels, names=("images.csv", "labels.csv"))
    upload = Spreadsheets(digest=digest)
    data = correct(upload, relabel={3: 0}, drop=[5])
    assert data.facts(here.home).dropped_rows == 1
    run = here.create(encode(Experiment(data=data)))
    file = io.BytesIO()
    pack(here, run, file, with_data=True)
    opened = open_archive(there, file, "run.zip")
    kept = decode(Experiment, there.experiment(opened.run)).data
    assert kept == data and opened.warning is None
    samples = load(kept, there.home)
    assert samples.targets[3] == 0 and samples.corrections.dropped.tolist() == [5]
    assert np.array_equal(samples.corrections.original, load(upload, here.home).targets)
