"""Fine-tuning for real images: a network for the included digits, and 200 Arabic digits."""

from pathlib import Path

import pytest

from benchmarks.fine_tuning import arabic
from tests.test_real_data import ARABIC, SHARED


@pytest.mark.realdata
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_a_network_for_digits_is_fine_tuned_with_200_arabic_digits(tmp_path: Path) -> None:
    found = arabic(*ARABIC, tmp_path, epochs=10, seeds=[0])
    assert found.keys() == {"scratch", "fine-tuned"}
    assert all(error < 0.25 for errors in found.values() for error in errors)  # by chance: 0.9
