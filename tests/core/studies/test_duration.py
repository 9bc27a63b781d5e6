"""Expected time and points of a study, or why it cannot run."""

from pathlib import Path

import pytest

from core.base.encoding import build, from_json_text
from core.studies.duration import Expected, expected, sharing
from core.studies.folder import Studies
from core.studies.study import Study, shipped
from core.studies.sweeps import create, execute
from core.studies.timing import finish
from tests.core.studies.test_sweeps import STUDIES, make_study


@pytest.mark.parametrize("name", STUDIES)
def test_a_probe_estimates_seconds_and_counts_the_points(name: str, tmp_path: Path) -> None:
    result = finish(expected(tmp_path, make_study(name)))
    assert result.problem == "" and result.seconds > 0
    study_id = create(tmp_path, make_study(name))
    execute(tmp_path, study_id, processes=1)
    lines, _ = Studies(tmp_path).read(study_id)
    assert result.points == sum(from_json_text(line)["event"] == "Record" for line in lines)


@pytest.mark.parametrize("seconds", [0.4, 4.0, 400.0])  # on a fast and on a slow machine
@pytest.mark.parametrize("load", [0.0, 1.5, 11.0])
def test_the_range_holds_for_whatever_a_machine_needs(seconds: float, load: float) -> None:
    """Measured on the digits: computing took 0.7 to 1.7 times the probed time, and 2.5 s to start;
    with 11 programs on 2 cores everything took five times as long.
    """
    beside = sharing(load, 2)
    found = Expected(seconds=seconds, points=9, sharing=beside)
    assert found.low <= 0.7 * seconds * beside and found.high >= 1.7 * seconds * beside
    assert found.high / found.low <= 3 or found.high - found.low <= 2 + 3 * found.low


def test_more_load_never_shortens_the_expected_time() -> None:
    shares = [sharing(load, 4) for load in (0.0, 1.0, 3.0, 3.5, 8.0, 40.0)]
    assert shares == sorted(shares) and shares[:3] == [1.0] * 3 and shares[-1] == 41 / 4


def test_a_study_that_cannot_run_has_a_problem(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert "'cuda' does not exist" in finish(expected(tmp_path, shipped()["resnet"])).problem
    values = build(Study, {"base": {"data": "sine"}})
    assert "Choose a dataset with classes" in finish(expected(tmp_path, values)).problem
