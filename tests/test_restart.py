"""A lab that is killed while it works, started again and ended by SIGTERM while a run trains and a
measurement computes keeps its draft, study, tokens and runs. One test, because each start of a
server takes seconds.
"""

import signal
import urllib.request

import pytest

from core.base.encoding import change, encode, to_link
from core.data.datasets import Digits
from core.experiment import Experiment
from core.network.layers import Flatten, Linear, Output
from core.runs.state import stored_state
from core.runs.store import CHECKPOINT
from core.studies.folder import Studies
from core.studies.records import Record
from core.studies.study import Study, shipped
from core.studies.sweeps import create, execute
from pages.kit import feed
from tests.conftest import Server, script, serve, wait_until, write

POINTS = 24


@pytest.mark.browser
def test_a_killed_lab_loses_nothing_and_sigterm_ends_it_with_an_open_stream(
    page: object, tmp_path
) -> None:
    home, other_home = tmp_path / "lab", tmp_path / "straight"
    straight = create(other_home, slow_study())
    with serve(home) as lab:
        draft = save_draft(page, lab)
        stream = stream_of_a_run(lab)
        study = create(home, slow_study())
        page.goto(f"{lab.url}/double_descent?study={study}")
        page.get_by_role("button", name="Start study").click()
        wait_until(lambda: len(points(home, study)) >= 3, what="three points")
        lab.process.kill()
        lab.process.wait()
    saved = points(home, study)
    assert 3 <= len(saved) < POINTS
    folders = [home / name for name in ("runs", "studies", "data")]
    unfinished = [folder / ".0123456789abcdef.draft" for folder in folders]
    for folder in unfinished:
        folder.mkdir(parents=True)

    with serve(home) as lab:
        assert not any(folder.exists() for folder in unfinished)
        page.goto(f"{lab.url}/double_descent?study={study}")
        page.get_by_text(f"The lab stopped after {len(saved)} of {POINTS} points").wait_for()
        page.get_by_text("Interrupted").first.wait_for()
        page.get_by_role("button", name="Resume study").click()
        page.locator(".stMarkdownBadge", has_text="Finished").first.wait_for()
        run = watch_a_training(page, lab)
        with urllib.request.urlopen(f"{lab.url}{stream}", timeout=30) as opened:  # the old token
            assert opened.readline()
            page.goto(f"{lab.url}/train?{draft}")
            page.get_by_text("88 epochs").first.wait_for()
            start_range_test(page)
            lab.process.send_signal(signal.SIGTERM)
            assert lab.process.wait(8) == 0, lab.log.read_text()
    assert stored_state(lab.store, run) == "interrupted"
    assert lab.store.last(run)["event"] == "Saved"
    assert execute(other_home, straight, processes=1).reason == "done"
    assert points(home, study) == points(other_home, straight)
    assert points(home, study)[: len(saved)] == saved


def save_draft(page: object, lab: Server) -> str:
    """Set the epochs of a new draft of a wide network to 88. Returns the query of its address."""
    hidden = (Linear(units=1500) for _ in range(5))
    wide = Experiment(data=Digits(), network=(Flatten(), *hidden, Output()))
    page.goto(f"{lab.url}/train?e={to_link(wide)}")
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)
    epochs.fill("88")
    epochs.press("Enter")
    page.get_by_text("88 epochs").first.wait_for()
    page.wait_for_url("**?d=*")
    return page.url.partition("?")[2]


def stream_of_a_run(lab: Server) -> str:
    """Write the first events of a run. Returns the path of its event stream."""
    run = lab.store.create(encode(Experiment(name="made up")))
    write(lab.store, run, script()[:5])
    return f"/feed/{run}?token={feed.token(run, lab.home)}"


def watch_a_training(page: object, lab: Server) -> str:
    """Queue a run that does not end by itself, and watch it train until it has a checkpoint."""
    run = lab.store.create(encode(Experiment(name="Long", epochs=5000)))
    page.goto(f"{lab.url}/watch?run={run}")
    page.get_by_role("button", name="Queue again").click()
    for rows in (0, 4):
        page.wait_for_function(
            "([plot, rows]) => Number(document.querySelector(plot)?.dataset.rows ?? 0) > rows",
            arg=[".st-key-chart_gradient .lab-plot", rows],
        )
    assert stored_state(lab.store, run) == "running"
    wait_until(lambda: lab.store.path(run, CHECKPOINT).exists(), what="a checkpoint")
    return run


def start_range_test(page: object) -> None:
    """Start a range test of a hundred steps, which take dozens of milliseconds each with a wide
    network.
    """
    page.get_by_role("button", name="Find a learning rate").click()
    page.locator(".st-key-stop_rate button").wait_for()


def slow_study() -> Study:
    """Two weight decays one after the other, 12 points each."""
    study = change(shipped()["entropy-fast"], "base.data", {"kind": "digits"})
    method = dict(samples=80, steps=500, ratios=[1.0, 2.0, 8.0], evaluations=4)
    for field, value in (method | {"decays": [0, 1e-2]}).items():
        study = change(study, f"method.{field}", value)
    return study


def points(home, study_id: str) -> list[str]:
    """What was measured, as text: NaN is not equal to itself."""
    events, _ = Studies(home).events(study_id)
    return [str((e.coordinates, e.point)) for e in events if isinstance(e, Record)]
