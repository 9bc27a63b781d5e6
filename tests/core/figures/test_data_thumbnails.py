"""Thumbnails show samples of their own dataset."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from core.data.datasets import DataSet, Digits
from core.data.load import load
from core.data.ready.published import Published
from core.figures.data_thumbnails import ACROSS, POINTS, thumbnail_of
from core.figures.template import PALETTES

NEEDS_FILES = [cls for cls in DataSet.members.values() if not cls.is_ready_made()]
INCLUDED = [
    cls
    for cls in DataSet.members.values()
    if not issubclass(cls, Published) and cls not in NEEDS_FILES
]


@pytest.mark.parametrize("cls", INCLUDED)
def test_every_included_dataset_has_a_thumbnail(cls):
    data = load(cls(), Path("nowhere"))
    drawn = thumbnail_of(data, "light")
    if len(data.shape) == 3:
        assert drawn.dtype == np.uint8 and drawn.ndim == 3 and drawn.any()
        return
    circles = [e for e in ElementTree.fromstring(drawn) if e.tag.endswith("circle")]
    assert 0 < len(circles) <= POINTS
    palette = PALETTES["light"]
    colours = {palette.train, palette.validation, palette.test, palette.best, *palette.runs}
    fills = {e.get("fill") for e in circles}
    assert len(fills) == min(max(len(data.classes), 1), len(colours))


def test_a_thumbnail_of_images_begins_with_the_first_image():
    data = load(Digits(), Path("nowhere"))
    drawn = thumbnail_of(data, "dark")
    factor = drawn.shape[0] // (ACROSS * 10)
    first = drawn[::factor, ::factor][1:9, 1:9, 0]
    np.testing.assert_array_equal(first, data.inputs[0, 0].astype(np.uint8))


def test_every_published_dataset_states_the_size_of_its_download():
    for cls in DataSet.members.values():
        assert (cls.megabytes > 0) == issubclass(cls, Published)
        assert not cls.megabytes or f"{cls.megabytes} MB" in cls.doc()
