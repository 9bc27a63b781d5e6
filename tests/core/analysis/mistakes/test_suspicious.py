"""Suspicious rows: wrong labels come first, and the list says what it cannot know."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from core.analysis.catalogue import Suspicious
from core.analysis.mistakes.suspicious import Ranking, judge, rank
from core.analysis.results import result_of
from core.analysis.trained import TrainedRun
from core.base.numbers import whole
from core.data.datasets import Facts
from core.data.label_noise import add_noise
from core.export.evaluation import suspicious_csv
from core.runs import checkpoint
from core.runs.store import Store


@pytest.fixture(scope="module")
def found(noisy_digits_run: TrainedRun) -> dict:
    return result_of(noisy_digits_run.store, noisy_digits_run.run, Suspicious())


def codes(result: dict) -> set[str]:
    return {finding["code"] for finding in result["findings"]}


def test_wrong_labels_come_first_and_the_right_ones_are_suggested(
    noisy_digits_run: TrainedRun, found: dict
) -> None:
    """On 10 % flipped labels, drawn here again: precision of at least 0.8 in the first 5 %."""
    data, rows = noisy_digits_run.data, noisy_digits_run.dataset_rows("train")
    noise = noisy_digits_run.experiment.label_noise
    labels, changed = add_noise(data.targets[rows], 10, noise.share, noise.seed)
    first = found["rows"][: round(0.05 * len(rows))]
    wrong = {int(rows[at]): int(labels[at]) for at in changed}
    hits = [row for row in first if row["row"] in wrong]
    assert len(hits) / len(first) >= 0.8
    assert all(row["given"] == wrong[row["row"]] and row["noise"] for row in hits)
    assert np.mean([row["suggested"] == data.targets[row["row"]] for row in hits]) >= 0.8
    assert {"suspicious_rows", "label_noise_found"} <= codes(found)
    assert [row["area"] for row in found["rows"]] == sorted(row["area"] for row in found["rows"])
    assert all(row["suggested"] != row["given"] for row in found["rows"])


def test_the_terminal_shows_the_findings_and_the_first_rows(found: dict) -> None:
    lines = Suspicious().lines(found)
    assert lines[: len(found["findings"])] == [finding["text"] for finding in found["findings"]]
    table = lines[len(found["findings"]) :]
    assert len(table) == 21
    first = found["rows"][0]
    expected = [whole(first["row"] + 1), first["given"], first["suggested"]]
    assert table[1].split()[:3] == list(map(str, expected))


def ranking(areas: list[float], epochs: int = 20) -> Ranking:
    count = len(areas)
    zeros = np.zeros(count, np.int32)
    order = np.argsort(areas, kind="stable")
    return Ranking(order, np.array(areas), zeros, zeros + 1, zeros, epochs)


@pytest.mark.parametrize(
    ("areas", "epochs", "expected"),
    [
        ([1.0] * 20, 20, {"no_suspicious_rows"}),
        ([1.0] * 19 + [-0.1], 20, {"suspicious_rows"}),
        ([1.0] * 19 + [-0.1], 9, {"suspicious_rows", "trained_too_briefly"}),
        ([1.0] * 20, 1, {"no_suspicious_rows", "trained_too_briefly"}),
        ([1.0, -1.0] * 10, 2, {"classes_not_learned"}),
        ([1.0], 20, {"no_suspicious_rows"}),
        ([], 1, {"no_finite_margins"}),
    ],
)
def test_the_list_says_when_little_can_be_concluded(
    areas: list[float], epochs: int, expected: set[str]
) -> None:
    assert {finding.code for finding in judge(ranking(areas, epochs), None)} == expected


def test_many_wrong_labels_on_purpose_are_no_sign_of_a_network_that_has_not_learned() -> None:
    noisy = np.arange(40) < 16
    first, *_ = judge(ranking([-1.0] * 16 + [1.0] * 24), noisy)
    assert first.code == "suspicious_rows" and first.evidence["negative"] == 16


def test_the_list_as_a_spreadsheet_has_one_row_per_sample(found: dict) -> None:
    frame = pd.read_csv(io.StringIO(suspicious_csv(found)))
    assert frame["row"].tolist() == [row["row"] + 1 for row in found["rows"]]
    assert frame["suggested"].tolist() == [row["suggested"] for row in found["rows"]]
    assert frame["area"].tolist() == pytest.approx([row["area"] for row in found["rows"]])


def test_precision_on_known_noise_is_that_of_the_first_twentieth() -> None:
    noisy = np.zeros(40, bool)
    noisy[[0, 5]] = True
    *_, finding = judge(ranking([float(i) for i in range(40)]), noisy)
    assert finding.evidence == {"noisy": 2, "first": 2, "found": 1}


def test_rows_that_were_never_drawn_are_left_out_and_forgetting_breaks_ties() -> None:
    kept = {
        "seen": torch.tensor([2, 0, 1, 1]), "margins": torch.tensor([4.0, 0.0, -1.0, -1.0]),
        "forgotten": torch.tensor([0, 0, 0, 3]), "epochs": 1,
    }  # fmt: skip
    state = {"kept": kept, "rivals": torch.tensor([[9, 1, 0], [0, 0, 0], [0, 0, 5], [2, 0, 0]])}
    ranked = rank(state, np.array([0, 1, 0, 1]))
    assert ranked.order.tolist() == [3, 2, 0] and ranked.negative == 2
    assert ranked.suggested[[0, 2, 3]].tolist() == [1, 2, 0]
    assert ranked.areas[0] == 2.0


@pytest.mark.parametrize(
    "damage",
    [
        lambda state: state.pop("margins"),  # of an earlier version
        lambda state: state["margins"].update(kept={}),  # stopped in its first epoch
    ],
)
def test_a_run_without_margins_says_so(
    noisy_digits_run: TrainedRun, tmp_path: Path, damage: Callable
) -> None:
    shutil.copytree(noisy_digits_run.store.home, tmp_path / "home")
    store, run = Store(tmp_path / "home"), noisy_digits_run.run
    state = checkpoint.load(store, run)
    damage(state)
    checkpoint.save(store, run, state)
    shutil.rmtree(store.path(run, "analysis"), ignore_errors=True)
    result = result_of(store, run, Suspicious())
    assert codes(result) == {"no_margins_stored"} and result["rows"] == []
    assert Suspicious().lines(result)


@pytest.mark.parametrize(("classes", "suits"), [((), False), (("a",), False), (("a", "b"), True)])
def test_values_and_a_single_class_are_unsuitable(classes: tuple, suits: bool) -> None:
    assert bool(Suspicious().unsuitable(Facts((4,), classes, 10))) is not suits
