"""Whether corrections of the data help: the same trainings on the data as given and corrected."""

from collections.abc import Generator
from dataclasses import asdict
from math import hypot
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.mistakes.suits import needs_classes
from core.analysis.mistakes.suspicious import TOP, rank
from core.analysis.side_pieces import SideRuns
from core.analysis.side_runs import SideRun
from core.analysis.trained import TrainedRun
from core.base.encoding import change
from core.base.errors import BadInput
from core.base.finding import Finding
from core.base.numbers import percent
from core.base.rates import Rate
from core.base.spec import ranged
from core.base.text import counted
from core.data.corrected import MOST, Corrected, Row, correct
from core.data.dataset import DataSet, Facts
from core.experiment import Experiment
from core.runs.differences import paired_interval
from core.studies.axes import Repeats


class CorrectionProof(Analysis):
    """Trains pairs of networks, on the data as given and on the corrected data. Both of a pair have
    the same seeds: the same initial weights, and the same mini-batches unless rows are dropped. The
    errors are those on the test set, or on the validation set of a run without one.

    The 95 % interval covers the choice of the seeds and of the samples. With d the difference for
    each seed and sample, it is the mean ± h, h² = h₁² + h₂²: h₁ is half the interval of the paired
    t-test over the k means of the seeds, and h₂ that over the n means of the samples. Adding both
    is conservative (crossed random effects, Owen 2007; sums of intervals, Zou & Donner 2008).
    """

    kind: Literal["correction_proof"] = "correction_proof"
    label: ClassVar[str] = "Effect of the corrections"
    formula: ClassVar[str] = r"\bar d \pm \sqrt{h_1^2 + h_2^2}, \quad " + (
        r"h_1 = t_{k-1}\,\tfrac{s(\bar d_{i\cdot})}{\sqrt k}, \quad "
        r"h_2 = t_{n-1}\,\tfrac{s(\bar d_{\cdot j})}{\sqrt n}"
    )
    source: ClassVar[str] = "Bouthillier et al. 2021 (paired seeds); Owen 2007"
    technique: ClassVar[str] = "D10"
    relabeled: tuple[tuple[Row, Row], ...] = Field(
        (), max_length=MOST, description="Row and number of its corrected class, from 0. Without "
        "corrections: the suggested classes of the rows with an area below 0, at most 5 % of all.",
    )  # fmt: skip
    dropped: tuple[Row, ...] = Field((), max_length=MOST, description="Rows that are left out.")
    repeats: int = ranged(3, 3, 50, unit="seeds", label="Pairs", help="Number of seeds.")

    def unsuitable(self, facts: Facts) -> str:
        return needs_classes(facts)

    def answer(self, trained: TrainedRun) -> Answering:
        if (part := trained.held_out) == "train":
            raise BadInput(
                "This run has neither a test set nor a validation set, so nothing shows whether "
                "corrections help. Hold out samples on the Data page and train again.",
                code="nothing_held_out",
            )
        given, corrected = trained.experiment, self._corrected(trained)
        pairs = [
            [Repeats().apply(e, number) for e in (given, corrected)]
            for number in range(self.repeats)
        ]
        ended = yield from self._train([e for pair in pairs for e in pair], trained)
        errors = [run.errors[part] for run in ended]
        has_diverged = any(run.has_diverged for run in ended)
        array = np.array(errors).reshape(self.repeats, 2, -1)  # (k, 2, n)
        before, after = array.mean(2).T
        value = paired_difference(array[:, 1] - array[:, 0])
        data = corrected.data
        findings = judge(value, part=part, data=data, seeds=self.repeats, samples=array.shape[2])
        if has_diverged:
            text = (
                "At least one training diverged, so the difference says little. Lower the learning "
                "rate and train again."
            )
            findings.append(Finding("pair_diverged", "warn", text))
        return {
            "part": part,
            "given": before.tolist(),
            "corrected": after.tolist(),
            "difference": value,
            "changes": data.changes,
            "findings": [asdict(finding) for finding in findings],
        }

    def _train(
        self, experiments: list[Experiment], trained: TrainedRun
    ) -> Generator[tuple[float, str], None, list[SideRun]]:
        ended = trained.store.last(trained.run, "reason") or {}
        seconds = float(ended.get("seconds") or 0.0) * len(experiments)
        with SideRuns(trained, seconds) as side_runs:
            running = side_runs.train(experiments)
            while True:
                try:
                    share = next(running)
                except StopIteration as end:
                    return end.value
                number = min(int(share * self.repeats) + 1, self.repeats)
                yield share, f"Training pair {number} of {self.repeats}"

    def _corrected(self, trained: TrainedRun) -> Experiment:
        """Return the run's experiment with the corrections of its training rows: both networks are
        compared on the same samples and labels. Raises BadInput if there are none.
        """
        e, parts = trained.experiment, trained.setup.rows
        training = {*parts.train.tolist(), *parts.dropped.tolist()}
        labels = {row: label for row, label in self.relabeled if row in training}
        drop = [row for row in self.dropped if row in training]
        if not self.relabeled and not self.dropped:
            labels = suggested_labels(trained)
        data = correct(e.data, relabel=labels, drop=drop)
        if data == e.data:
            raise BadInput(
                "There is nothing to compare: no training row of this run has another label or is "
                "left out. Relabel or drop suspicious rows first.",
                code="no_corrections",
            )
        return change(e, "data", data.model_dump(mode="json"))

    def lines(self, result: Result) -> list[str]:
        """The errors of each seed, then the findings."""
        pairs = zip(result["given"], result["corrected"], strict=True)
        errors = [f"pair {n}: {percent(a)} → {percent(b)}" for n, (a, b) in enumerate(pairs, 1)]
        return [*errors, *(finding["text"] for finding in result["findings"])]


def suggested_labels(trained: TrainedRun) -> dict[int, int]:
    """Return the suggested class of the most suspicious rows: those with an area below 0, at most
    TOP of the training set.
    """
    margins = trained.state.get("margins")
    if not margins or not margins["kept"]:
        return {}
    ranking = rank(margins, trained.setup.train.targets.cpu().numpy())
    rows = trained.dataset_rows("train")
    first = ranking.order[: round(TOP * len(rows))]
    first = first[ranking.areas[first] < 0]
    return {int(rows[at]): int(ranking.suggested[at]) for at in first}


def paired_difference(differences: np.ndarray) -> Rate:
    """Return the mean of paired differences (k seeds, n samples) with its 95 % interval."""
    by_seed, by_sample = differences.mean(1), differences.mean(0)
    step = 1 / differences.shape[1]  # of an error rate
    half = hypot(_half_interval(by_seed, step), _half_interval(by_sample))
    value = float(differences.mean())
    return [value, value - half, value + half]


def _half_interval(means: np.ndarray, step: float = 0.0) -> float:
    """Return half the 95 % interval of the mean of these values (m,); 0 for a single one."""
    return paired_interval(means.tolist(), step) if len(means) > 1 else 0.0


def judge(value: Rate, *, part: str, data: DataSet, seeds: int, samples: int) -> list[Finding]:
    """Return what the difference of the errors means, and what it cannot show."""
    difference, low, high = value
    changes = data.changes if isinstance(data, Corrected) else data.summary
    evidence: dict[str, Any] = {"difference": value, "seeds": seeds, "samples": samples}
    measured = (
        f"{100 * difference:+.2f} percentage points ({100 * low:+.2f} to {100 * high:+.2f}, 95 % "
        f"interval, {counted(seeds, 'seed')}, {counted(samples, f'{part} sample')})"
    ).replace("-", "−")
    if high < 0:
        text = (
            f"The corrections help: with {changes}, the {part} error changes by {measured}. Keep "
            "the corrected dataset."
        )
        found = Finding("corrections_help", "ok", text, evidence)
    elif low > 0:
        text = (
            f"The corrections harm: with {changes}, the {part} error changes by {measured}. Check "
            "the corrected rows, or undo the corrections."
        )
        found = Finding("corrections_harm", "warn", text, evidence)
    else:
        text = (
            f"No difference found: with {changes}, the {part} error changes by {measured}, and the "
            "interval contains 0. Correct more rows or use more seeds to find a smaller effect."
        )
        found = Finding("no_difference_found", "info", text, evidence)
    text = (
        f"The labels of the {part} set are used as they are. Where they are wrong too, both "
        "errors are too high, and a network that repeats the wrong labels looks better."
    )
    findings = [found, Finding("held_out_labels_unchecked", "info", text)]
    if part == "validation":
        text = (
            "This run has no test set. The validation set also selects the best epoch, so both "
            "errors look better than they are."
        )
        findings.append(Finding("measured_on_validation", "info", text))
    return findings
