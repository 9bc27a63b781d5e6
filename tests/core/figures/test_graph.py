"""The network as a graph: each layer is drawn once, nothing overlaps, and blocks are visible."""

import pytest

from core.figures.columns import MANY, Cell, Column, columns
from core.figures.graph import figure, rows
from core.figures.template import PALETTES
from core.network.build import trace
from core.network.layers import (
    Branches,
    Conv2d,
    Flatten,
    GlobalPool,
    Layer,
    Linear,
    Output,
    ReLU,
    Residual,
)  # fmt: skip
from core.network.presets import DeepMLP, LeNet, Preset, SmallResNet

GREY = (1, 28, 28)
BLOCK = Residual(layers=(Conv2d(maps=4, padding=1), ReLU()))


def shown(*layers):
    return columns(trace(layers, GREY, 10))


def words(drawn):
    return [note.text for note in drawn.layout.annotations if note.text]


def names(lanes):
    return tuple(tuple(cell.name for cell in lane) for lane in lanes)


def test_layers_without_weights_are_below_the_layer_with_weights_that_they_follow():
    found = shown(*LeNet().layers(GREY))
    assert [(names(one.lanes), *names((one.after,))) for one in found] == [
        ((("conv1",),), ("relu1", "pool1")),
        ((("conv2",),), ("relu2", "pool2", "flatten1")),
        ((("linear1",),), ("relu3",)),
        ((("linear2",),), ("relu4",)),
        ((("output",),), ()),
    ]
    assert all(cell.has_weights for one in found for lane in one.lanes for cell in lane)
    assert not any(cell.has_weights for one in found for cell in one.after)
    assert [one.shape for one in found] == [(6, 14, 14), (400,), (120,), (84,), (10,)]


def test_blocks_are_lanes_with_the_sign_that_joins_them():
    fork = Branches(branches=((Conv2d(maps=2, kernel=1),), ()), join="concatenate")
    block, branches, _ = shown(BLOCK, fork, GlobalPool(), Output())
    assert block.lanes == ((Cell("conv1", has_weights=True), Cell("relu1")),)
    assert block.joined == "+" and block.shortcut
    assert names(branches.lanes) == (("conv1",), ())
    assert branches.joined == "‖" and not branches.shortcut
    plain = BLOCK.model_copy(update={"shortcut": False})
    assert not shown(plain, Flatten(), Output())[0].joined


def test_the_shortcut_is_one_coloured_line_around_the_block():
    on, off = (
        figure(shown(BLOCK.model_copy(update={"shortcut": s}), Flatten(), Output()), GREY, "light")
        for s in (True, False)
    )
    lines = [[s for s in one.layout.shapes if s.type == "path"] for one in (on, off)]
    assert len([s for s in lines[0] if s.line.width == 2]) == 1 and not lines[1]
    assert "<b>+</b>" in words(on) and "<b>+</b>" not in words(off)


def test_equal_neighbours_are_drawn_once_where_there_are_many():
    found = shown(*DeepMLP(depth=50).layers(GREY))
    assert [one.times for one in found] == [1, 49, 1]
    stages = shown(*SmallResNet(blocks=3).layers(GREY))
    assert sum(one.times for one in stages) == 11 and len(stages) < MANY
    assert max(len(words(figure(found, GREY, "light"))), 1) < 12


@pytest.mark.parametrize("mode", PALETTES)
@pytest.mark.parametrize("kind", Preset.members)
@pytest.mark.parametrize("wide", [320, 590])
def test_columns_are_side_by_side_within_the_drawing(kind, mode, wide):
    found = shown(*Preset.pick(kind).layers(GREY))
    places, height = rows(found, wide)
    for one, (x, y, width, tall) in enumerate(places):
        assert x == 0 or x + width <= wide
        assert y + tall <= height
        for x2, y2, width2, tall2 in places[:one]:
            apart = x >= x2 + width2 or x2 >= x + width or y >= y2 + tall2 or y2 >= y + tall
            assert apart
    source = Column("input", ((Cell("input"),),), GREY, -1)
    drawn = figure(found, GREY, mode, wide)
    assert drawn.layout.height >= rows([source, *found], wide)[1]


@pytest.mark.parametrize(
    ("layers", "named"),
    [
        ((Conv2d(), Linear(), Output()), "2 linear1"),
        ((Conv2d(), ReLU(), Residual(layers=(ReLU(), Linear())), Output()), "3.2 linear1"),
        ((Branches(branches=((), (Conv2d(kernel=31),))), Output()), "1.2.1 conv1"),
    ],
)
def test_a_layer_that_does_not_fit_is_a_dashed_box_and_the_last_one(layers, named):
    drawn = figure(shown(*layers), GREY, "light")
    dashed = [s for s in drawn.layout.shapes if s.line.dash == "dash"]
    assert len(dashed) == 1
    assert named in words(drawn) and words(drawn)[-1] == "does not fit"


def test_a_block_that_does_not_fit_by_itself_has_a_dashed_frame():
    layers = (Residual(layers=(Conv2d(),)), Flatten(), Output())
    dashed = [s for s in figure(shown(*layers), GREY, "light").layout.shapes if s.line.dash]
    assert len(dashed) == 1


@pytest.mark.parametrize("kind", Layer.members)
def test_every_kind_of_layer_is_drawn(kind):
    found = shown(Layer.pick(kind), Flatten(), Output())
    assert len(figure(found, GREY, "dark").layout.shapes) >= 2
