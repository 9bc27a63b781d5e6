"""The network as volumes: which layers are drawn, their sizes and colours, without overlaps."""

import re

import pytest

from core.figures.network import HEIGHT, figure, rows, size
from core.figures.template import PALETTES, layer_colours
from core.network.activations import ReLU
from core.network.build import trace
from core.network.layers import (
    BatchNorm,
    Branches,
    Conv2d,
    Flatten,
    Layer,
    Linear,
    Output,
    Residual,
)  # fmt: skip
from core.network.presets import DeepMLP, LeNet, Preset

GREY = (1, 28, 28)


def volumes(layers, shape=GREY):
    return rows(trace(layers, shape, 10), shape)


def plain(drawn):
    return [one[:3] for one in drawn]


def corners(shape):
    """The (x, y) points of a drawn face."""
    if shape.type == "rect":
        return [(shape.x0, shape.y0), (shape.x1, shape.y1)]
    return [tuple(map(float, p)) for p in re.findall(r"([-\d.]+),([-\d.]+)", shape.path)]


def test_lenet_is_drawn_as_in_the_paper():
    assert plain(volumes(LeNet().layers(GREY))) == [
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
def test_volumes_are_the_layers_that_change_the_shape_or_have_weights(kind):
    layers = Preset.pick(kind).layers(GREY)
    wanted, weights = [("input", GREY, -1)], -1
    for fact in trace(layers, GREY, 10):
        weights += fact.parameters > 0
        has_weights = fact.parameters and not fact.layer.is_normalization
        if has_weights or fact.name.startswith("pool"):
            wanted.append((fact.name, fact.output, weights))
    drawn = volumes(layers)
    assert sum(one.times for one in drawn) == len(wanted)
    assert len(drawn) <= len(wanted) and set(plain(drawn)) <= set(wanted)


def test_equal_neighbours_are_drawn_once_if_there_are_many():
    drawn = volumes(DeepMLP(depth=50).layers(GREY))
    assert [(one.name, one.times) for one in drawn] == [
        ("input", 1), ("linear1", 49), ("output", 1),
    ]  # fmt: skip
    assert [one.times for one in volumes(DeepMLP(depth=5).layers(GREY))] == [1] * 6


def test_a_shortcut_is_an_arc_from_before_its_block_to_behind_it():
    block = Residual(layers=(Conv2d(padding=1),))
    off = block.model_copy(update={"shortcut": False})
    for one, arcs in ((block, 1), (off, 0)):
        layout = figure(volumes((Conv2d(), one, Flatten(), Output())), "light").layout
        drawn = [shape for shape in layout.shapes if not shape.fillcolor]
        assert len(drawn) == arcs
        for arc in drawn:
            points = corners(arc)
            front = corners([s for s in layout.shapes if s.fillcolor][6])
            assert points[0][0] < min(x for x, _ in front) < points[-1][0]


def test_branches_are_boxes_one_behind_the_other():
    drawn = volumes((Branches(branches=((), (), (ReLU(),))), Flatten(), Output()))
    assert [one.lanes for one in drawn] == [1, 3, 1]
    assert len(figure(drawn, "light").layout.shapes) == 3 * 5


def test_many_volumes_are_drawn_in_rows():
    layers = [part for n in range(20) for part in (Linear(units=n + 1), ReLU())]
    drawn = volumes((Flatten(), *layers, Output()))
    layout = figure(drawn, "light").layout
    assert len(drawn) == 22 and layout.height >= 3 * HEIGHT
    points = [point for s in layout.shapes for point in corners(s)]
    assert all(0 <= y <= layout.height and 0 <= x <= layout.xaxis.range[1] for x, y in points)
    assert figure(drawn, "light", wide=320).layout.height > layout.height


def test_a_normalization_is_no_volume_but_counts_as_a_layer_with_weights():
    drawn = volumes((Flatten(), Linear(units=30), BatchNorm(), ReLU(), Output()))
    assert plain(drawn) == [("input", GREY, -1), ("linear1", (30,), 0), ("output", (10,), 2)]


@pytest.mark.parametrize("mode", PALETTES)
def test_a_layer_that_does_not_fit_is_the_last_one_and_a_dashed_box(mode):
    drawn = volumes((Linear(), ReLU(), Output()))
    assert plain(drawn) == [("input", GREY, -1), ("linear1", (), 0)]
    shapes = figure(drawn, mode).layout.shapes
    assert [s.type for s in shapes] == ["path"] * 3 + ["rect"]
    assert shapes[-1].line.dash == "dash"
    words = [a.text for a in figure(drawn, mode).layout.annotations if a.text]
    assert "does not fit" in words[-1]


@pytest.mark.parametrize("mode", PALETTES)
@pytest.mark.parametrize("kind", Preset.members)
def test_boxes_are_side_by_side_in_the_colours_of_their_layers(kind, mode):
    drawn = volumes(Preset.pick(kind).layers(GREY))
    layout = figure(drawn, mode, wide=4000).layout
    shapes = [shape for shape in layout.shapes if shape.fillcolor]
    boxes = [shapes[i : i + 3] for i in range(0, len(shapes), 3)]
    assert len(boxes) == len(drawn)
    ramp = layer_colours(max(one.weights for one in drawn) + 1, mode)
    end = 0.0
    for faces, one in zip(boxes, drawn, strict=True):
        wanted = PALETTES[mode].muted if one.weights < 0 else ramp[one.weights]
        assert {face.fillcolor for face in faces} == {wanted}
        points = [point for face in faces for point in corners(face)]
        assert min(x for x, _ in points) > end
        end = max(x for x, _ in points)
        assert all(0 <= y <= HEIGHT for _, y in points)
    assert layout.xaxis.range[0] == 0 and layout.xaxis.range[1] > end


def test_volumes_have_names_shapes_and_arrows_between_them():
    drawn = volumes(LeNet().layers(GREY))
    notes = figure(drawn, "light").layout.annotations
    words = [note.text for note in notes if note.text]
    assert len(words) == len(drawn) and len(notes) - len(words) == len(drawn) - 1
    assert "<b>conv1</b>" in words[1] and "6×28×28" in words[1]
    assert "<b>output</b>" in words[-1] and ">10<" in words[-1]
    arrows = [note for note in notes if not note.text]
    assert all(arrow.ax < arrow.x for arrow in arrows)


def test_more_maps_are_drawn_deeper_and_larger_images_taller():
    assert size((32, 8, 8))[2] > size((8, 8, 8))[2] and size((8, 8, 8))[1] == size((32, 8, 8))[1]
    assert size((8, 28, 28))[1] > size((8, 8, 8))[1]
    assert size((1, 3, 9)) == size((1, 9, 3))
    assert size((84,))[1] > size((10,))[1]
    assert size((4096, 512, 512))[1] < HEIGHT > size((10**6,))[1]


@pytest.mark.parametrize("kind", Layer.members)
def test_every_kind_of_layer_is_drawn_or_marked_as_not_fitting(kind):
    drawn = volumes((Layer.pick(kind), Flatten(), Output()))
    assert drawn[0][:3] == ("input", GREY, -1)
    assert drawn[-1][:2] == ("output", (10,)) or drawn[-1][1] == ()
    assert len(figure(drawn, "light").layout.shapes) >= 3 * (len(drawn) - 1) + 1
