"""Maps and norms of layers over the training, also of layers that are exactly 0."""

from dataclasses import replace
from math import log10, nan

import pytest

from core.base.events import Probe, Step, to_json
from core.figures import training
from core.figures.binding import fill, values
from core.figures.maps import MAPS, layer_map
from core.runs.history import History
from tests.conftest import LAYERS, script
from tests.core.figures.test_binding import history


def test_the_map_is_logarithmic_and_its_tooltip_has_the_number():
    rows = training.rows(history())
    trace = training.drawn(layer_map("light", names=LAYERS), history()).data[0]
    assert trace.z[1][0] == pytest.approx(log10(rows[0]["map.update.conv2"][0]))
    assert trace.customdata[1][0] == rows[0]["map.update.conv2"][0]
    assert (
        layer_map("light", names=LAYERS).data[0].zmid is None
        and (trace.zmin + trace.zmax) / 2 == -3
    )


def test_a_layer_that_is_exactly_0_is_low_in_the_map_and_has_no_label_on_a_log_axis():
    columns = {"m": [1, 2], "m.a": [0.0, nan], "m.b": [0.1, 1.0]}
    columns |= {"p": [1], "g.a": [0.0], "g.b": [2.0]}
    mapped = values({"x": "m", "z": ["m.a", "m.b"], "log": True}, columns, {}, {})
    assert mapped["z"] == [[-1.0, None], [-1.0, 0.0]] and mapped["customdata"][0][0] == 0.0
    assert values({"x": "m", "z": ["m.a"], "log": True}, columns, {}, {})["z"] == [[-12.0, None]]
    meta = {
        "x": "p",
        "ends": ["g.a", "g.b"],
        "names": ["a", "b"],
        "colours": ["red", "blue"],
        "extent": ["g.a", "g.b"],
        "log": True,
    }
    shown = values(meta, columns, {}, {"pixels": 100})
    assert (shown["text"], shown["textfont"]["color"]) == (["b"], ["blue"])


@pytest.mark.parametrize(
    "quantity", [q for q, m in MAPS.items() if not (m.by_activation or m.signed)]
)
def test_a_map_names_the_layers_that_were_0_in_every_measurement(quantity):
    """Its colours cannot show 0: a map without any number is flat. The last update of a schedule
    that ends at 0 is none of those.
    """
    zero, last = {LAYERS[0]: 0.0}, {LAYERS[1]: 0.0}
    events = [e for e in script() if isinstance(e, Probe)]
    events = [replace(e, **{quantity: getattr(e, quantity) | zero}) for e in events]
    events[-1] = replace(events[-1], **{quantity: getattr(events[-1], quantity) | zero | last})
    made = History()
    made.add(map(to_json, [script()[0], Step(200, (1.0,) * 200, 0.1, 1.0, 1.0), *events]))
    (text,) = training.drawn(layer_map("light", names=LAYERS, quantity=quantity), made).data[1].text
    assert [name in text for name in LAYERS] == [True, False, False]


@pytest.mark.parametrize(("dead", "listed"), [(1, "l0"), (4, "l0, l1, l2, l3"), (5, "5 layers")])
@pytest.mark.parametrize("quantity", training.NORMS)
def test_layers_whose_norm_is_exactly_0_are_named_in_a_text(quantity, dead, listed):
    """A log axis cannot show them, and a line at 0 is easily taken for the axis."""
    layers = [f"l{k}" for k in range(6)]
    columns = {"probe.step": [3, 9]}
    columns |= {f"probe.{quantity}.{n}": [1.0, 0.0 if k < dead else 1e-30]
                for k, n in enumerate(layers)}  # fmt: skip
    figure = training.layer_norms("light", layers=layers, quantity=quantity)
    text = fill(figure, columns, {"step": 9}).data[-1]
    assert text.text == (f" {training.ZERO[quantity]} {listed}",) and text.x == (3,)
    alive = {name: [1.0, 1.0] for name in columns}
    assert not fill(figure, alive | {"probe.step": [3, 9]}, {"step": 9}).data[-1].text


@pytest.mark.parametrize("low", [0.0123, 0.9, 1.1, 3.05, 7.2, 480.0])
@pytest.mark.parametrize("factor", [1.6, 5.0, 90.0])
def test_the_colour_bar_of_a_map_has_numbers_for_any_range(low, factor):
    columns = {"map.step": [1, 2]}
    columns |= {f"map.weight.{name}": [low, low * factor] for name in LAYERS}
    figure = fill(layer_map("light", names=LAYERS, quantity="weight"), columns, {"step": 2})
    bar, ends = figure.data[0].colorbar, (log10(low), log10(low * factor))
    shown = [text for v, text in zip(bar.tickvals, bar.ticktext, strict=True)
             if ends[0] <= v <= ends[1]]  # fmt: skip
    assert 1 <= len(shown) <= 7
