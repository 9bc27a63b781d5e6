"""The command that verifies a run: it is trained again, and every step is compared with its log."""

import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.control import STOP
from core.base.encoding import build
from core.base.errors import BadInput, NotFound
from core.commands.inspection import SIGNS
from core.commands.requested import Answer
from core.commands.signals import stop_on_signal
from core.commands.terminal import Terminal
from core.runs.store import Store

if TYPE_CHECKING:
    from core.analysis.replay_certificate import ReplayCertificate

DIFFERENT_DATA = ("data_differs", "data_read_differently")  # codes of warnings about an archive


def verify_run(arguments: Namespace, terminal: Terminal) -> Answer:
    """Train a run of this lab, or one in an archive, again and compare every step. The answer is
    kept with a run of this lab, whose page shows it.
    """
    from core.analysis import results
    from core.analysis.replay_certificate import ReplayCertificate

    certificate = build(ReplayCertificate, {"epoch": _parse_epoch(arguments.epoch)})
    path = Path(arguments.run)
    if path.is_file():
        with _opened(path, terminal) as (store, run):
            return _verify(store, run, certificate, terminal)
    if path.suffix == ".zip":
        raise NotFound(f"There is no archive {arguments.run[:200]}.", code="archive_not_found")
    store = Store()
    run = store.find(arguments.run)
    answer = _verify(store, run, certificate, terminal)
    results.keep(store, run, certificate, answer["result"])
    return answer


def _parse_epoch(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadInput(
            f"--from {text[:20]} is not an epoch. Write a whole number, for example --from 10.",
            code="not_a_number",
        ) from None


def _verify(store: Store, run: str, certificate: "ReplayCertificate", terminal: Terminal) -> Answer:
    from core.analysis.replay_certificate import conclude, stamped
    from core.runs.verification import verify

    note, replay = "Nothing was compared yet", verify(store, run, certificate.epoch)
    with stop_on_signal() as poll_control:
        while poll_control(replay) != STOP:
            try:
                fraction, note = next(replay)
            except StopIteration as end:
                result = stamped(end.value)
                break
            terminal.progress(fraction, note)
        else:
            raise KeyboardInterrupt(f"Stopped. {note}.")
    terminal.progress(1.0)
    found = conclude(result)
    terminal.print(f"{SIGNS[found.level]} {found.text}")
    return {
        "run": run,
        "identical": result["identical"],
        "code": found.code,
        "message": found.text,
        "result": result,
    }


@contextmanager
def _opened(path: Path, terminal: Terminal) -> Iterator[tuple[Store, str]]:
    """Open the archive in a temporary folder, which sees the datasets and weights of this lab."""
    from core.export.opening import open_archive

    home = Store().home
    with tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as temporary:
        store = Store(temporary)
        store.root.mkdir()
        _share(home / "data" / "torchvision", store.home)
        with path.open("rb") as file:
            opened = open_archive(store, file, path.name)
        for digest in _named(store, opened.run):
            for folder in ("data", "weights"):
                if (home / folder / digest).is_dir():
                    _share(home / folder / digest, store.home)
        if opened.warning and opened.warning.code in DIFFERENT_DATA:
            terminal.print(f"{SIGNS[opened.warning.level]} {opened.warning.text}")
        yield store, opened.run


def _share(folder: Path, home: Path) -> None:
    """Let a temporary home see this folder of datasets or weights, unless it has its own."""
    folder.mkdir(parents=True, exist_ok=True)
    link = home / folder.parent.name / folder.name
    link.parent.mkdir(exist_ok=True)
    with suppress(FileExistsError):
        link.symlink_to(folder.resolve(), target_is_directory=True)


def _named(store: Store, run: str) -> Iterator[str]:
    """Yield the digests of the uploaded data and of the first weights of a run."""
    from core.base.encoding import decode
    from core.experiment import Experiment

    experiment = decode(Experiment, store.experiment(run))
    data = experiment.data.uncorrected
    yield from filter(None, (getattr(data, "digest", ""), experiment.start.weights_digest))
