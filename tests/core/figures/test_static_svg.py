"""A plotly figure as static SVG: the same points, ticks and names, and nothing that is markup."""

import re
import xml.etree.ElementTree as ET

import plotly.graph_objects as go
import pytest

from core.base.events import to_json
from core.figures import overlay, overlay_curves, residuals
from core.figures import training as curves
from core.figures.static_svg import WIDTH, svg
from core.runs.history import History
from tests.conftest import ended, script

SVG = "{http://www.w3.org/2000/svg}"


def parsed(figure: go.Figure, **how) -> ET.Element:
    return ET.fromstring(svg(figure, "What it shows & more", **how))


def texts(root: ET.Element) -> list[str]:
    return [node.text or "" for node in root.iter(f"{SVG}text")]


def history() -> History:
    return History.of([to_json(event) for event in [*script(), ended()]])


def test_points_are_where_the_axes_put_them():
    figure = go.Figure()
    figure.add_scatter(x=[0, 5, 10], y=[1, 10, 100], mode="lines+markers", name="a")
    figure.update_layout(height=252, xaxis={"range": [0, 10]}, margin={"r": 40})
    figure.update_yaxes(type="log", range=[0, 2], tickvals=[1, 10, 100], ticktext=["1", "ten", "C"])
    root = parsed(figure)
    path = re.findall(r"[ML]([\d.]+) ([\d.]+)", root.find(f".//{SVG}path").get("d"))
    (x0, y0), (x1, y1), (x2, y2) = [(float(x), float(y)) for x, y in path]
    assert (x0 + x2) / 2 == pytest.approx(x1, abs=0.1) and x2 == WIDTH - 40
    assert (y0 + y2) / 2 == pytest.approx(y1, abs=0.1) and y2 < y0
    assert {"1", "ten", "C", "a"} <= set(texts(root))


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [(0, 60, ["0", "20", "40", "60"]), (-0.5, 0.5, ["−0.4", "−0.2", "0", "0.2", "0.4"])],
)
def test_a_linear_axis_has_round_ticks(low, high, wanted):
    figure = go.Figure(go.Scatter(x=[low, high], y=[1, 2], mode="lines"))
    figure.update_layout(xaxis={"range": [low, high]})
    assert [t for t in texts(parsed(figure)) if t in wanted] == wanted


def test_values_that_an_axis_cannot_show_are_gaps():
    figure = go.Figure(go.Scatter(x=[1, 2, 3, 4, 5], y=[1, 0, None, 4, float("nan")], mode="lines"))
    figure.update_yaxes(type="log")
    path = parsed(figure).find(f".//{SVG}path").get("d")
    assert path.count("M") == 2 and path.count("L") == 0


def test_names_are_text_whatever_they_contain():
    name = "<b>&\"'</text><script>"
    entry = overlay_curves.from_history(name, "mse", history(), label="1")
    root = parsed(overlay.figure(overlay_curves.rows([entry]), "light"))
    assert name in texts(root) and "script" not in {node.tag for node in root.iter()}


@pytest.mark.parametrize("measure", ["loss", "error", "accuracy"])
def test_the_charts_of_a_run_are_drawn_completely(measure):
    figure = curves.drawn(curves.curve("light", measure=measure, against="epoch"), history())
    root = parsed(figure, width=400)
    assert root.get("viewBox").startswith("0 0 400 ")
    assert any("best epoch: 4" in text for text in texts(root))
    norms = curves.layer_norms("light", layers=history().layers, against="epoch")
    names = {text.strip() for text in texts(parsed(curves.drawn(norms, history())))}
    assert set(history().layers) <= names


def test_a_chart_of_points_has_all_of_them():
    root = parsed(residuals.figure(*residuals.rows([1.0, 2.0, 3.5], [1.1, 1.8, 3.0]), "light"))
    assert len(root.findall(f".//{SVG}circle")) == 3
