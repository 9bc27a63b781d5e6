"""The answer of a study: a finding for each line of its curve, or one that compares its seeds. The
page and the command line give the same one. Pure functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.advice.learning_curve import judge_learning_curve
from core.advice.paired_effects import judge_effect, judge_effects
from core.advice.seed_comparison import compare_seeds, group_seeds
from core.advice.study_verdict import (
    CurveVerdict,
    Measure,
    Over,
    describe_other_measure,
    judge_curve,
)
from core.base.finding import Finding
from core.descent.point import CurvePoint
from core.studies.effects import effects_of
from core.studies.records import Record, curve
from core.studies.study import Study

OTHER: dict[Measure, Measure] = {"test_error": "test_loss", "test_loss": "test_error"}
CONCLUSIVE = ("double_descent", "too_few_points", "more_data_helps", "more_data_hardly_helps")


@dataclass(frozen=True)
class Line:
    """How the points of one line are judged: `trained` are ordinary runs of any network, `noun`
    names what the x-axis counts, empty for the default.
    """

    over: Over
    trained: bool
    noun: str

    def judge(self, points: Sequence[CurvePoint], measure: Measure) -> CurveVerdict:
        """Judge whether more data helps, for ordinary runs over samples; whether there is double
        descent, for all others.
        """
        if self.trained and self.over == "samples":
            return judge_learning_curve(points, measure)
        return judge_curve(points, measure, self.over, self.noun)

    def judge_other(
        self, points: Sequence[CurvePoint], measure: Measure, verdict: CurveVerdict
    ) -> Finding | None:
        """Return the finding that only the other measure shows double descent; None where the
        verdict on `measure` is conclusive or the other one does not show it.
        """
        if verdict.code in CONCLUSIVE:
            return None
        other = OTHER[measure]
        return describe_other_measure(self.judge(points, other), other, self.over, self.noun)


def line_of(study: Study) -> Line:
    """Return how the lines of a study are judged over its main axis."""
    noun = study.method.noun if study.over == "width" else ""
    return Line(over=study.over, trained=not study.method.whole_curve, noun=noun)


def answer(
    study: Study, records: Sequence[Record], *, regression: bool = False
) -> list[tuple[float, list[Finding]]]:
    """Return, for each line of the study's curve, its control and its findings in the measure of
    the method. A study of seeds or of one setting has a single finding; one of changes has a
    finding that sums up those of each change.
    """
    if study.comparison:
        effects = effects_of(study, records, regression=regression)
        each = [judge_effect(effect, "error") for effect in effects]
        return [(0.0, [judge_effects(effects), *each])]
    points, measure = curve(records), study.method.measure
    if study.over == "control":
        return [(0.0, [compare_seed_groups(study, points)])] if points else []
    line, answers = line_of(study), []
    for control in sorted({point.control for point in points}):
        chosen = [point for point in points if point.control == control]
        chosen = [point for point in chosen if point.last or study.over == "steps"]
        verdict = line.judge(chosen, measure)
        other = line.judge_other(chosen, measure, verdict)
        answers.append((control, [verdict.finding, *([other] if other else [])]))
    return answers


def compare_seed_groups(study: Study, points: Sequence[CurvePoint]) -> Finding:
    """Compare the seeds of each value of the varied setting."""
    names = study.varied.value_names if study.varied else {}
    title = study.varied.title.lower() if study.varied else ""
    measure = study.method.measure
    return compare_seeds(group_seeds(points, measure, title, names), measure)
