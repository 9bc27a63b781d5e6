"""All commands and their options. Each command is a function of its arguments and a terminal that
returns the plain data of `--json`.
"""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

from core.base.errors import BadInput
from core.commands import (
    catalogue,
    cluster,
    comparison,
    evaluation,
    experiments,
    exporting,
    inspection,
    lessons,
    prediction,
    runs,
    search,
    selfcheck,
    studies,
    verification,
    weights,
)
from core.commands.command_options import (
    RUN_HELP,
    add_comparison_options,
    add_evaluation_options,
    add_experiment_options,
    add_export_options,
    add_fork_options,
    add_prediction_options,
    add_search_options,
    add_study_options,
)
from core.commands.options import add_reading_options

DESCRIPTION = "The command line: the same engine and the same files as the app."


class Parser(argparse.ArgumentParser):
    """A parser whose errors are those of the lab: one sentence, and JSON with --json."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(
            f"{message[:1].upper()}{message[1:]}. `{self.prog} --help` lists the options.",
            code="invalid_options",
        )


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; each command accepts --json, --home and --device."""
    common = Parser(add_help=False)
    common.add_argument(
        "--json", action="store_true", help="print one JSON object as the last line of output"
    )
    common.add_argument(
        "--home", metavar="DIR", help="folder for data and runs (default: LAB_HOME, else ./lab)"
    )
    common.add_argument("--device", help="auto, cpu, cuda or cuda:N")
    top = Parser(prog="python -m core", description=DESCRIPTION)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, execute: Callable[..., Any], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, parents=[common], help=text, description=text)
        command.set_defaults(execute=execute)
        return command

    inspect = add("inspect", inspection.inspect, "check files of images or numbers")
    inspect.add_argument(
        "images",
        metavar="IMAGES",
        help="one row per image, one column per pixel; or arrays, or an archive of images",
    )
    inspect.add_argument("labels", metavar="LABELS", nargs="?", help="one label per row")
    add_reading_options(inspect)
    train = add("train", experiments.train, "train an experiment")
    add_experiment_options(train, "; a number can have several values, such as 0.1,0.01")
    rate = add("rate", experiments.find_learning_rate, "suggest a learning rate (range test)")
    add_experiment_options(rate)
    resume = add("resume", experiments.resume, "continue a run from its last checkpoint")
    resume.add_argument("run", metavar="RUN", help=RUN_HELP)
    forked = add("fork", experiments.fork, "go on from an epoch of a run with other settings")
    add_fork_options(forked)
    add("runs", runs.list_runs, "list the runs")
    evaluate = add("evaluate", evaluation.evaluate, "evaluate a finished run")
    add_evaluation_options(evaluate)
    sweep = add("sweep", studies.sweep, "run a study, for example of double descent")
    add_study_options(sweep)
    compared = add("compare", comparison.compare, "measure what changes of an experiment do")
    add_comparison_options(compared)
    add("studies", studies.studies, "list the studies and the ready-made studies")
    searched = add("search", search.search, "search for the best settings of an experiment")
    add_search_options(searched)
    add("searches", search.searches, "list the searches")
    add("cluster", cluster.cluster, "list the nodes of the Ray cluster and what runs there")
    archive = add("archive", runs.archive_run, "write a run to a file for another lab")
    archive.add_argument("run", metavar="RUN", help=RUN_HELP)
    archive.add_argument("--to", metavar="FILE", help="output file (default: RUN.zip)")
    archive.add_argument(
        "--data", action="store_true", help="include the spreadsheets that the run was trained on"
    )
    opened = add("open", runs.open_archive, "open the archive of a run from another lab")
    opened.add_argument("archive", metavar="ARCHIVE")
    verified = add("verify", verification.verify_run, "train a run again and compare every step")
    verified.add_argument("run", metavar="RUN|ARCHIVE", help=f"{RUN_HELP}; or the archive of a run")
    verified.add_argument(
        "--from",
        dest="epoch",
        metavar="EPOCH",
        default="0",
        help="begin at the kept checkpoint nearest to the end of this epoch (default: the start)",
    )
    predicted = add("predict", prediction.predict, "answer for new inputs with a finished run")
    add_prediction_options(predicted)
    exported = add("export", exporting.export, "write a finished run as a file for other programs")
    add_export_options(exported)
    loaded = add("load", weights.load_weights, "check and store a file of weights")
    loaded.add_argument("file", metavar="FILE", help=".safetensors or .pth, also of other tools")
    loaded.add_argument(
        "--into",
        metavar="EXPERIMENT",
        help="compare it with the network of this JSON file or ready-made experiment",
    )
    add("presets", catalogue.presets, "list ready-made experiments and all choices with fields")
    taught = add("lessons", lessons.lessons, "list the lessons, print one, or check its claims")
    taught.add_argument(
        "lesson", metavar="LESSON", nargs="?", help="name of a lesson, or a JSON file"
    )
    taught.add_argument("--check", action="store_true", help="train every step, and check claims")
    taught.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="seeds for --check (default: 1)"
    )
    add("techniques", catalogue.techniques, "print all techniques with formula, source and page")
    explained = add("glossary", catalogue.glossary, "explain a term, or list all terms")
    explained.add_argument(
        "term", metavar="TERM", nargs="*", help="a name or words of the definition"
    )
    add("selfcheck", selfcheck.selfcheck, "check the installation, devices and disk")
    return top
