"""The options of the commands that have many."""

import argparse

from core.commands.options import add_reading_options, add_rename_option
from core.weights.fork import CONTINUATIONS

RUN_HELP = "id of the run, the beginning of the id, or last"


def add_experiment_options(command: argparse.ArgumentParser, several: str = "") -> None:
    """Add what describes an experiment to train; `several` completes the help of --set."""
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


def add_fork_options(command: argparse.ArgumentParser) -> None:
    """Add what a fork needs: the run, the epoch and the changes."""
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


def add_evaluation_options(command: argparse.ArgumentParser) -> None:
    """Add the run, the analyses and the files of an evaluation."""
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


def add_export_options(command: argparse.ArgumentParser) -> None:
    """Add the runs, the format and the file of an export."""
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


def add_prediction_options(command: argparse.ArgumentParser) -> None:
    """Add the run and the files to answer for."""
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


def add_search_options(command: argparse.ArgumentParser) -> None:
    """Add what describes a search, its space and its budget."""
    command.add_argument(
        "experiment",
        metavar="RUN|EXPERIMENT|SEARCH",
        nargs="?",
        help="id of a run or last; JSON file of an experiment or a search; ready-made experiment",
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


def add_study_options(command: argparse.ArgumentParser) -> None:
    """Add the study, its data and its base experiment."""
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


def add_comparison_options(command: argparse.ArgumentParser) -> None:
    """Add what is compared, and with how many seeds."""
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
        help="train again with this change: a choice by its name or with its family, such as "
        "flip, augmentation=flip or optimizer=sgd, or a value such as "
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
