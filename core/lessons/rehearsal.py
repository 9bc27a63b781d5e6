"""A lesson trained from its first to its last step without a browser, to see whether its claims
hold for other seeds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.base.events import to_json
from core.experiment import Experiment
from core.lessons.lesson import Lesson
from core.lessons.measures import Numbers
from core.lessons.questions import ChoiceQuestion, SketchQuestion
from core.runs.history import History


@dataclass(frozen=True)
class RehearsedStep:
    """One step with one seed: the numbers of its run, the claims that do not hold, and which
    options are right. A question with options needs exactly one that is.
    """

    seed: int
    step: int
    numbers: Numbers
    failed: tuple[str, ...]
    right: tuple[int, ...]
    explanation: str

    @property
    def holds(self) -> bool:
        """Whether all claims hold and the question has one right answer."""
        return not self.failed


def rehearse(
    lesson: Lesson,
    home: Path,
    *,
    seeds: int = 1,
    progress: Callable[[float, str], None] | None = None,
) -> Iterator[RehearsedStep]:
    """Train every step with the seeds of the draft and with those above it. Raises LabError if a
    step cannot be trained.
    """
    total = seeds * len(lesson.steps)
    for seed in range(seeds):
        runs: list[Numbers] = []
        for index, step in enumerate(lesson.steps):
            if progress:
                done = seed * len(lesson.steps) + index
                progress(done / total, f"Seed {seed + 1} of {seeds} · {step.title}")
            history = train_step(with_seed(lesson.experiment(index), seed), home)
            runs.append(lesson.measure(index, history))
            failed = [
                f"{claim.left} {claim.relation} {claim.times:g} × {claim.right}"
                for claim in lesson.failed_claims(index, runs)
            ]
            question, right = step.question, ()
            if isinstance(question, SketchQuestion) and not question.measured(runs[-1]):
                failed.append("the run has no curve to compare with")
            if isinstance(question, ChoiceQuestion):
                options = range(len(question.options))
                right = tuple(k for k in options if question.is_right(str(k), index, runs))
                if len(right) != 1:
                    failed.append(f"{len(right)} of {len(options)} options are right")
            yield RehearsedStep(
                seed, index, runs[-1], tuple(failed), right, lesson.explain(index, runs)
            )


def with_seed(experiment: Experiment, seed: int) -> Experiment:
    """Return the experiment with `seed` added to the seeds of its weights, order, dropout and
    augmentation; the data and its split stay.
    """
    seeds = {name: (value + seed) % 2**31 for name, value in experiment.seeds}
    return experiment.model_copy(update={"seeds": experiment.seeds.model_copy(update=seeds)})


def train_step(experiment: Experiment, home: Path) -> History:
    """Train an experiment in memory and return its history."""
    from core.training.inputs import load_inputs
    from core.training.loop import train

    history = History(experiment.stopping)
    history.add(to_json(event) for event in train(experiment, load_inputs(experiment, home)))
    return history
