"""Network: blocks open as cards within the list, and every action on a layer works inside them."""

import pytest

from core.base.encoding import encode
from core.experiment import Experiment
from core.jobs import runner
from core.network.layers import (
    BatchNorm,
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
from core.network.nested import set_stochastic_depth
from tests.pages.test_network import layers, page, press, texts, well

__all__ = ["page"]

BLOCK = Residual(layers=(Conv2d(maps=4, padding=1), ReLU()))
FORK = Branches(branches=((Conv2d(maps=2, kernel=1),), (Conv2d(maps=3, padding=1), ReLU())))
END = (GlobalPool(), Output())
NET = (Conv2d(maps=4, padding=1), BLOCK, FORK, *END)


def inside(app):
    return layers(app)[1].layers


def widgets(app):
    shown = app.main
    return len([*shown.number_input, *shown.text_input, *shown.toggle, *shown.selectbox])


def test_only_the_open_layer_draws_widgets(page):
    app = page(NET)
    assert widgets(app) == 0
    assert widgets(press(app, "open 1")) == 3  # shortcut, normalize, drop
    assert widgets(press(app, "open 1.0.0")) == 6  # filters, …, bias, extra initial bias
    assert widgets(press(app, "open 1.0.0")) == 3  # closed again: its block is the open one
    assert widgets(press(app, "open 1")) == 0


def test_inner_layers_have_numbers_shapes_and_sizes(page):
    app = press(press(page(NET), "open 1"), "open 1.0.0")
    said = texts(app)
    assert ":small[:gray[2.1]]" in said and ":small[:gray[2.2]]" in said
    assert any("148 parameters" in text and "9\u202f216 multiply-adds" in text for text in said)
    table = app.dataframe[0].value
    assert list(table["Layer"]) == [
        "1  conv1", "2.1  conv1", "3.1.1  conv1", "3.2.1  conv1", "5  output",
    ]  # fmt: skip
    assert table["Output std"].notna().all()


def test_a_field_of_an_inner_layer_reaches_the_draft(page):
    app = press(press(page(NET), "open 1"), "open 1.0.0")
    next(w for w in app.number_input if w.label == "Filters").set_value(7).run()
    assert inside(well(app))[0].maps == 7
    assert layers(press(app, "Undo")) == NET
    assert inside(press(app, "Redo"))[0].maps == 7


@pytest.mark.parametrize(
    ("what", "result"),
    [
        ("Move down", (ReLU(), BLOCK.layers[0])),
        ("Duplicate", (BLOCK.layers[0], BLOCK.layers[0], ReLU())),
        ("Delete", (ReLU(),)),
        ("Wrap in a residual block", (Residual(layers=BLOCK.layers[:1]), ReLU())),
        ("add gelu 1.0", (BLOCK.layers[0], Layer.pick("gelu"), ReLU())),
    ],
)
def test_changes_of_inner_layers_can_be_undone(page, what, result):
    app = press(press(press(page(NET), "open 1"), "open 1.0.0"), what)
    assert inside(app) == result
    assert layers(press(app, "Undo")) == NET


def test_a_layer_is_wrapped_in_a_block_and_unwrapped_again(page):
    app = press(press(page(NET), "open 0"), "Wrap in a residual block")
    assert layers(app)[0] == Residual(layers=NET[:1])
    assert layers(press(app, "Unwrap the layers of this block")) == NET


def test_the_last_layer_of_a_residual_block_cannot_be_deleted(page):
    app = page((Residual(layers=(ReLU(),)), Flatten(), Output()))
    app = press(press(app, "open 0"), "open 0.0.0")
    assert next(
        b for b in app.button if b.help == "Delete (a residual block needs at least one layer)"
    ).disabled


def test_branches_are_added_and_deleted(page):
    app = press(press(page(NET), "open 2"), "Add a branch")
    assert layers(app)[2].branches == (*FORK.branches, FORK.branches[1])
    app = press(app, "Delete branch 1")
    assert layers(app)[2].branches == (FORK.branches[1], FORK.branches[1])
    app = press(app, "add tanh 2.1")
    assert layers(app)[2].branches[1] == (*FORK.branches[1], Layer.pick("tanh"))
    assert ":small[:gray[3.2.3]]" in texts(app)


@pytest.mark.parametrize("opened", [(), ("open 1",), ("open 1", "open 1.0.2")])
def test_a_misfit_is_shown_at_the_inner_layer_and_fixed(page, opened):
    block = BLOCK.model_copy(update={"layers": (*BLOCK.layers, Linear(units=3))})
    app = page((NET[0], block, *END))
    for name in opened:
        app = press(app, name)
    said = [
        text.replace("\\", "") for text in texts(app) if "Linear needs" in text.replace("\\", "")
    ]
    assert len(said) == 1 and "Layer 2.3 (linear1): Linear needs a flat input" in said[0]
    start = next(b for b in app.button if b.key == "bar_start")
    assert start.disabled and "Layer 2.3 (linear1)" in start.help.replace("\\", "")
    app = press(app, "fix_misfit")
    assert layers(app) == (NET[0], BLOCK, *END)
    assert not next(b for b in app.button if b.key == "bar_start").disabled


def test_the_projection_of_a_shortcut_is_described_where_the_block_is_open(page):
    note = "The shortcut is a 1 × 1 convolution with stride 2"
    block = Residual(layers=(Conv2d(maps=8, padding=1, stride=2), BatchNorm()))
    app = page((NET[0], block, *END))
    assert not any(note in text for text in texts(app))
    assert any(note in text for text in texts(press(app, "open 1")))


def test_the_output_cannot_be_added_to_a_block(page):
    app = press(page(NET), "open 1")
    keys = [b.key for b in app.button]
    assert "add linear 1.0" in keys and "add output 1.0" not in keys


def test_stochastic_depth_is_set_in_one_place(page):
    three = (NET[0], BLOCK, BLOCK, BLOCK, *END)
    app = page(three)
    next(w for w in app.number_input if w.label.startswith("Drop")).set_value(0.3).run()
    assert layers(well(app)) == set_stochastic_depth(three, 0.3)
    assert any("up to 0.3" in e.label for e in app.expander)
    next(w for w in app.number_input if w.label.startswith("Drop")).set_value(1.5).run()
    assert layers(well(app)) == set_stochastic_depth(three, 0.3)
    assert any("below 1" in text for text in texts(app))
    next(w for w in app.number_input if w.label.startswith("Drop")).set_value(0.2)
    app.switch_page("train.py").run()  # the page is left before it is drawn again
    assert layers(well(app)) == set_stochastic_depth(three, 0.2)


def test_a_layer_that_an_undo_removed_is_no_longer_open(page):
    app = press(press(press(page(NET), "open 1"), "add gelu 1.0"), "Undo")
    assert layers(app) == NET and widgets(app) == 3


def test_blocks_stop_going_deeper_before_the_draft_can_be_lost(page):
    net = (BLOCK, *END)
    app, place = page(net), "0"
    while True:
        app = press(app, f"open {place}")
        place += ".0.0"
        app = press(app, f"open {place}")
        wrap = next(b for b in app.button if b.help == "Wrap in a residual block")
        if wrap.disabled:
            break
        app = press(app, "Wrap in a residual block")
        app = press(app, f"open {place}")
    assert place.count("0") == 9 and runner.current()
    assert encode(Experiment(network=layers(app)))
