"""The network as volumes: which layers are drawn, how large, in which colour, and that they stand
beside one another on the page.
"""

import re

import pytest

from core.figures.network import HEIGHT, figure, rows, size
from core.figures.template import PALETTES, layer_colours
from core.network.activations import ReLU
from core.network.build import trace
from core.network.layers import BatchNorm, Flatten, Layer, Linear, Output
from core.network.presets import LeNet, Preset

GREY = (1, 28, 28)


def volumes(layers, shape=GREY):
    return rows(trace(layers, shape, 10), shape)


def corners(shape):
    """The (x, y) points of a drawn face."""
    if shape.type == "rect":
        return [(shape.x0, shape.y0), (shape.x1, shape.y1)]
    return [tuple(map(float, p)) for p in re.findall(r"([-\d.]+),([-\d.]+)", shape.path)]


def test_lenet_is_drawn_as_in_the_paper():
    assert volumes(LeNet().layers(GREY)) == [
        ("input", (1, 28, 28), -1),
        ("conv1", (6, 28, 28), 0),
        ("pool1", (6, 14, 14), 0),
        ("conv2", (16, 10, 10), 1),
        ("pool2", (16, 5, 5), 1),
        ("linear1", (120,), 2),
        ("linear2", (84,), 3),
        ("output", (10,), 4),
    ]


@pytest.mark.parametrize("kind", Preset.members)
def test_rows_are_the_plain_list_of_what_changes(kind):
    layers = Preset.pick(kind).layers(GREY)
    wanted, weights = [("input", GREY, -1)], -1
    for fact in trace(layers, GREY, 10):
        weights += fact.parameters > 0
        has_weights = fact.parameters and not fact.name.startswith("norm")
        if has_weights or fact.name.startswith("pool"):
            wanted.append((fact.name, fact.output, weights))
    assert volumes(layers) == wanted


def test_what_keeps_the_shape_and_normalizes_is_no_volume_but_counts_as_weights():
    drawn = volumes((Flatten(), Linear(units=30), BatchNorm(), ReLU(), Output()))
    assert drawn == [("input", GREY, -1), ("linear1", (30,), 0), ("output", (10,), 2)]


@pytest.mark.parametrize("mode", PALETTES)
def test_a_layer_that_does_not_fit_is_the_last_and_a_dashed_box(mode):
    drawn = volumes((Linear(), ReLU(), Output()))
    assert drawn == [("input", GREY, -1), ("linear1", (), 0)]
    shapes = figure(drawn, mode).layout.shapes
    assert [s.type for s in shapes] == ["path"] * 3 + ["rect"]
    assert shapes[-1].line.dash == "dash"
    words = [a.text for a in figure(drawn, mode).layout.annotations if a.text]
    assert "does not fit" in words[-1]


@pytest.mark.parametrize("mode", PALETTES)
@pytest.mark.parametrize("kind", Preset.members)
def test_boxes_stand_side_by_side_in_the_colours_of_their_layers(kind, mode):
    drawn = volumes(Preset.pick(kind).layers(GREY))
    layout = figure(drawn, mode).layout
    boxes = [layout.shapes[i : i + 3] for i in range(0, len(layout.shapes), 3)]
    assert len(boxes) == len(drawn)
    ramp = layer_colours(max(layer for *_, layer in drawn) + 1, mode)
    end = 0.0
    for faces, (_, _, layer) in zip(boxes, drawn, strict=True):
        wanted = PALETTES[mode].muted if layer < 0 else ramp[layer]
        assert {face.fillcolor for face in faces} == {wanted}
        points = [point for face in faces for point in corners(face)]
        assert min(x for x, _ in points) > end
        end = max(x for x, _ in points)
        assert all(0 <= y <= HEIGHT for _, y in points)
    assert layout.xaxis.range[0] == 0 and layout.xaxis.range[1] > end


def test_names_and_shapes_are_written_and_an_arrow_stands_between_each_two():
    drawn = volumes(LeNet().layers(GREY))
    notes = figure(drawn, "light").layout.annotations
    words = [note.text for note in notes if note.text]
    assert len(words) == len(drawn) and len(notes) - len(words) == len(drawn) - 1
    assert "<b>conv1</b>" in words[1] and "6×28×28" in words[1]
    assert "<b>output</b>" in words[-1] and ">10<" in words[-1]
    arrows = [note for note in notes if not note.text]
    assert all(arrow.ax < arrow.x for arrow in arrows)


def test_more_maps_are_deeper_and_larger_pictures_taller():
    assert size((32, 8, 8))[2] > size((8, 8, 8))[2] and size((8, 8, 8))[1] == size((32, 8, 8))[1]
    assert size((8, 28, 28))[1] > size((8, 8, 8))[1]
    assert size((1, 3, 9)) == size((1, 9, 3))
    assert size((84,))[1] > size((10,))[1]
    assert size((4096, 512, 512))[1] < HEIGHT > size((10**6,))[1]


@pytest.mark.parametrize("kind", Layer.members)
def test_every_kind_of_layer_is_drawn_first_in_line_or_said_not_to_fit(kind):
    drawn = volumes((Layer.pick(kind), Flatten(), Output()))
    assert drawn[0] == ("input", GREY, -1)
    assert drawn[-1][:2] == ("output", (10,)) or drawn[-1][1] == ()
    assert len(figure(drawn, "light").layout.shapes) >= 3 * (len(drawn) - 1) + 1
