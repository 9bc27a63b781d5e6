"""Pixels as hexadecimal numbers and colours, and pixels in the dark half of the range."""

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import Inspection, inspect_files
from core.data.reading import Reading


def read(lines: list[str], reading: Reading | None = None) -> Inspection:
    return inspect_files("\n".join(lines).encode(), reading=reading)


def finding(inspection: Inspection, code: str):
    return next(found for found in inspection.findings if found.code == code)


def _pixels(write):
    y, x = np.mgrid[:8, :8]
    images = [(127 + 120 * np.sin(0.4 * x + 0.3 * k * y + k)).astype(int) for k in range(1, 13)]
    lines = [",".join([str(k % 2), *map(write, image.ravel())]) for k, image in enumerate(images)]
    return [",".join(["label", *(f"p{i}" for i in range(64))]), *lines], np.array(images)


def test_hexadecimal_numbers_are_numbers():
    lines, images = _pixels(hex)
    inspection = read(lines)
    assert inspection.shape == (1, 8, 8) and finding(inspection, "hexadecimal")
    np.testing.assert_array_equal(inspection.samples.inputs[:, 0], images)


def test_hexadecimal_colours_become_three_channels():
    lines, images = _pixels(lambda v: f"#{v:02x}{255 - v:02x}40")
    inputs = read(lines).samples.inputs
    assert inputs.shape == (len(images), 3, 8, 8)
    np.testing.assert_array_equal(inputs[:, 0], images)
    np.testing.assert_array_equal(inputs[:, 1], 255 - images)
    assert (inputs[:, 2] == 0x40).all()


def test_pairs_of_hexadecimal_digits_are_refused():
    with pytest.raises(BadData) as caught:
        read(_pixels(lambda v: f"{v:02x}")[0])
    assert (caught.value.code, caught.value.fixes) == ("hexadecimal_pairs", ())


@pytest.mark.parametrize("top", [63, 100, 127])
def test_dark_pixels_are_questioned_and_the_way_out_rescales_them(top):
    lines, _ = _pixels(lambda v: str(round(v * top / 255)))
    dim = finding(read(lines), "pixel_range")
    assert dim.level == "info" and dim.action
    inspection = read(lines, Reading().with_changes(dim.action.changes))
    assert inspection.samples.inputs.max() == 255
    assert finding(inspection, "pixel_range").level == "ok"
