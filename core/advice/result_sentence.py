"""The result of a finished run in two sentences: its score with the interval, the best baseline,
the verdict in about three words, and one next step. A pure function of the run's history, so that
it agrees with the tiles, the findings and the charts of the same snapshot.
"""

from dataclasses import dataclass

from core.advice.bias_variance import BiasVarianceVerdict, judge
from core.advice.not_learning import TOO_SHORT, find_not_learning
from core.advice.run_findings import find_improvement, find_small_validation
from core.base.finding import Action
from core.base.rates import difference
from core.experiment import Experiment
from core.runs.history import History
from core.runs.measured import NAMES, Measured, measure_parts
from core.runs.score import Form, name

ORDER = ("test", "validation", "train")  # the part whose score is the result: the first there is


@dataclass(frozen=True)
class BestBaseline:
    """The best of all baselines: its name in a sentence, its error on the same part as the result,
    and how it does without training, if it does: "without gradient descent".
    """

    name: str
    measured: Measured
    effort: str = ""


@dataclass(frozen=True)
class ResultSentence:
    """`score` and `verdict` are the two sentences; `code` is that of the verdict, or of the finding
    that explains why the run has not learned; empty if nothing can be said. `action` is the change
    that the next step suggests, if it is one.
    """

    code: str
    score: str
    verdict: str
    action: Action | None = None

    @property
    def text(self) -> str:
        return " ".join(filter(None, (self.score, self.verdict)))


def result_sentence(
    history: History,
    experiment: Experiment,
    *,
    classes: int | None,
    form: Form = "error",
    human: float | None = None,
    baseline: BestBaseline | None = None,
) -> ResultSentence | None:
    """Return the result of a run that has ended; None if it has no score. `classes` as for
    `list_findings`; `human` is the human error if one was entered.
    """
    parts = measure_parts(history)
    if (part := result_part(parts)) is None:
        return None
    score = _describe_score(part, parts[part], form, baseline)
    if small := find_small_validation(history, experiment):
        step = _lower(small.action.label) if small.action else "add rows"
        text = f"Too few validation samples for a verdict: {step}."
        return ResultSentence(small.code, score, text, small.action)
    if cause := find_not_learning(history, experiment, classes):
        step = cause.action.label if cause.action else "See the findings"
        state = "Too short to judge" if cause.code == TOO_SHORT else "Not learning"
        return ResultSentence(cause.code, score, f"{state}: {_lower(step)}.", cause.action)
    if (verdict := judge(parts, human)) is None:
        return ResultSentence("", score, "Hold out a validation set to get a verdict.")
    step, action = next_step(verdict, history, experiment)
    words = f"{verdict.words} so far" if action else verdict.words
    return ResultSentence(verdict.code, score, f"{words}: {step}.", action)


def result_part(parts: dict[str, Measured]) -> str | None:
    """Return the part whose score is the result; None without a score."""
    return next((part for part in ORDER if part in parts), None)


def next_step(
    verdict: BiasVarianceVerdict, history: History, experiment: Experiment
) -> tuple[str, Action | None]:
    """Return what to try next, as the end of a sentence, with its change. A run that was still
    improving at its end trains longer first, because its gaps are not final.
    """
    improving = find_improvement(history, experiment)
    if improving and improving.action and verdict.code != "below_human_error":
        return _lower(improving.action.label), improving.action
    return verdict.step, None


def _describe_score(
    part: str, measured: Measured, form: Form, baseline: BestBaseline | None
) -> str:
    """Test error 1.3 % (1.1 to 1.6); k-NN reaches 3.9 % without training. Where the interval of the
    difference contains 0, neither is called better.
    """
    label = f"{NAMES[part]} {name(form, regression=measured.regression)}"
    text = f"{label[0].upper()}{label[1:]} {measured.describe(form)}"
    if baseline is None:
        return f"{text}."
    reached = baseline.measured.describe(form, interval=False)
    effort = f" {baseline.effort}" if baseline.effort else ""
    _, low, high = difference(measured.interval, baseline.measured.interval)
    unclear = " (no clear difference)" if low <= 0 <= high else ""
    return f"{text}; {baseline.name} reaches {reached}{effort}{unclear}."


def _lower(label: str) -> str:
    return label[0].lower() + label[1:]
