"""Suspicious rows: training samples whose given label the network contradicted while it trained."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.trained import TrainedRun
from core.base.finding import Finding
from core.base.numbers import percent, short, whole
from core.base.spec import ranged
from core.base.text import counted
from core.data.dataset import Facts
from core.training.margins import FIRST_EPOCHS, find_obstacle
from core.training.setup_state import State

TOP = 0.05  # of the training set, for which the precision on label noise is stated
MANY = 1 / 3  # of the training set: more rows than wrong labels explain, unless they are known


class Suspicious(Analysis):
    """Ranks the training samples by the area under the margin, the mean over the training of the
    output of the given label minus the largest other output: the lowest areas first. A sample whose
    label is wrong is pulled to the right class by all samples like it, so its area is negative.
    Among equal areas, the one that was forgotten more often comes first.
    """

    kind: Literal["suspicious"] = "suspicious"
    label: ClassVar[str] = "Suspicious rows"
    technique: ClassVar[str] = "V6"
    formula: ClassVar[str] = r"\tfrac1T\sum_{t=1}^{T} z_y^{(t)} - \max_{j \ne y} z_j^{(t)}"
    source: ClassVar[str] = "Pleiss et al. 2020 (area under the margin); Toneva et al. 2019"
    version: ClassVar[int] = 2
    is_quick: ClassVar[bool] = True
    rows: int = ranged(500, 1, 5000, unit="rows", help="How many rows are listed at most.")

    def unsuitable(self, facts: Facts) -> str:
        if len(facts.classes) > 1:
            return ""
        if facts.classes:
            return "This run has a single class, so no row can have another label."
        return (
            "This run predicts values, and suspicious rows are found by margins between classes. "
            "Ask for `residuals` instead."
        )

    def answer(self, trained: TrainedRun) -> Answering:
        yield 0.5, "Ranking the training samples"
        if obstacle := find_obstacle(trained.setup) or _find_missing(trained):
            return {"findings": [asdict(obstacle)], "samples": 0, "negative": 0, "rows": []}
        given, rows = trained.setup.train.targets.cpu().numpy(), trained.dataset_rows("train")
        ranking = rank(trained.state["margins"], given)
        shown = ranking.order[: self.rows]
        has_noise = trained.experiment.label_noise.share > 0
        noisy = given != trained.data.targets[rows] if has_noise else None
        return {
            "findings": [asdict(finding) for finding in judge(ranking, noisy)],
            "samples": len(rows),
            "epochs": ranking.epochs,
            "negative": ranking.negative,
            "rows": [
                {
                    "row": int(rows[at]),
                    "number": number,
                    "given": int(given[at]),
                    "suggested": int(ranking.suggested[at]),
                    "area": float(ranking.areas[at]),
                    "forgotten": int(ranking.forgotten[at]),
                    "visits": int(ranking.seen[at]),
                    "noise": None if noisy is None else bool(noisy[at]),
                }
                for at, number in zip(shown, trained.row_numbers("train", rows[shown]), strict=True)
            ],
            "classes": list(trained.classes),
        }

    def lines(self, result: Result) -> list[str]:
        """The findings, then one line for each of the first 20 rows, counted from 1."""
        findings = [finding["text"] for finding in result["findings"]]
        return [*findings, *_table(result)]


@dataclass(frozen=True)
class Ranking:
    """The n training samples: `areas` under the margin (n,), `forgotten` and `seen` (n,) counts,
    the `suggested` class (n,) that was most often the largest output besides the given label, and
    the `order` (m,) of the m samples that were seen, the most suspicious first. The sums are those
    after `epochs` epochs.
    """

    order: np.ndarray
    areas: np.ndarray
    forgotten: np.ndarray
    seen: np.ndarray
    suggested: np.ndarray
    epochs: int

    @property
    def negative(self) -> int:
        """The number of samples with an area below 0."""
        return int((self.areas[self.order] < 0).sum())


def rank(margins: State, given: np.ndarray) -> Ranking:
    """Rank the samples with these given labels (n,) by the margins of a checkpoint."""
    kept = margins["kept"]
    seen, sums, forgotten = (kept[name].numpy() for name in ("seen", "margins", "forgotten"))
    areas = sums / np.maximum(seen, 1)
    rivals = margins["rivals"].numpy().copy()
    rivals[np.arange(len(given)), given] = -1
    order = np.lexsort((-forgotten, areas))
    order = order[(seen[order] > 0) & np.isfinite(areas[order])]
    return Ranking(order, areas, forgotten, seen, rivals.argmax(1), kept["epochs"])


def judge(ranking: Ranking, noisy: np.ndarray | None) -> Iterator[Finding]:
    """Yield what the ranking means. `noisy` (n,) are the samples whose label was changed on purpose
    by label noise, if there is any.
    """
    samples, negative, epochs = len(ranking.order), ranking.negative, ranking.epochs
    evidence: dict[str, Any] = {"samples": samples, "negative": negative, "epochs": epochs}
    if not samples:
        text = (
            "The training diverged before a sample had a margin that is a number. Lower the "
            "learning rate and train again."
        )
        yield Finding("no_finite_margins", "warn", text, evidence)
        return
    over = f"over the first {counted(epochs, 'epoch')}" if epochs > 1 else "in the first epoch"
    share = (
        f"{whole(negative)} of {counted(samples, 'training row')} ({percent(negative / samples)})"
    )
    known = 0.0 if noisy is None else float(noisy.mean())
    if too_many := negative > max(MANY, 1.5 * known) * samples:
        text = (
            f"{share} have a margin below 0 on average {over} (area under the margin). That is "
            "more than wrong labels explain: the network has not learned these classes yet. Train "
            "longer or with a larger network, then check the rows."
        )
        yield Finding("classes_not_learned", "warn", text, evidence)
    elif negative:
        text = (
            f"{share} have a margin below 0 on average (area under the margin): {over}, the "
            "network preferred another class to the given label. Such a row is mislabeled, "
            "ambiguous or rare. Look at each before you relabel or drop it."
        )
        yield Finding("suspicious_rows", "info", text, evidence)
    else:
        text = (
            f"No suspicious rows: {over}, the network preferred the given label of each of the "
            f"{counted(samples, 'training row')}. The list starts with the least clear ones."
        )
        yield Finding("no_suspicious_rows", "ok", text, evidence)
    if epochs < FIRST_EPOCHS and not too_many:
        text = (
            f"The margins cover {counted(epochs, 'epoch')}. Rows that are only difficult look like "
            f"wrong labels so early. Train for at least {FIRST_EPOCHS} epochs."
        )
        yield Finding("trained_too_briefly", "warn", text, evidence)
    if noisy is not None:
        first = ranking.order[: max(1, round(TOP * samples))]
        found = int(noisy[first].sum())
        text = (
            f"Label noise changed {counted(int(noisy.sum()), 'label')} on purpose: "
            f"{whole(found)} of the {whole(len(first))} most suspicious rows are among them "
            f"(precision {percent(found / len(first))})."
        )
        evidence = {"noisy": int(noisy.sum()), "first": len(first), "found": found}
        yield Finding("label_noise_found", "info", text, evidence)


def _find_missing(trained: TrainedRun) -> Finding | None:
    """Return why the checkpoint has no sums of a complete epoch; None if it has them."""
    margins = trained.state.get("margins")
    if margins and margins["kept"] and len(margins["right"]) == len(trained.setup.train):
        return None
    text = (
        "This run has no margins of its training samples: it was trained by an earlier version of "
        "the lab, or ended before its first epoch was complete. Clone it on the Runs page and "
        "train again."
    )
    return Finding("no_margins_stored", "info", text)


def _table(result: Result, count: int = 20) -> list[str]:
    """Return the first rows of the list as aligned columns."""
    classes = result.get("classes", [])
    cells = [("row", "given", "suggested", "area", "forgotten")] + [
        (
            whole(row["number"]),
            classes[row["given"]],
            classes[row["suggested"]],
            short(row["area"]),
            str(row["forgotten"]),
        )
        for row in result["rows"][:count]
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in cells]
    return lines if result["rows"] else []
