"""Every command in README.md and docs/ works: it runs on the bundled data, without a network.

Commands that need a network, Docker, a server or a lot of time are listed in NOT_RUN with the
reason; their spelling and their options are checked instead.
"""

import argparse
import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest

import core.__main__
from core.base.encoding import change, encode
from core.base.settings import Settings
from core.commands.parser import parser
from core.experiment import shipped
from core.optim.optimizers import Optimizer
from core.runs.store import Store
from core.studies import study as studies
from core.studies.sweeps import create
from tests.conftest import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"\s+#\s.*$")
PYTHON = {"python", "python3", ".venv/bin/python"}


def blocks(path: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return [text for name, text in BLOCK.findall(path.read_text()) if name == language]


def commands(path: Path) -> list[str]:
    """Return every command of the shell blocks, without comments, one per line."""
    text = "\n".join(blocks(path, "sh")).replace("\\\n", " ")
    return [line for line in (COMMENT.sub("", line) for line in text.splitlines()) if line.strip()]


def words_of(command: str) -> list[str]:
    """Split a command into words, without leading variables such as LAB_MODE=class."""
    words = shlex.split(command)
    return words[len(variables_of(command)) :]


def variables_of(command: str) -> dict[str, str]:
    """Return the variables before a command."""
    words = takewhile(re.compile(r"[A-Z_]+=.*").fullmatch, shlex.split(command))
    return dict(word.split("=", 1) for word in words)


def check_make(words: list[str]) -> None:
    """Check that the targets exist."""
    command = ["make", "-n", *words[1:]]
    dry_run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert dry_run.returncode == 0, dry_run.stderr


def check_pip(words: list[str]) -> None:
    """Check the options, the requirement files and the pinned versions."""
    from pip._internal.commands import create_command

    assert words[1:4] == ["-m", "pip", "install"]
    options, packages = create_command("install").parse_args(words[4:])
    pinned = (ROOT / "requirements.txt").read_text().splitlines()
    assert packages or options.requirements
    assert set(packages) <= set(pinned)
    assert all((ROOT / name).is_file() for name in options.requirements)


def check_streamlit(words: list[str]) -> None:
    """Check the script and the options of the server."""
    from streamlit.web.cli import main_run

    assert words[1:4] == ["-m", "streamlit", "run"]
    context = main_run.make_context("run", words[4:])
    assert (ROOT / context.params["target"]).is_file()


def check_venv(words: list[str]) -> None:
    assert words[1:] == ["-m", "venv", ".venv"]


def check_benchmark(words: list[str]) -> None:
    """Check that the benchmark exists and accepts the options."""
    module = importlib.import_module(words[2])
    getattr(module, "parser", argparse.ArgumentParser)().parse_args(words[3:])


def check_core(words: list[str]) -> None:
    """Check the options, and that the experiment or study exists."""
    arguments = parser().parse_args(words[3:])
    names = studies.shipped() if arguments.command == "sweep" else shipped()
    assert (arguments.study if arguments.command == "sweep" else arguments.experiment) in names


def check_docker(words: list[str]) -> None:
    """Check the subcommand, its options, and what they name in the Dockerfile and in the lab."""
    docker = argparse.ArgumentParser(prog="docker", allow_abbrev=False)
    subcommands = docker.add_subparsers(required=True, dest="command")
    build = subcommands.add_parser("build", allow_abbrev=False)
    build.add_argument("-t", required=True)
    build.add_argument("--build-arg", default="TORCH_INDEX=")
    build.add_argument("context", choices=["."])
    run = subcommands.add_parser("run", allow_abbrev=False)
    for option in ("--name", "--gpus", "--user", "--stop-timeout", "-p", "-v"):
        run.add_argument(option)
    run.add_argument("-e", action="append", default=[])
    run.add_argument("image", choices=["descent-lab", "descent-lab:gpu"])
    for name in ("start", "stop"):
        subcommands.add_parser(name).add_argument("container", choices=["lab"])
    execute = subcommands.add_parser("exec")
    execute.add_argument("container", choices=["lab"])
    execute.add_argument("inner", nargs=argparse.REMAINDER)
    parsed = docker.parse_args(words[1:])
    if parsed.command == "build":
        assert f"ARG {parsed.build_arg.partition('=')[0]}=" in (ROOT / "Dockerfile").read_text()
    if parsed.command == "exec":
        assert parsed.inner[:3] == ["python", "-m", "core"]
        parser().parse_args(parsed.inner[3:])


@dataclass(frozen=True)
class NotRun:
    """Commands that this test does not run, the reason, and what it checks instead."""

    pattern: str
    reason: str
    check: Callable[[list[str]], None]


NOT_RUN = (
    NotRun(r"make ", "starts a server or runs all tests", check_make),
    NotRun(r"docker ", "needs Docker", check_docker),
    NotRun(r"\S+ -m venv ", "takes time and changes the checkout", check_venv),
    NotRun(r"\S+ -m pip ", "needs a package index", check_pip),
    NotRun(r"\S+ -m streamlit ", "starts a server", check_streamlit),
    NotRun(r"\S+ -m benchmarks\.", "takes minutes", check_benchmark),
    NotRun(r"\S+ -m core train lenet$", "downloads MNIST", check_core),
    NotRun(r"\S+ -m core sweep random-features --data mnist$", "downloads MNIST", check_core),
)


@pytest.fixture
def lab(tmp_path, monkeypatch, weights_in_this_process) -> Path:
    """A working directory with the bundled data, and a lab with one finished run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAB_HOME", str(tmp_path / "lab"))
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    return tmp_path


def prepare(words: list[str], home: Path) -> None:
    """Create what a command continues or archives: a run or a study that has not started yet, or a
    finished run.
    """
    digits = change(shipped()["digits"], "epochs", 1)
    if words[0] == "resume":
        shutil.rmtree(home / "runs", ignore_errors=True)
        Store(home).create(encode(digits))
    elif words[:2] == ["sweep", "--resume"]:
        shutil.rmtree(home / "studies", ignore_errors=True)
        repeated = change(studies.shipped()["multi-start"], "repeats", 1)
        create(home, change(repeated, "base.epochs", 1))
    elif words[0] in ("archive", "export", "verify") and not Store(home).ids():
        assert core.__main__.main(["train", "digits", "--epochs", "1"]) == 0


FEWER = {  # options that make a command quick, without a change of what it does
    "sweep": ["--workers", "1"],  # a second process takes longer to start than its share of work
    "train": ["--set", "split.fraction=0.2"],  # of the training set
}


def run_core(words: list[str], lab: Path, capsys: pytest.CaptureFixture) -> int:
    """Run `python -m core …` in this process and return its exit status; output after `>` goes to a
    file.
    """
    assert words[0] in PYTHON and words[1:3] == ["-m", "core"], words
    arguments = words[3:]
    os.environ["LAB_HOME"] = str(lab / "lab")  # --home of an earlier command has changed it
    path = None
    if ">" in arguments:
        *arguments, _, path = arguments
    prepare(arguments, lab / "lab")
    capsys.readouterr()
    try:
        status = core.__main__.main([*arguments, *FEWER.get(arguments[0], [])])
    except SystemExit as error:  # argparse refuses an unknown command or option
        status = error.code
    if path:
        assert capsys.readouterr().out == (ROOT / path).read_text()
    return status


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_of_a_document_works(path, lab, capsys, monkeypatch):
    for command in commands(path):
        words = words_of(command)
        skipped = next((n for n in NOT_RUN if re.match(n.pattern, shlex.join(words))), None)
        if skipped:
            assert words[0] in {*PYTHON, "make", "docker"}, command
            skipped.check(words)
        else:
            with monkeypatch.context() as environment:
                for name, value in variables_of(command).items():
                    environment.setenv(name, value)
                status = run_core(words, lab, capsys)
            assert status == 0, f"{path.name}: {command}: {capsys.readouterr().err}"


@pytest.mark.parametrize(
    "command",
    [
        "make rnu",
        "docker biuld -t descent-lab .",
        "docker build --build-arg TORCH=x -t descent-lab .",
        "docker exec lab python -m core rnus",
        "python -m pip install -r requirement.txt",
        "python -m pip install torch==1.0",
        "python -m streamlit run apps.py",
        "python -m streamlit run app.py --server.adress 0.0.0.0",
        "python -m benchmarks.trainings",
        "python -m benchmarks.training --mnits x",
        "python3 -m venv .vnev",
        "python -m core train lenett",
        "python -m core trian digits",
        "python -m core train digits --epochz 1",
        "python -m core sweep multistart",
        "pyhton -m core runs",
    ],
)
def test_a_misspelt_command_is_detected(command, lab, capsys):
    words = words_of(command)
    skipped = next((n for n in NOT_RUN if re.match(n.pattern, command)), None)
    with pytest.raises((Exception, SystemExit)):
        skipped.check(words) if skipped else _assert_success(run_core(words, lab, capsys))


def _assert_success(status: int) -> None:
    assert status == 0


def test_every_entry_of_not_run_is_needed():
    lines = [shlex.join(words_of(line)) for path in DOCUMENTS for line in commands(path)]
    assert len(lines) > 40 and all(any(re.match(n.pattern, x) for x in lines) for n in NOT_RUN)


def test_every_link_of_the_documents_leads_to_a_file():
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
            assert target.startswith("http") or (path.parent / target).exists(), (path, target)


def test_the_documents_name_no_unknown_setting():
    texts = [path.read_text() for path in DOCUMENTS]
    names = {name for text in texts for name in re.findall(r"\bLAB_[A-Z]+\b", text)}
    assert names <= {f"LAB_{field.upper()}" for field in Settings.model_fields}


def test_the_documents_name_pages_and_buttons_that_exist():
    """Bold text is the label of a page, a button or a table entry, unless it is a sentence."""
    code = "\n".join(source.read_text() for source in (ROOT / "pages").rglob("*.py"))
    for path in DOCUMENTS:
        for label in re.findall(r"\*\*([^*]+)\*\*", path.read_text()):
            shown = (f'"{label}', f'"**{label}**"')
            assert label.endswith(".") or any(s in code for s in shown), (path.name, label)


def test_the_optimizer_in_the_documentation_works(lab, capsys):
    (source,) = blocks(ROOT / "docs" / "extending.md", "python")
    try:
        exec(compile(source, "docs/extending.md", "exec"), {"__name__": "docs.extending"})
        command = ["train", "digits", "--epochs", "1", "--set", "optimizer=adadelta"]
        assert core.__main__.main(command) == 0, capsys.readouterr().err
    finally:
        Optimizer.members.pop("adadelta", None)


def test_the_axis_in_the_documentation_is_valid():
    (axis,) = blocks(ROOT / "docs" / "double-descent.md", "json")
    study = change(studies.shipped()["multi-start"], "axes", [json.loads(axis)])
    assert study.axes[0].path == "optimizer.learning_rate"


def test_the_login_settings_in_the_documentation_are_valid():
    (settings,) = blocks(ROOT / "docs" / "access.md", "toml")
    assert set(tomllib.loads(settings)["auth"]) >= {"redirect_uri", "cookie_secret", "client_id"}
