"""Comparison of runs: which setting has the lowest error, on what evidence, and which runs would
strengthen it.

Runs that differ only in their seeds are one setting. A difference of means over two or more seeds
is compared with Welch's interval (Welch 1947). With one seed per setting, the interval is that of
two error rates on n validation samples, √(p₁(1 − p₁)/n + p₂(1 − p₂)/n), and the text explains that
it leaves out the seeds. Knows no file and no page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import mean, stdev
from typing import Any

from core.base.events import Scores, error
from core.base.finding import Finding
from core.base.numbers import THIN, short, whole
from core.base.text import counted
from core.experiment import Experiment, Seeds, validated_on
from core.runs.differences import points, sampling_interval, welch_interval
from core.runs.score import Form, describe, is_regression, name

SEEDS = 3  # the least number behind a claim
NO_SETTING = ("name", "about", "seeds", "device")


@dataclass(frozen=True)
class RunResult:
    """A run: its name, its settings, its best validation error as a fraction (None: not measured),
    whether it has ended, its number of validation samples (0: unknown, or its error is not a
    fraction of them), its test error, whether it diverged, and whether its errors are those of
    values, 1 − R².
    """

    name: str
    experiment: Experiment
    error: float | None
    ended: bool = True
    samples: int = 0
    test_error: float | None = None
    diverged: bool = False
    regression: bool = False


@dataclass(frozen=True)
class _Scale:
    """How errors are written: in the form of all pages, and those of values as R²."""

    form: Form
    regression: bool

    @property
    def score(self) -> str:
        return name(self.form, regression=self.regression)

    @property
    def best(self) -> str:
        return "lowest" if self.form == "error" else "highest"

    def text(self, error: float) -> str:
        return describe({"r2" if self.regression else "accuracy": 1 - error}, self.form)

    def size(self, difference: float) -> str:
        """A difference, without its unit."""
        return short(difference if self.regression else 100 * difference).replace("-", "−")

    def with_unit(self, difference: float) -> str:
        return self.size(difference) if self.regression else points(difference)

    def mean(self, errors: Sequence[float]) -> str:
        """Such as "1.6 ± 0.1 % (3 seeds)"."""
        if len(errors) < 2:
            return f"{self.text(errors[0])} (1 seed)"
        unit = "" if self.regression else f"{THIN}%"
        middle = self.text(mean(errors)).removesuffix(unit)
        return f"{middle} ± {self.size(stdev(errors))}{unit} ({len(errors)} seeds)"


@dataclass(frozen=True)
class Comparison:
    """The finding (names in its text are plain), the name of the best setting, and the experiments
    that give each setting SEEDS seeds.
    """

    finding: Finding
    leader: str = ""
    more_seeds: tuple[Experiment, ...] = ()


@dataclass(frozen=True)
class _Setting:
    """Runs that differ only in their seeds, and their errors."""

    results: tuple[RunResult, ...]

    @property
    def name(self) -> str:
        return self.results[0].name

    def has(self, name: str) -> bool:
        """Whether the run of this name has the setting."""
        return any(result.name == name for result in self.results)

    @property
    def test_errors(self) -> list[float]:
        """The finite test errors of all runs."""
        errors = (result.test_error for result in self.results)
        return [error for error in errors if error is not None and isfinite(error)]

    @property
    def errors(self) -> list[float]:
        """One error per seed: a repeated run counts once."""
        by_seed = {r.experiment.seeds: r.error for r in self.results if r.error is not None}
        return [error for error in by_seed.values() if isfinite(error)]


def make_result(
    name: str,
    experiment: Experiment,
    *,
    validation: Scores | None,
    test: Scores | None,
    samples: int,
    ended: bool = True,
    diverged: bool = False,
) -> RunResult:
    """Return the result of a run with its best scores on the validation set of `samples` samples
    (0: unknown), and its scores on the test set.
    """
    return RunResult(
        name,
        experiment,
        error(validation),
        ended,
        0 if is_regression(validation) else samples,
        test_error=error(test),
        diverged=diverged,
        regression=is_regression(validation),
    )


def compare_results(
    results: Sequence[RunResult], *, reference: str = "", form: Form = "error"
) -> Comparison:
    """Return which setting has the lowest error, by how much, and how reliable that is. It is
    compared with the setting of the run named `reference`, else with the next best one. The text
    has errors or accuracies (`form`), the evidence errors.
    """
    settings = _group(results)
    diverged = [result.name for result in results if result.diverged]
    measured = [setting for setting in settings if setting.errors]
    if not measured:
        ended = all(result.ended for result in results)
        state = "was validated before it ended" if ended else "has been validated yet"
        text = f"None of these runs {state}."
        if len(diverged) == len(results):
            text = "All of these runs diverged before their first validation."
        return Comparison(Finding("not_measured", "info", text, {"diverged": diverged}))
    if any(_subject(setting) != _subject(measured[0]) for setting in measured):
        text = (
            "These runs were validated on different samples (different data, split or label "
            "noise), so their results do not show which settings are better."
        )
        return Comparison(Finding("different_samples", "info", text))
    regression = measured[0].results[0].regression
    scale = _Scale("accuracy" if regression else form, regression)
    if len(measured) == 1:
        rest = [setting for setting in settings if not setting.errors]
        return _single(measured[0], rest, diverged, scale)
    first, second, *rest = sorted(measured, key=lambda setting: mean(setting.errors))
    second = next((setting for setting in rest if setting.has(reference)), second)
    more = tuple(experiment for setting in measured for experiment in _more_seeds(setting))
    code, text, evidence = _lead(first, second, scale)
    text += _describe_test(first, second, evidence, scale) + _describe_divergence(diverged)
    running = sum(not r.ended for setting in measured for r in setting.results)
    if running:
        text += (
            f" {counted(running, 'run')} of these {'is' if running == 1 else 'are'} not finished."
        )
    return Comparison(
        Finding(code, "info", text, evidence | {"running": running, "diverged": diverged}),
        first.name,
        more,
    )


def _group(results: Sequence[RunResult]) -> list[_Setting]:
    groups: dict[str, list[RunResult]] = {}
    for result in results:
        settings = result.experiment.model_dump_json(exclude=set(NO_SETTING))
        groups.setdefault(settings, []).append(result)
    return [_Setting(tuple(group)) for group in groups.values()]


def _subject(setting: _Setting) -> str:
    return validated_on(setting.results[0].experiment)


def _single(
    setting: _Setting, unmeasured: list[_Setting], diverged: list[str], scale: _Scale
) -> Comparison:
    others = _describe_divergence(diverged)
    rest = [result for each in unmeasured for result in each.results if not result.diverged]
    if rest:
        ended = all(result.ended for result in rest)
        state = "were not validated before they ended" if ended else "have not been validated yet"
        others += f" The other runs {state}."
    reached = scale.mean(setting.errors)
    text = f"{setting.name} reaches a validation {scale.score} of {reached}.{others}"
    evidence = {"errors": setting.errors, "unmeasured": len(unmeasured), "diverged": diverged}
    finding = Finding("one_setting", "info", text, evidence)
    return Comparison(finding, setting.name, _more_seeds(setting))


def _lead(first: _Setting, second: _Setting, scale: _Scale) -> tuple[str, str, dict[str, Any]]:
    """Return code, text and evidence of the difference between the two best settings."""
    ours, theirs = first.errors, second.errors
    lead = mean(theirs) - mean(ours)
    evidence = {"errors": [ours, theirs], "lead": lead}
    means = [scale.mean(ours), scale.mean(theirs)]
    if lead == 0:
        text = f"{first.name} and {second.name} have the same validation {scale.score}: "
        text += " and ".join(dict.fromkeys(means))
        return "no_difference", f"{text}.", evidence
    samples = min(setting.results[0].samples for setting in (first, second))
    single = samples > 0 and len(ours) == len(theirs) == 1
    values = [scale.text(ours[0]), scale.text(theirs[0])] if single else means
    text = (
        f"{first.name} has the {scale.best} validation {scale.score}: {values[0]} against "
        f"{values[1]} for {second.name}, a difference of {scale.with_unit(lead)}"
    )
    if min(len(ours), len(theirs)) > 1:
        reach = welch_interval(ours, theirs)
        evidence |= {"low": lead - reach, "high": lead + reach}
        text += f" ({_bounds(evidence, scale)} at 95{THIN}% confidence)"
        if lead > reach:
            return "significant", f"{text}, more than the seeds explain.", evidence
        return "not_significant", f"{text}, so it may be chance.", evidence
    if not single:
        text += ". With one seed per run there is no error bar, so this difference may be chance."
        return "one_seed", text, evidence
    reach = sampling_interval(ours[0], theirs[0], samples)
    evidence |= {"low": lead - reach, "high": lead + reach, "samples": samples}
    bounds = _bounds(evidence, scale)
    text += f" ({bounds} at 95{THIN}% confidence on {whole(samples)} validation samples). "
    chance = "Each run has one seed: train more to include their chance."
    return "one_seed", text + ("It may be chance." if lead <= reach else chance), evidence


def _bounds(evidence: dict[str, Any], scale: _Scale) -> str:
    """Return the ends of the interval of the difference."""
    return " to ".join(scale.size(evidence[end]) for end in ("low", "high"))


def _describe_test(
    first: _Setting, second: _Setting, evidence: dict[str, Any], scale: _Scale
) -> str:
    """Return a sentence if the test errors have the other order, and add them to `evidence`."""
    if not (first.test_errors and second.test_errors):
        return ""
    ours, theirs = mean(first.test_errors), mean(second.test_errors)
    evidence["test_errors"] = [ours, theirs]
    if evidence["lead"] <= 0 or ours <= theirs:
        return ""
    return (
        f" On the test set the order is reversed ({scale.text(ours)} for {first.name}, "
        f"{scale.text(theirs)} for {second.name}), so do not conclude which one is better."
    )


def _describe_divergence(diverged: Sequence[str]) -> str:
    """Return a sentence that names the runs that diverged."""
    return f" Diverged: {', '.join(diverged)}." if diverged else ""


def _more_seeds(setting: _Setting) -> tuple[Experiment, ...]:
    """Return the same settings with unused seeds, until there are SEEDS of them."""
    base, used = setting.results[0].experiment, [r.experiment.seeds for r in setting.results]
    new: list[Experiment] = []
    shift = 0
    while len(used) < SEEDS:
        shift += 1
        seeds = Seeds(**{n: (v + shift) % 2**31 for n, v in base.seeds.model_dump().items()})
        if seeds not in used:
            used.append(seeds)
            new.append(base.model_copy(update={"seeds": seeds}))
    return tuple(new)
