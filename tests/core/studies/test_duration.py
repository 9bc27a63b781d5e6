"""Expected time and points of a study, or why it cannot run."""

from pathlib import Path

import pytest

from core.base.encoding import build, from_json_text
from core.studies.duration import expected
from core.studies.folder import Studies
from core.studies.study import Study, shipped
from core.studies.sweeps import create, execute
from tests.core.studies.test_sweeps import STUDIES, make_study


@pytest.mark.parametrize("name", STUDIES)
def test_a_probe_estimates_seconds_and_counts_the_points(name: str, tmp_path: Path) -> None:
    result = expected(tmp_path, make_study(name))
    assert result.problem == "" and result.seconds > 0
    study_id = create(tmp_path, make_study(name))
    execute(tmp_path, study_id, processes=1)
    lines, _ = Studies(tmp_path).read(study_id)
    assert result.points == sum(from_json_text(line)["event"] == "Record" for line in lines)


def test_a_study_that_cannot_run_has_a_problem(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert "'cuda' does not exist" in expected(tmp_path, shipped()["resnet"]).problem
    values = build(Study, {"base": {"data": "sine"}})
    assert "Choose a dataset with classes" in expected(tmp_path, values).problem
