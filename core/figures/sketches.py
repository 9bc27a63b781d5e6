"""Small drawings for the cards of ready-made experiments: by hand, not measured. Each has two
lines, in the training and in the validation colour.
"""

from functools import cache

import numpy as np

from core.figures.template import PALETTES, Mode

SketchLine = tuple[np.ndarray, np.ndarray]  # x and y, both within 0 … 1 where they are drawn


@cache
def thumbnail(name: str, mode: Mode) -> str:
    """A card's drawing as SVG text: lines like those that this experiment will show."""
    p = PALETTES[mode]
    t = np.linspace(0, 1, 60)
    if name in _SHAPES:
        first, second = _SHAPES[name](t)
        lines = [_line(*first, p.train), _line(*second, p.validation)]
    elif name in _PAIRS:
        wrong, right = _PAIRS[name](t)
        lines = [_line(t, wrong, p.train), _line(t, right, p.validation, "6 4")]
    else:
        train, validation = _CURVES.get(name, _CURVES["digits"])(t)
        lines = [_line(t, train, p.train), _line(t, validation, p.validation, "6 4")]
        lines += _best(int(np.argmin(validation)), t, p.best)
    size = 'width="160" height="84"'
    frame = f'<rect {size} rx="6" fill="{p.second}"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 160 84">'
    return f"{head}{frame}{''.join(lines)}</svg>"


def _best(best: int, x: np.ndarray, colour: str) -> list[str]:
    """The best epoch's dotted line, where there is one within the run."""
    if not 5 < best < 55:
        return []
    at = f"{10 + 140 * x[best]:.0f}"
    ends = f'x1="{at}" x2="{at}" y1="8" y2="76"'
    return [f'<line {ends} stroke="{colour}" stroke-dasharray="2 3"/>']


def _line(x: np.ndarray, y: np.ndarray, colour: str, dash: str = "") -> str:
    """A polyline of the points that fit on the card."""
    points = " ".join(
        f"{10 + 140 * a:.1f},{74 - 62 * b:.1f}" for a, b in zip(x, y, strict=True) if b <= 1
    )
    stroke = f'stroke="{colour}" stroke-width="2.2" stroke-linecap="round"'
    return f'<polyline points="{points}" fill="none" {stroke} stroke-dasharray="{dash}"/>'


_CURVES = {
    "double-descent": lambda x: (
        np.clip(0.9 - 2 * x, 0.02, 1),
        0.22 + 0.4 * np.exp(-9 * x) + 0.6 * np.exp(-(((x - 0.45) / 0.09) ** 2)) - 0.14 * x,
    ),
    "digits": lambda x: (np.exp(-7 * x), 0.08 + np.exp(-6 * x) * 0.9),
    "lenet": lambda x: (np.exp(-9 * x), 0.03 + np.exp(-9 * x) * 0.8),
    "mnist-best": lambda x: (0.05 + 0.9 * np.exp(-14 * x), 0.02 + 0.5 * np.exp(-11 * x)),
    "cifar-net": lambda x: (
        0.3 + 0.6 * np.exp(-3 * x) + 0.07 * np.sin(83 * x) * np.cos(37 * x),
        0.36 + 0.56 * np.exp(-3.5 * x),
    ),
    "cifar-resnet": lambda x: (0.9 - 0.8 * x**0.5, 0.92 - 0.72 * x**0.5),
    "mnist-mlp": lambda x: (0.1 + 0.9 * np.exp(-4 * x), 0.16 + 0.8 * np.exp(-4 * x)),
    "digits-zeros": lambda x: (0.82 + 0 * x, 0.86 + 0 * x),
    "digits-too-fast": lambda x: (0.1 + 0.2 * np.exp(3.2 * x), 0.14 + 0.2 * np.exp(3.5 * x)),
    "digits-by-heart": lambda x: (
        np.exp(-7 * x),
        0.25 + 0.7 * np.exp(-8 * x) + 0.35 * np.clip(x - 0.3, 0, 1),
    ),
}


_PAIRS = {  # what goes wrong, and what helps
    "deep": lambda x: (0.9 + 0 * x, 0.08 + 0.86 * np.exp(-5 * x)),
    "perceptron": lambda x: (0.86 + 0 * x, 0.1 + 0.8 * np.exp(-8 * x)),
    "lsuv": lambda x: (0.94 + 0 * x, 0.05 + 0.9 * np.exp(-6 * x) * (1 + 0.2 * np.sin(40 * x))),
    "rate": lambda x: (
        0.35 + 0.5 * np.exp(-9 * x) + 0.14 * np.sin(61 * x) * np.sin(23 * x),
        0.18 + 0.6 * np.exp(-7 * x) + 0.14 * np.sin(67 * x) * np.exp(-3 * x),
    ),
    "momentum": lambda x: (0.95 - 0.42 * x, 0.08 + 0.87 * np.exp(-7 * x)),
    "by-heart": lambda x: (
        0.3 + 0.6 * np.exp(-9 * x) + 0.55 * x,
        0.32 + 0.6 * np.exp(-9 * x),
    ),
    "clipping": lambda x: (0.35 + 0.1 * np.exp(14 * x), 0.06 + 0.6 * np.exp(-5 * x)),
    "batch": lambda x: (0.08 + 0.87 * np.exp(-9 * x), 0.3 + 0.65 * np.exp(-1.6 * x)),
}


def _arm(t: np.ndarray, turn: float) -> SketchLine:
    """One arm of a spiral; the card is not square."""
    angle = 2 * np.pi * (1.25 * t + turn)
    return 0.5 + 0.26 * t * np.cos(angle), 0.5 + 0.5 * t * np.sin(angle)


def _valleys(t: np.ndarray) -> tuple[SketchLine, SketchLine]:
    """A sharp minimum and a flat one."""
    return (t, 0.1 + 30 * (t - 0.25) ** 2), (t, 0.08 + 3 * (t - 0.68) ** 2)


def _wave(t: np.ndarray) -> tuple[SketchLine, SketchLine]:
    """Noisy values, and the smooth curve that was fitted to them."""
    y = 0.5 + 0.35 * np.sin(4 * np.pi * t)
    return (t, y + 0.1 * np.sin(97 * t) * np.cos(41 * t)), (t, y)


_SHAPES = {"spirals": lambda t: (_arm(t, 0.0), _arm(t, 0.5)), "sine": _wave, "flat": _valleys}
