"""The command that compares changes of an experiment in pairs of trainings with the same seeds. It
returns the plain data of `--json`.
"""

from argparse import Namespace

from core.base.encoding import change
from core.base.errors import BadInput
from core.base.text import join_words
from core.commands.requested import Answer, assignments, run_or_experiment
from core.commands.studies import parse_workers, run_study
from core.commands.terminal import Terminal
from core.studies.changes import removals
from core.studies.draft_studies import PAIRS, compare_changes
from core.studies.possible_changes import parse_change


def compare(arguments: Namespace, terminal: Terminal) -> Answer:
    """Train an experiment and its changes with the same seeds, as a study; `sweep --resume`
    continues it after Ctrl+C.
    """
    from core.studies.duration import first_executors
    from core.studies.folder import Studies
    from core.studies.sweeps import create

    store, processes = Studies(), parse_workers(arguments.workers)
    name, arguments.name = arguments.name, None  # that of the study, not of its experiment
    base = run_or_experiment(arguments.subject)
    for path, value in assignments(arguments):
        base = change(base, path, value)
    if arguments.device is not None:
        base = change(base, "device", arguments.device)
    changes = [parse_change(text, remove=True) for text in arguments.without]
    changes += [parse_change(text, remove=False) for text in arguments.added]
    if not changes:
        parts = join_words(list(removals(base)), "or") or "nothing"
        raise BadInput(
            f"There is nothing to compare. This experiment can be trained --without {parts}; "
            "--with adds a choice, for example --with augmentation=flip.",
            code="no_change",
        )
    study = compare_changes(
        base, changes, repeats=_parse_seeds(arguments.seeds), measured_on=arguments.on or ""
    )
    if name is not None:
        study = change(study, "name", name)
    for _ in first_executors(store.home, study, terminal.progress):
        pass  # each one checks its experiment
    return run_study(store, create(store.home, study), processes, terminal)


def _parse_seeds(text: str | None) -> int:
    if text is None:
        return PAIRS
    if not text.isdecimal() or not int(text):
        raise BadInput(
            f"--seeds {text} is not a number of seeds. Write a whole number of at least 1.",
            code="seeds_not_a_number",
        )
    return int(text)
