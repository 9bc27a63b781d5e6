"""The visual contract: colours by meaning, readable on their page; numbers as people say them."""

from itertools import combinations, pairwise
from math import log10

import pytest

from core.base.numbers import FIXED, THIN, duration, percent, short, tick, whole
from core.figures.binding import ticks
from core.figures.template import DASH, PALETTES, blank, layer_colours, log_axis, template


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a, b):
    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", PALETTES)
def test_text_and_lines_can_be_read_on_the_page(mode):
    p = PALETTES[mode]
    assert contrast(p.text, p.page) > 10 and contrast(p.muted, p.page) > 4.5
    lines = [p.train, p.validation, p.test, p.best, p.warning, *p.runs, *p.ramp]
    assert min(contrast(line, p.page) for line in lines) > 3


@pytest.mark.parametrize("mode", PALETTES)
def test_roles_differ_in_colour_and_in_dash(mode):
    p = PALETTES[mode]
    assert len({p.train, p.validation, p.test, p.best, p.warning, *p.runs}) == 8
    assert all(a != b for a, b in combinations(DASH.values(), 2))


def test_the_theme_of_the_pages_has_the_same_colours():
    import tomllib
    from pathlib import Path

    theme = tomllib.loads(Path(".streamlit/config.toml").read_text())["theme"]
    for mode, p in PALETTES.items():
        assert theme[mode]["chartCategoricalColors"] == [
            p.train,
            p.validation,
            p.test,
            p.best,
            p.warning,
            *p.runs,
        ]
        assert theme[mode]["chartSequentialColors"] == list(p.sequential)
        assert theme[mode]["chartDivergingColors"] == list(p.diverging)
        assert (theme[mode]["backgroundColor"], theme[mode]["textColor"]) == (p.page, p.text)


def test_the_ramp_runs_from_input_to_output():
    assert layer_colours(5, "dark") == list(PALETTES["dark"].ramp)
    assert (
        layer_colours(1, "light") == [PALETTES["light"].ramp[0]] and layer_colours(0, "light") == []
    )
    assert len(set(layer_colours(30, "light"))) == 30


def test_a_chart_is_transparent_keeps_its_view_and_writes_thin_spaces():
    layout = template("light").layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert layout.uirevision == "keep" and layout.separators == f".{THIN}"
    assert blank("light", 216).layout.height == 216


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (short(None), "–"),
        (short(float("nan")), "NaN"),
        (short(0.00091), "9.1e-4"),
        (short(99.6), "100"),
        (short(1234.0), f"1{THIN}200"),
        (short(2.5e7), "2.5e7"),
        (short(-0.05), "-0.05"),
        (percent(None), "–"),
        (percent(0.09999), f"10{THIN}%"),
        (percent(0.00004), f"<{THIN}0.1{THIN}%"),
        (duration(59.6), f"1{THIN}min{FIXED}0{THIN}s"),
        (duration(float("inf")), "–"),
        (whole(None), "–"),
        (tick(0.03), "0.03"),
        (tick(1e-4), "1e-4"),
        (tick(3e-9), "3e-9"),
        (tick(1.0), "1"),
        (tick(300.0), "300"),
        (tick(3000.0), "3k"),
        (tick(3e4), "30k"),
        (tick(1e6), "1M"),
        (tick(1e9), "1e9"),
    ],
)
def test_numbers_as_people_say_them(got, said):
    assert got == said


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("low", [-3.0, -1.37, 0.42])
@pytest.mark.parametrize("span", [0.16, 0.39, 0.41, 0.79, 0.81, 1.5])
def test_ticks_of_a_narrow_axis_are_there_and_do_not_touch(low, span, shares):
    _, tables = log_axis("loss", shares=shares)
    patch = ticks(tables, low, low + span)
    seen = [log10(v) for v in patch["tickvals"] if low <= log10(v) <= low + span]
    pixels = 138 / span  # of the lowest chart, for each decade
    assert all((b - a) * pixels > 13 for a, b in pairwise(seen))  # 12 px of text
    assert seen and all(text.endswith("%") == shares for text in patch["ticktext"])
