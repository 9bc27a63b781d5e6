"""Bars of probabilities: which classes are drawn, and where."""

import numpy as np
import plotly.graph_objects as go

from core.figures.probabilities import LARGEST, chart_height, csv, figure, rows
from core.figures.template import template


def test_few_classes_keep_their_order_and_of_many_the_most_probable_are_drawn():
    few = rows(["b", "a", "c"], [0.2, 0.7, 0.1])
    assert [bar.name for bar in few] == ["b", "a", "c"]
    values = np.random.default_rng(0).dirichlet(np.ones(40))
    many = rows([f"class {i}" for i in range(40)], values)
    assert [bar.probability for bar in many] == sorted(values, reverse=True)[:LARGEST]
    assert [bar.name for bar in many] == [f"class {i}" for i in np.argsort(-values)[:LARGEST]]
    assert chart_height(40) == chart_height(LARGEST) > chart_height(3)


def test_the_most_probable_class_alone_has_the_colour():
    for mode in ("light", "dark"):
        drawn = go.Figure(figure(rows(["<b>", "cat", "dog"], [0.2, 0.7, 0.1]), mode))
        assert drawn.layout.template == template(mode)
        (bars,) = drawn.data
        assert list(bars.x) == [0.2, 0.7, 0.1]
        first, top, last = bars.marker.color
        assert first == last != top
        assert drawn.layout.yaxis.ticktext == ("&lt;b&gt;", "<b>cat</b>", "dog")


def test_the_file_has_all_classes():
    assert csv(['a "b"', "c"], [0.25, 0.75]) == 'class,probability\n"a ""b""",0.25\nc,0.75\n'
