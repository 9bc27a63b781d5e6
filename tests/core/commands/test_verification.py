"""`python -m core verify`: of a run of this lab, and of an archive that stays outside it."""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.__main__ import main
from core.analysis import results
from core.analysis.replay_certificate import ReplayCertificate
from core.analysis.trained import TrainedRun
from core.base.control import STOP
from core.base.encoding import encode
from core.commands import verification
from core.export.archive import pack
from core.runs.forks import fork_of
from core.runs.store import Store
from core.studies import trainer


@pytest.fixture
def verify(capsys, monkeypatch):
    """Run the command in a home; return its exit status and what it prints as JSON."""

    def run(home: Path, *arguments: object) -> tuple[int, dict]:
        monkeypatch.setenv("LAB_HOME", str(home))
        status = main(["verify", *map(str, arguments), "--json"])
        return status, json.loads(capsys.readouterr().out.splitlines()[-1])

    return run


def archive(trained: TrainedRun, path: Path, *, with_data: bool = False) -> Path:
    with path.open("wb") as file:
        pack(trained.store, trained.run, file, with_data=with_data)
    return path


def test_the_answer_is_kept_with_the_run(verify, spirals_run) -> None:
    store, run = spirals_run.store, spirals_run.run
    status, answer = verify(store.home, run)
    assert (status, answer["identical"], answer["run"]) == (0, True, run)
    stored = results.stored(store, run, ReplayCertificate())
    assert stored == answer["result"] and stored["time"] > 1.7e9
    status, answer = verify(store.home, run, "--from", "many")
    assert (status, answer["error"]["code"]) == (2, "not_a_number")
    assert verify(store.home, run, "--from", "-1")[0] == 2
    assert verify(store.home, "nothing.zip")[1]["error"]["code"] == "archive_not_found"


def test_an_archive_is_verified_without_becoming_a_run(
    verify, table_run, spirals_run, tmp_path
) -> None:
    """With its data in the archive, in the lab, or missing."""
    home = tmp_path / "lab"
    whole = archive(table_run, tmp_path / "whole.zip", with_data=True)
    bare = archive(table_run, tmp_path / "bare.zip")
    assert verify(home, whole)[0] == 0
    status, answer = verify(home, bare)
    assert (status, answer["error"]["code"]) == (2, "dataset_missing")
    assert verify(table_run.store.home, bare)[0] == 0
    assert verify(home, archive(spirals_run, tmp_path / "spirals.zip"))[0] == 0
    assert Store(home).ids() == [] and len(table_run.store.ids()) == 1
    assert [path.name for path in (home / "data").iterdir()] == ["torchvision"]


def test_the_archive_of_a_fork_is_verified_from_the_start_of_its_parent(
    verify, spirals_run, tmp_path
) -> None:
    """In a lab that has neither of them."""
    store = Store(tmp_path / "family")
    parent = store.create(spirals_run.store.experiment(spirals_run.run))
    trainer.execute(store, parent)
    fork = store.create(encode(fork_of(store, parent, 1, {"optimizer.learning_rate": 0.02})))
    trainer.execute(store, fork)
    path = archive(TrainedRun(store, fork), tmp_path / "fork.zip")
    status, answer = verify(tmp_path / "other", path)
    assert (status, answer["result"]["losses"]) == (0, store.last(fork)["step"])


def test_a_difference_is_status_1(verify, spirals_run, monkeypatch) -> None:
    from torch import nn

    forward = nn.Linear.forward
    monkeypatch.setattr(nn.Linear, "forward", lambda layer, x: forward(layer, x) * (1 + 1e-6))
    store, run = spirals_run.store, spirals_run.run
    status, answer = verify(store.home, run)
    assert (status, answer["identical"], answer["code"]) == (1, False, "replay_differs")
    results.forget(store, run, ReplayCertificate())


def test_ctrl_c_tells_how_far_it_came(spirals_run, monkeypatch, capsys) -> None:
    @contextmanager
    def stopped():
        words = iter(["go", "go", STOP])
        yield lambda job: next(words)

    monkeypatch.setenv("LAB_HOME", str(spirals_run.store.home))
    monkeypatch.setattr(verification, "stop_on_signal", stopped)
    assert main(["verify", spirals_run.run]) == 130
    assert "Stopped" in capsys.readouterr().err
