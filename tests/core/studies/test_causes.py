"""Each cause of the peak can be removed from a study that has it."""

import pytest

from core.base.encoding import build
from core.studies.causes import CAUSES
from core.studies.study import Study, shipped


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("name", shipped())
def test_removing_a_cause_gives_a_valid_study_or_none(cause, name) -> None:
    study = shipped()[name]
    other = CAUSES[cause].without(study)
    if other is not None:
        assert build(Study, other.model_dump(mode="json")) == other
        assert other.base.data == study.base.data


def test_each_cause_changes_its_own_field() -> None:
    squared, features = shipped()["squared-fast"], shipped()["random-features"]
    assert CAUSES["noise"].without(squared).base.label_noise.share == 0
    assert CAUSES["noise"].without(shipped()["steps"]) is None
    assert max(CAUSES["tuned"].without(squared).method.decays) > 0
    assert set(features.method.ridges) <= set(CAUSES["tuned"].without(features).method.ridges)
    assert CAUSES["early_stop"].without(squared).method.evaluations >= 24
    assert CAUSES["early_stop"].without(features) is None
    assert CAUSES["ensemble"].without(features).repeats == 10
    assert CAUSES["ensemble"].without(shipped()["multi-start"]) is None
