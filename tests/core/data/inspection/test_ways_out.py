"""Every way out that a refused file of ../shared/cases offers leads on: it reads, or the next
refusal has another code or names fewer columns.
"""

from pathlib import Path

import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import inspect_files
from core.data.reading import Reading

CASES = Path(__file__).parents[5] / "shared" / "cases"
TABLES = sorted(p for p in CASES.glob("*") if p.suffix not in (".md", ".json"))
PAIRS = {
    "joined_images14.csv": "joined_labels14.csv",
    "images14.csv": "labels_onehot.csv",
    "images14_T.csv": "labels_row.csv",
    "stray14.csv": "labels_indexed.csv",
    "rgba_inter10.csv": "labels30.csv",
    "grey12x16.csv": "grey12x16_labels.csv",
}
FILES = [(path, None) for path in TABLES]
FILES += [(CASES / first, CASES / second) for first, second in PAIRS.items() if TABLES]
pytestmark = pytest.mark.skipif(not TABLES, reason="../shared/cases is not here")


def refusal(path: Path, labels: Path | None, reading: Reading) -> BadData | None:
    try:
        inspect_files(path, labels, reading=reading)
    except BadData as error:
        return error
    return None


@pytest.mark.parametrize(("path", "labels"), FILES, ids=lambda p: p.name if p else "-")
def test_every_way_out_leads_on(path, labels):
    steps = [(Reading(), frozenset())]
    while steps:
        reading, codes = steps.pop()
        error = refusal(path, labels, reading)
        if error is None:
            continue
        assert error.code not in codes, f"{error.code} again after {reading.changes()}"
        steps += [(reading.with_changes(fix), codes | {error.code}) for fix in error.fixes]
