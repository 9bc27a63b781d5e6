"""All commands and their options. Each command is a function of its arguments and a terminal that
returns the plain data of `--json`.
"""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

from core.base.errors import BadInput
from core.commands import (
    catalogue,
    comparison,
    evaluation,
    experiments,
    exporting,
    inspection,
    prediction,
    runs,
    search,
    selfcheck,
    studies,
    verification,
    weights,
)
from core.commands.options import add_reading_options, add_rename_option
from core.weights.fork import CONTINUATIONS

DESCRIPTION = "The command line: the same engine and the same files as the app."
RUN_HELP = "id of the run, the beginning of the id, or last"


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
    _add_experiment_options(train, "; a number can have several values, such as 0.1,0.01")
    rate = add("rate", experiments.find_learning_rate, "suggest a learning rate (range test)")
    _add_experiment_options(rate)
    resume = add("resume", experiments.resume, "continue a run from its last checkpoint")
    resume.add_argument("run", metavar="RUN", help=RUN_HELP)
    forked = add("fork", experiments.fork, "go on from an epoch of a run with other settings")
    _add_fork_options(forked)
    add("runs", runs.list_runs, "list the runs")
    evaluate = add("evaluate", evaluation.evaluate, "evaluate a finished run")
    _add_evaluation_options(evaluate)
    sweep = add("sweep", studies.sweep, "run a study, for example of double descent")
    _add_study_options(sweep)
    compared = add("compare", comparison.compare, "measure what changes of an experiment do")
    _add_comparison_options(compared)
    add("studies", studies.studies, "list the studies and the ready-made studies")
    searched = add("search", search.search, "search for the best settings of an experiment")
    _add_search_options(searched)
    add("searches", search.searches, "list the searches")
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
    _add_prediction_options(predicted)
    exported = add("export", exporting.export, "write a finished run as a file for other programs")
    _add_export_options(exported)
    loaded = add("load", weights.load_weights, "check and store a file of weights")
    loaded.add_argument("file", metavar="FILE", help=".safetensors or .pth, also of other tools")
    loaded.add_argument(
        "--into",
        metavar="EXPERIMENT",
        help="compare it with the network of this JSON file or ready-made experiment",
    )
    add("presets", catalogue.presets, "list ready-made experiments and all choices with fields")
    add("techniques", catalogue.techniques, "print all techniques with formula, source and page")
    add("selfcheck", selfcheck.selfcheck, "check the installation, devices and disk")
    return top


def _add_experiment_options(command: argparse.ArgumentParser, several: str = "") -> None:
    command.add_argument(
        "experiment", metavar="EXPERIMENT", help="JSON file or name of a ready-made experiment"
    )
    _add_data_options(command)
    _add_set_option(command, "optimizer.learning_rate=0.01", several)
    command.add_argument(
        "--from",
        dest="start",
        metavar="RUN|FILE",
        help="start from the weights of a run or of a file, instead of from scratch",
    )
    command.add_argument("--epochs", metavar="N", help="short for --set epochs=N")
    command.add_argument("--name", help="name of the run")


def _add_fork_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", metavar="RUN", help=RUN_HELP)
    command.add_argument(
        "--epoch", metavar="N", help="complete epochs to go on from (default: all of the run)"
    )
    _add_set_option(command, "optimizer.learning_rate=0.001")
    command.add_argument(
        "--extend", metavar="N", help="epochs to train after the fork, short for --set epochs=…"
    )
    command.add_argument("--epochs", metavar="N", help="short for --set epochs=N")
    command.add_argument(
        "--schedule",
        choices=CONTINUATIONS,
        default="continued",
        help="how the learning rate goes on: its schedule continues over all epochs, restarts at "
        "the fork, or the rate of the fork is held (default: continued)",
    )
    command.add_argument("--name", help="name of the run")


def _add_evaluation_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", metavar="RUN", help=RUN_HELP)
    command.add_argument(
        "--only",
        action="extend",
        nargs="+",
        default=[],
        metavar="ANALYSIS",
        help="analyses to compute, such as confusion (default: all quick ones)",
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="OPTION=VALUE",
        help="change an option of the analyses, for example part=train; can be repeated",
    )
    command.add_argument(
        "--on",
        nargs="+",
        default=[],
        metavar="FILE",
        help="evaluate these labelled samples in place of the test set: a file with a label "
        "column, or a file of inputs and one of labels",
    )
    command.add_argument("--labels", help="spreadsheet of the labels of --on")
    add_rename_option(command)
    add_reading_options(command)


def _add_export_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", metavar="RUN", help=RUN_HELP)
    command.add_argument(
        "others", metavar="RUN", nargs="*", help="further runs, for a report that compares them"
    )
    command.add_argument("--to", metavar="FORMAT", required=True, help="such as script or onnx")
    command.add_argument(
        "--file", metavar="PATH", help="output file, or folder for some formats (default: RUN.…)"
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="OPTION=VALUE",
        help="change an option of the format; can be repeated",
    )
    command.add_argument(
        "--prove",
        action="store_true",
        help="also run the exported script and compare its losses with those of the run",
    )


def _add_prediction_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", metavar="RUN", help=RUN_HELP)
    command.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="images, archives or folders of images, or one spreadsheet or array without labels",
    )
    command.add_argument("--to", metavar="ANSWERS", help="save the answers as .csv or .xlsx")
    add_rename_option(command)
    add_reading_options(command)


def _add_search_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "experiment", metavar="EXPERIMENT", nargs="?", help="JSON file or ready-made experiment"
    )
    command.add_argument("--resume", metavar="ID", help="continue this search, or the last one")
    command.add_argument("--show", metavar="ID", help="print the trials and the best settings")
    command.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="PATH[=RANGE]",
        help="a setting to search, such as optimizer.learning_rate=1e-4..1:log, depth=1..4 or "
        "activation=relu,gelu; can be repeated (default: the most important settings)",
    )
    for name in ("trials", "parallel", "seed", "finalists", "repeats"):
        command.add_argument(f"--{name}", metavar="N", type=int)
    command.add_argument("--strategy", help="random, grid, tpe, gaussian_process or many_starts")
    command.add_argument("--pruning", help="none, median or hyperband")
    command.add_argument("--goal", help="validation_loss or validation_error")
    command.add_argument("--against", help="second goal: seconds, parameters or multiply_adds")
    command.add_argument("--budget", metavar="TIME", help="time budget, such as 10m")
    command.add_argument("--workers", metavar="N", help="number of processes (default: 2)")
    _add_data_options(command)
    _add_set_option(command, "batch_size=64")
    command.add_argument("--from", dest="start", metavar="RUN|FILE", help="weights to start from")
    command.add_argument("--epochs", metavar="N", help="short for --set epochs=N")
    command.add_argument("--name", help="name of the runs")


def _add_study_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "study", metavar="STUDY", nargs="?", help="JSON file or name of a ready-made study"
    )
    command.add_argument("--resume", metavar="ID", help="continue this study, or the last one")
    command.add_argument("--workers", metavar="N", help="number of processes (default: 2)")
    command.add_argument(
        "--experiment",
        metavar="EXPERIMENT",
        help="base experiment: JSON file or name of a ready-made experiment",
    )
    _add_data_options(command)
    _add_set_option(command, "base.label_noise.share=0.2")
    command.add_argument("--name", help="name of the study")


def _add_comparison_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "subject",
        metavar="RUN|EXPERIMENT",
        help="id of a run or last; or a JSON file or the name of a ready-made experiment",
    )
    command.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="PART",
        help="train again without this part, such as dropout, augmentation, weight_decay, "
        "schedule; can be repeated",
    )
    command.add_argument(
        "--with",
        dest="added",
        action="append",
        default=[],
        metavar="CHANGE",
        help="train again with this change, such as augmentation=flip, optimizer=sgd or "
        "optimizer.learning_rate=0.01; can be repeated",
    )
    command.add_argument("--seeds", metavar="K", help="number of seeds (default: 5)")
    command.add_argument(
        "--on",
        choices=("validation", "test"),
        help="compare on this set (default: validation, without one test)",
    )
    command.add_argument("--workers", metavar="N", help="number of processes (default: 2)")
    _add_set_option(command, "optimizer.learning_rate=0.01")
    command.add_argument("--epochs", metavar="N", help="short for --set epochs=N")
    command.add_argument("--name", help="name of the study")


def _add_data_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data", metavar="NAME", help="name of a ready-made dataset, such as digits or mnist"
    )
    command.add_argument("--images", help="spreadsheet of images, replaces the experiment's data")
    command.add_argument(
        "--labels", help="spreadsheet of labels (not needed if --images has a label column)"
    )
    command.add_argument("--test-images", help="spreadsheet of test images")
    command.add_argument("--test-labels", help="spreadsheet of test labels")
    add_reading_options(command)


def _add_set_option(command: argparse.ArgumentParser, example: str, more: str = "") -> None:
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help=f"change a field, for example {example}; can be repeated" + more,
    )
