"""The command that lists lessons, prints one, and trains it to check its claims."""

from argparse import Namespace
from typing import Any

from core.base.errors import BadInput
from core.base.text import aligned
from core.commands.requested import Answer
from core.commands.terminal import Terminal
from core.lessons.lesson import Lesson
from core.lessons.library import load_lesson, shipped_lessons
from core.lessons.questions import ChoiceQuestion
from core.runs.store import default_home

MOST_SEEDS = 20


def lessons(arguments: Namespace, terminal: Terminal) -> Answer:
    """List the lessons; with a name or a file, print its steps; with --check, train them."""
    if not 1 <= arguments.seeds <= MOST_SEEDS:
        raise BadInput(
            f"--seeds is {arguments.seeds}, but it must be from 1 to {MOST_SEEDS}. Use --seeds 3.",
            code="seeds_out_of_range",
        )
    home = default_home()
    named = shipped_lessons()
    if arguments.lesson:
        named = {arguments.lesson: load_lesson(arguments.lesson, home)}
    if arguments.check:
        return _check(named, arguments.seeds, terminal)
    if not arguments.lesson:
        terminal.print(*aligned([(name, lesson.title) for name, lesson in named.items()]))
    else:
        _print_steps(named[arguments.lesson], terminal)
    return {"lessons": {name: lesson.model_dump(mode="json") for name, lesson in named.items()}}


def _print_steps(lesson: Lesson, terminal: Terminal) -> None:
    terminal.print(f"{lesson.title}: {lesson.summary}")
    for number, step in enumerate(lesson.steps, 1):
        terminal.print("", f"{number}. {step.title}", f"   {step.text}", f"   {step.question.text}")
        if isinstance(step.question, ChoiceQuestion):
            terminal.print(*(f"   - {option.text}" for option in step.question.options))


def _check(named: dict[str, Lesson], seeds: int, terminal: Terminal) -> Answer:
    """Train the lessons; the reason is failed if a claim of one does not hold."""
    from core.lessons.rehearsal import rehearse

    results: dict[str, list[dict[str, Any]]] = {}
    problems: list[str] = []
    for name, lesson in named.items():
        results[name] = []
        for done in rehearse(lesson, default_home(), seeds=seeds, progress=terminal.progress):
            place = f"{name}, step {done.step + 1}, seed {done.seed}"
            terminal.print(f"{place}: {'; '.join(done.failed) or 'holds'}")
            problems += [f"{place}: {text}" for text in done.failed]
            results[name].append(
                {"step": done.step + 1, "seed": done.seed, "numbers": done.numbers,
                 "failed": list(done.failed), "right": list(done.right)}
            )  # fmt: skip
    message = f"All claims of {len(named)} lessons hold for {seeds} seeds."
    if problems:
        message = f"{len(problems)} claims do not hold. The first: {problems[0]}."
    else:
        terminal.print(message)
    return {"reason": "failed" if problems else "checked", "message": message, "lessons": results}
