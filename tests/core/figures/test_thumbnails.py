"""The cards of Start show what was measured: recorded curves of the shipped experiments."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from core.experiment import comparisons, shipped
from core.figures import thumbnails
from core.figures.template import PALETTES
from core.figures.thumbnails import HEIGHT, STUDY, WIDTH, recorded, thumbnail

NO_HOME = Path("/nowhere")
INCLUDED = [name for name, e in shipped().items() if e.data.is_available(NO_HOME)]
TOGETHER = {name for names in comparisons().values() for name in names}
CARDS = [*comparisons().values(), *((n,) for n in INCLUDED if n not in TOGETHER), (STUDY,)]


def test_every_experiment_with_included_data_is_recorded_as_it_is_shipped():
    assert set(recorded()) == {*INCLUDED, STUDY}
    for name in INCLUDED:
        curve = recorded()[name]
        assert len(curve["epoch"]) == len(curve["train"]) == len(curve["validation"]) <= 60
        assert all(a < b for a, b in pairwise(curve["epoch"]))
        assert any(v and v > 0 for v in (*curve["train"], *curve["validation"]))
        if curve["reason"] == "epochs":  # other epochs, and the card must be recorded again
            assert curve["epochs"] == curve["epoch"][-1] == shipped()[name].epochs


@pytest.mark.parametrize("mode", PALETTES)
@pytest.mark.parametrize("names", CARDS, ids=lambda names: names[0])
def test_a_card_shows_the_recorded_values_on_a_log_scale(names, mode):
    drawing = ElementTree.fromstring(thumbnail(names, mode, 'what "it" shows'))
    lines = [e for e in drawing.iter() if e.tag.endswith("polyline")]
    assert drawing.get("aria-label") == 'what "it" shows'
    assert len(lines) == (2 if len(names) == 1 else len(names))
    assert len({line.get("stroke") for line in lines}) == len(lines)
    for line in lines:
        points = [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
        values = recorded()[names[lines.index(line)] if len(names) > 1 else names[0]]
        if len(names) > 1 and None not in values["validation"]:
            falls = [a > b for a, b in pairwise(values["validation"])]
            down = [a[1] < b[1] for a, b in pairwise(points)]
            equal = [abs(a[1] - b[1]) < 0.11 for a, b in pairwise(points)]
            assert all(f == d or e for f, d, e in zip(falls, down, equal, strict=True))
    diverged = [name for name in names if recorded()[name]["reason"] == "diverged"]
    assert len([e for e in drawing.iter() if e.tag.endswith("path")]) == len(diverged)


def test_an_experiment_without_a_recorded_curve_has_no_drawing():
    missing = next(name for name in shipped() if name not in INCLUDED)
    assert thumbnail((missing,), "light") == "" == thumbnails.describe((missing,))
