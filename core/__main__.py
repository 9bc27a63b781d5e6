"""The command line: the same engine and the same files as the app.

Exit status 0: done. 2: bad input, one sentence on standard error. 1: a fault of ours.
"""

import argparse
import json
import os
import sys
from typing import Any

from core.base import device
from core.base.errors import LabError
from core.commands import experiments, options, runs, studies

MODULES = (experiments, runs, studies)


def parser() -> argparse.ArgumentParser:
    """Every command with its options; `--json`, `--home` and `--device` go with each."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--json", action="store_true", help="one JSON object as the last line of standard output"
    )
    common.add_argument(
        "--home", metavar="DIR", help="where data and runs lie (LAB_HOME, else ./lab)"
    )
    common.add_argument("--device", help="auto, cpu, cuda or cuda:N")
    top = argparse.ArgumentParser(prog="python -m core", description=__doc__.splitlines()[0])
    add = top.add_subparsers(dest="command", required=True, metavar="COMMAND").add_parser

    inspect = add(
        "inspect",
        parents=[common],
        help="what a spreadsheet of pictures holds, and what is doubtful about it",
    )
    _tables(inspect, required=True)
    train = add(
        "train", parents=[common], help="train an experiment: a JSON file or a shipped name"
    )
    _experiment(train)
    rate = add(
        "rate",
        parents=[common],
        help="find a learning rate: some dozens of steps while it grows, and what they suggest",
    )
    _experiment(rate)
    resume = add("resume", parents=[common], help="go on with a run where its checkpoint stands")
    resume.add_argument("run", metavar="RUN", help="its id, the beginning of it, or last")
    add("runs", parents=[common], help="list the runs")
    _study(
        add(
            "sweep",
            parents=[common],
            help="compute a study, such as double descent: a JSON file or a shipped name",
        )
    )
    add("studies", parents=[common], help="list the studies, and those that are shipped")
    archive = add("archive", parents=[common], help="a run as one file that another lab opens")
    archive.add_argument("run", metavar="RUN", help="its id, the beginning of it, or last")
    archive.add_argument("--to", metavar="FILE", help="where it is written (RUN.zip)")
    archive.add_argument(
        "--data", action="store_true", help="with the spreadsheets it learned from"
    )
    opened = add("open", parents=[common], help="open the archive of a run from another lab")
    opened.add_argument("archive", metavar="ARCHIVE")
    add(
        "presets",
        parents=[common],
        help="list shipped experiments, network presets, and every choice with its fields",
    )
    add("techniques", parents=[common], help="every choice with formula, source and page")
    add("selfcheck", parents=[common], help="torch and torchvision, devices, disk, write access")
    return top


def _study(command: argparse.ArgumentParser) -> None:
    command.add_argument("study", metavar="STUDY", nargs="?", help="a JSON file or a shipped name")
    command.add_argument("--resume", metavar="ID", help="go on with this study, or with the last")
    command.add_argument("--workers", type=int, default=0, metavar="N", help="processes (2)")
    command.add_argument(
        "--experiment", metavar="EXPERIMENT", help="its base: a JSON file or a shipped name"
    )
    _given_data(command)
    _changes(command, "base.label_noise.share=0.2")
    command.add_argument("--name", help="what the study is called")


def _experiment(command: argparse.ArgumentParser) -> None:
    command.add_argument("experiment", metavar="EXPERIMENT")
    _given_data(command)
    _changes(command, "optimizer.learning_rate=0.01")
    command.add_argument("--epochs", metavar="N", help="short for --set epochs=N")
    command.add_argument("--name", help="what the run is called")


def _given_data(command: argparse.ArgumentParser) -> None:
    command.add_argument("--images", help="spreadsheet of pictures, in place of the data it names")
    command.add_argument(
        "--labels", help="spreadsheet of labels; left out when the pictures have a label column"
    )
    command.add_argument("--test-images", help="pictures kept for the test alone")
    command.add_argument("--test-labels", help="their labels")
    options.add(command)


def _changes(command: argparse.ArgumentParser, example: str) -> None:
    command.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help=example)


def _tables(command: argparse.ArgumentParser, *, required: bool) -> None:
    command.add_argument("images", metavar="IMAGES", help="one row a picture, one column a pixel")
    command.add_argument("labels", metavar="LABELS", nargs="?", help="one label a row")
    options.add(command)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; the exit status."""
    given = parser().parse_args(arguments)
    if given.home:
        os.environ["LAB_HOME"] = given.home
    device.prepare()
    try:
        module = next(module for module in MODULES if hasattr(module, given.command))
        answer: dict[str, Any] = getattr(module, given.command)(given)
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    if given.json:
        print(json.dumps(answer))
    return 1 if answer.get("reason") == "failed" else 0


if __name__ == "__main__":
    sys.exit(main())
