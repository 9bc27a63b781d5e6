"""Bias and variance of a finished run against the human error, and the verdict of both.

    bias      training error − human error        what the model misses on data that it has seen
    variance  validation error − training error   what does not carry over to new data

The human (Bayes) error is the lowest that is possible; Ng 2018, Machine Learning Yearning. A gap is
high if it is above SHARE of the larger error, and for classes also above the smallest gap that
matters. Its interval is part of the verdict: where it contains the threshold, the gap is undecided.
Without a human error the bias is at most the training error: it is low or unknown.

Bias and variance are not approximation and estimation error, which split the excess risk of the
best model of a class (Brown & Ali 2024): a model of a rich class that was trained too briefly has a
high bias and no approximation error.
"""

from dataclasses import dataclass
from typing import Literal

from core.base.finding import Finding, Level
from core.base.numbers import THIN, percent, roughly, short
from core.base.rates import Rate, difference
from core.runs.measured import NAMES, Measured

TOLERANCE = 0.01  # the smallest gap that matters, unless another one is typed
SHARE = 0.2  # of the larger error: a smaller gap counts as low
MOST = 10**8  # samples beyond which no number is named
State = Literal["high", "low", "undecided", "unknown"]
STEPS = {  # what to try next
    "high_variance": "try more data or regularization",
    "high_bias": "try a larger network or train longer",
    "high_bias_and_variance": "try a larger network first, then regularization",
    "low_bias_and_variance": "repeat it with other seeds to confirm it",
    "below_human_error": "lower the human error",
    "bias_variance_undecided": "hold out more validation samples",
    "too_few_samples": "collect more samples",
    "bias_unknown": "enter the human error on the tab Verdict",
    "bias_of_values_unknown": "compare it with the baselines on the tab Verdict",
}
MEANINGS = {
    "high_variance": "the model fits its training set, and much of that does not carry over to new "
    "samples",
    "high_bias": "the model misses what it could learn from its own training set",
    "high_bias_and_variance": "the model misses part of its training set, and what it learned does "
    "not carry over to new samples",
    "low_bias_and_variance": "no gap is large enough to matter",
}


@dataclass(frozen=True)
class Gap:
    """One of the two gaps. `interval` is its value with the ends of its 95 % interval; `needed` is
    the size of the `part` ("train", "validation" or "test") that would decide an undecided gap,
    None if no size would. `is_bound`: the gap may be smaller, because its lower error is unknown.
    """

    name: str
    interval: Rate
    threshold: float
    part: str
    needed: int | None = None
    is_bound: bool = False

    @property
    def state(self) -> State:
        state = gap_state(self.interval, self.threshold)
        return "unknown" if self.is_bound and state != "low" else state


@dataclass(frozen=True)
class BiasVarianceVerdict:
    """The verdict. `code` names it, `words` say it in about three words, `step` what to try next.
    `held` is the part that new samples were taken from: "validation", or "test" without one.
    `total` is the number of samples in all parts.
    """

    code: str
    words: str
    human: float | None
    bias: Gap
    variance: Gap
    train: Measured
    validation: Measured
    held: str
    total: int

    @property
    def step(self) -> str:
        """What to try next, as the end of a sentence."""
        undecided = self._undecided()
        high = [gap.name for gap in (self.bias, self.variance) if gap.state == "high"]
        if self.code in ("bias_variance_undecided", "bias_unknown") and high:
            return STEPS[f"high_{high[0]}"]
        if self.code == "bias_unknown" and self.train.regression:  # few know a human RMSE
            is_open = self.variance.state == "undecided"
            return STEPS[undecided if is_open else "bias_of_values_unknown"]
        return STEPS[undecided if self.code == "bias_variance_undecided" else self.code]

    def _undecided(self) -> str:
        """Return the key of the step that decides the gaps: other samples of the dataset, unless it
        is too small.
        """
        gaps = [gap for gap in (self.bias, self.variance) if gap.state == "undecided"]
        has_few = any(self.lacks_samples(gap) for gap in gaps)
        return "too_few_samples" if has_few else "bias_variance_undecided"

    def lacks_samples(self, gap: Gap) -> bool:
        """Whether no size of one part would decide a gap, or one that exceeds what the dataset can
        spare: half of its samples, or all of them for the training set.
        """
        limit = self.total if gap.part == "train" else self.total // 2
        return gap.needed is None or gap.needed > limit

    @property
    def finding(self) -> Finding:
        """The verdict as a finding: the gaps with their intervals, what they mean, what to do."""
        gaps = (self.bias, self.variance)
        text = f"**{self.words}.** {_observe(self)} {_explain(self)}"
        level: Level = {
            "low_bias_and_variance": "ok",
            "bias_variance_undecided": "info",
            "bias_unknown": "info",
        }.get(self.code, "warn")
        evidence = {
            gap.name: {"gap": gap.interval, "threshold": gap.threshold, "state": gap.state}
            | ({"needed": gap.needed} if gap.state == "undecided" else {})
            for gap in gaps
        }
        return Finding(self.code, level, text, evidence | {"human": self.human})


def judge(
    parts: dict[str, Measured], human: float | None = None, tolerance: float = TOLERANCE
) -> BiasVarianceVerdict | None:
    """Return the verdict on the errors of a run (`measured.measure_parts`); None without a training
    score or without held-out samples. `human`, if it is known, and `tolerance` are fractions, or
    RMSE for values, where `tolerance` does not count.
    """
    held = next((name for name in ("validation", "test") if name in parts), None)
    if "train" not in parts or held is None:
        return None
    train, validation = parts["train"], parts[held]
    floor = 0.0 if train.regression else tolerance
    bias = _gap("bias", None, train, human=human, floor=floor, part="train")
    variance = _gap("variance", train, validation, human=human, floor=floor, part=held)
    code, words = _verdict(bias.state, variance.state)
    if human is not None and validation.interval[2] < human:
        code, words = "below_human_error", "Below the human error"
    total = sum(part.samples for part in parts.values())
    return BiasVarianceVerdict(code, words, human, bias, variance, train, validation, held, total)


def gap_state(interval: Rate, threshold: float) -> State:
    """Return whether a gap is above the threshold, for every value in its interval."""
    _, low, high = interval
    return "high" if low > threshold else "low" if high <= threshold else "undecided"


def _verdict(bias: State, variance: State) -> tuple[str, str]:
    """The code of the two states, and its words."""
    high = [name for name, state in (("bias", bias), ("variance", variance)) if state == "high"]
    if "undecided" in (bias, variance) or bias == "unknown":
        code = "bias_unknown" if bias == "unknown" else "bias_variance_undecided"
        if bias == variance:
            return code, "Undecided"
        if bias in ("undecided", "unknown") and variance != "undecided":
            return code, f"{variance.capitalize()} variance, bias {bias}"
        if bias == "unknown":
            return code, "Variance undecided, bias unknown"
        return code, f"{bias.capitalize()} bias, variance undecided"
    if not high:
        return "low_bias_and_variance", "Low bias and variance"
    return f"high_{'_and_'.join(high)}", f"High {' and '.join(high)}"


def _gap(
    name: str,
    lower: Measured | None,
    upper: Measured,
    *,
    human: float | None,
    floor: float,
    part: str,
) -> Gap:
    """The gap between two errors; between the human error and `upper` without `lower`."""
    base = lower.interval if lower else [human or 0.0] * 3
    is_bound = lower is None and human is None
    threshold = max(floor, SHARE * max(base[0], upper.error))
    gap = Gap(name, difference(base, upper.interval), threshold, part, is_bound=is_bound)
    if gap.state != "undecided":
        return gap
    needed = _needed(base, upper, threshold)
    return Gap(name, gap.interval, threshold, part, needed)


def _needed(base: Rate, upper: Measured, threshold: float) -> int | None:
    """The smallest number of samples of `upper` at which the gap is decided, if its error stays."""

    def decided(samples: int) -> bool:
        interval = difference(base, upper.with_samples(samples).interval)
        return gap_state(interval, threshold) != "undecided"

    low, high = upper.samples, 2 * upper.samples
    while not decided(high):
        if high > MOST:
            return None
        low, high = high, 2 * high
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if decided(middle) else (middle, high)
    return high


# --- sentences


def _observe(verdict: BiasVarianceVerdict) -> str:
    held, human = NAMES[verdict.held], "unknown"
    if verdict.human is not None:
        human = _value(verdict, verdict.human)
    most = "unknown, at most " if verdict.bias.state == "unknown" else ""
    most = most or ("at most " if verdict.bias.is_bound else "")
    return (
        f"Human error {human}, training error {_value(verdict, verdict.train.error)}, {held} error "
        f"{_value(verdict, verdict.validation.error)}: bias {most}"
        f"{describe_gap(verdict.bias, verdict.train)}, variance "
        f"{describe_gap(verdict.variance, verdict.train)}."
    )


def _explain(verdict: BiasVarianceVerdict) -> str:
    if verdict.code == "below_human_error":
        return (
            f"The model is better than the human error that was typed, on the "
            f"{NAMES[verdict.held]} set too: the estimate of the human error is too high. Lower it."
        )
    if verdict.code in ("bias_variance_undecided", "bias_unknown"):
        gaps = (verdict.bias, verdict.variance)
        undecided = [gap for gap in gaps if gap.state == "undecided"]
        texts = [_explain_undecided(gap, verdict) for gap in undecided]
        if verdict.variance.state == "high":
            texts.append(_sentence(verdict.step))
        if verdict.code == "bias_unknown":
            texts.append(
                "Without a human error the bias cannot be judged: enter its RMSE if you know it, "
                "or compare the model with the baselines."
                if verdict.train.regression
                else "Enter the human error: without it the bias cannot be judged."
            )
        return " ".join(texts)
    return f"{_sentence(MEANINGS[verdict.code])} {_sentence(verdict.step)}"


def _explain_undecided(gap: Gap, verdict: BiasVarianceVerdict) -> str:
    counts = f"A {gap.name} counts as high above {_size(gap.threshold, verdict.train)}"
    if gap.needed is None:
        other = (
            f"; the training error is uncertain too. {_sentence(STEPS['too_few_samples'])}"
            if gap.name == "variance"
            else "."
        )
        return f"{counts}. No number of {NAMES[gap.part]} samples alone would decide it{other}"
    few = ""
    if verdict.lacks_samples(gap):
        few = f" The dataset has {roughly(verdict.total)} in all: {STEPS['too_few_samples']}."
    return (
        f"{counts}; about {roughly(gap.needed)} {NAMES[gap.part]} samples instead of "
        f"{roughly((verdict.train if gap.part == 'train' else verdict.validation).samples)} would "
        f"decide it.{few}"
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def describe_size(gap: Gap, measured: Measured) -> str:
    """Return a gap without its interval as text: "10.0", or "29 100" for an RMSE."""
    return _number(gap.interval[0], measured)


def describe_gap(gap: Gap, measured: Measured) -> str:
    """Return a gap with its interval as text: "10.0 points (9.1 to 10.9)"."""
    value, low, high = (_number(end, measured) for end in gap.interval)
    return f"{value}{'' if measured.regression else ' points'} ({low} to {high})"


def _size(value: float, measured: Measured) -> str:
    return f"{_number(value, measured)}{'' if measured.regression else ' points'}"


def _number(value: float, measured: Measured) -> str:
    if measured.regression:
        return short(value, 3).replace("-", "−")
    return f"{round(100 * value, 1) + 0.0:.1f}".replace("-", "−")  # no −0.0


def _value(verdict: BiasVarianceVerdict, error: float) -> str:
    if verdict.train.regression:
        return short(error, 3)
    return percent(error) if error < 0.1 else f"{100 * error:.1f}{THIN}%"
