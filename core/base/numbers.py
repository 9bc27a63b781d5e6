"""Numbers as text: two or three significant digits, grouped thousands, and units."""

from collections.abc import Sequence
from math import ceil, floor, isfinite, log10

THIN = "\u202f"  # narrow no-break space, between thousands and before a unit
FIXED = "\u00a0"  # no-break space, between words that stay on one line
MISSING = "–"


def whole(value: float | None) -> str:
    """Return a whole number with grouped thousands.

    >>> whole(61706).replace(THIN, " ")
    '61 706'
    """
    return MISSING if value is None else f"{round(value):,}".replace(",", THIN)


def short(value: float | None, digits: int = 2) -> str:
    """Return a number with a few significant digits.

    >>> [short(v) for v in (0.0832, 0.00042, 1e-3, 12.34, 0.0)]
    ['0.083', '4.2e-4', '1e-3', '12', '0']
    """
    if value is None or not isfinite(value):
        return MISSING if value is None else str(value).replace("inf", "∞").replace("nan", "NaN")
    value = float(f"{value:.{digits}g}")
    if value == 0 or 1e-2 <= abs(value) < 10**digits:
        return f"{value:.{digits}g}"
    if 10**digits <= abs(value) < 1e6:
        return whole(value)
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(exponent)}"


def exact(value: float | None) -> str:
    """Return a value of a dataset as in its file: ungrouped, whole numbers with all digits, others
    with the digits that single precision has.

    >>> [exact(v) for v in (80331, 20095.0, 390448000, -0.123456789, 12345.5, 1e30)]
    ['80331', '20095', '390448000', '-0.1234568', '12345.5', '1e30']
    """
    if value is not None and isfinite(value) and value % 1 == 0 and abs(value) < 1e15:
        return f"{value:.0f}"
    return short(value, 7)


def readable(value: float | None, digits: int = 6) -> str:
    """Return a value that a person uses, such as a price: without an exponent from 1e4 to 1e15.

    >>> [readable(v).replace(THIN, " ") for v in (390448000.0, 604321.7, 12.3456789, 2e-7, 1e20)]
    ['390 448 000', '604 322', '12.3457', '2e-7', '1e20']
    """
    if value is not None and isfinite(value) and 10 ** min(digits, 5) <= abs(value) < 1e15:
        return whole(float(f"{value:.7g}"))  # the digits that float32 carries
    return short(value, digits)


def roughly(count: float) -> str:
    """Return a count for a sentence, exact below 10 000.

    >>> [roughly(v).replace(THIN, " ") for v in (640, 2598, 64012, 6749449, 1e7)]
    ['640', '2 598', '64 000', '6.7 million', '10 million']
    """
    if count < 1e4:
        return whole(count)
    for word, unit in (("million", 1e6), ("billion", 1e9)):
        if unit <= float(f"{count:.2g}") < 1000 * unit:
            return f"{float(f'{count:.2g}') / unit:.3g} {word}"
    return whole(float(f"{count:.2g}"))


def percent(fraction: float | None) -> str:
    """Return a fraction as a percentage. Only exactly nothing is 0 %, and only everything 100 %.

    >>> [percent(v).replace(THIN, " ") for v in (0.0213, 0.5, 0.0, 1.0)]
    ['2.1 %', '50 %', '0 %', '100 %']
    >>> [percent(v).replace(THIN, " ") for v in (0.0001, 0.922, 0.996, 0.9999)]
    ['< 0.1 %', '92.2 %', '99.6 %', '> 99.9 %']
    """
    if fraction is None or not isfinite(fraction):
        return MISSING
    value = 100 * fraction
    if 0 < value < 0.05:
        return f"<{THIN}0.1{THIN}%"
    if 99.95 <= value < 100:
        return f">{THIN}99.9{THIN}%"
    digits = 1 if abs(value) < 10 or 90 <= value < 100 else 0
    return f"{f'{value:.{digits}f}'.removesuffix('.0')}{THIN}%"


def percent_parts(fractions: Sequence[float]) -> tuple[list[str], str]:
    """Return parts of a whole and their sum with one decimal each, so that the texts add up.

    >>> parts, both = percent_parts([0.2246, 0.1846])
    >>> [text.replace(THIN, " ") for text in (*parts, both)]
    ['22.5 %', '18.5 %', '41.0 %']
    """
    values = [round(100 * fraction, 1) for fraction in fractions]
    *parts, total = (f"{value:.1f}{THIN}%" for value in (*values, sum(values)))
    return parts, total


def decimals(values: Sequence[float]) -> int:
    """Return how many decimals give the largest of the values three digits, at most six.

    >>> [decimals(values) for values in ([5.53, 5.2], [120.0], [0.0123], [0.0])]
    [2, 0, 4, 2]
    """
    largest = max(map(abs, values))
    return min(6, max(0, 2 - floor(log10(largest)))) if largest else 2


def duration(seconds: float | None) -> str:
    """Return seconds as text that stays on one line.

    >>> [duration(v).replace(THIN, " ").replace(FIXED, " ")
    ...  for v in (0.001, 0.42, 4, 4.24, 110, 7300)]
    ['under 0.01 s', '0.42 s', '4 s', '4.2 s', '1 min 50 s', '2 h 1 min']
    """
    if seconds is None or not isfinite(seconds):
        return MISSING
    if 0 < seconds < 0.01:
        return f"under{THIN}0.01{THIN}s"
    s = round(seconds)
    if s < 60:
        return f"{short(seconds) if seconds < 10 else s}{THIN}s"
    pairs = ((s // 60, "min"), (s % 60, "s")) if s < 3600 else _hours(s)
    return FIXED.join(f"{count}{THIN}{unit}" for count, unit in pairs)


def time_left(seconds: float | None) -> str:
    """Return an estimated remaining time, at least 1 s; empty if it is unknown.

    >>> [time_left(v).replace(THIN, " ") for v in (0.0, 9.4, None)]
    ['1 s left', '9 s left', '']
    """
    return "" if seconds is None else f"{duration(max(1, round(seconds)))} left"


def _hours(s: int) -> tuple[tuple[int, str], ...]:
    return (s // 3600, "h"), (s % 3600 // 60, "min")


def duration_range(low: float, high: float) -> str:
    """Return an estimated duration as a range, rounded outwards.

    >>> [duration_range(*v).replace(THIN, " ").replace(FIXED, " ")
    ...  for v in ((0.2, 0.5), (4, 6.5), (28.2, 28.9), (100, 250), (4000, 9000))]
    ['under 1 s', '4 to 7 s', 'about 29 s', '1.6 to 4.2 min', '1.1 to 2.5 h']
    """
    if high < 1:
        return f"under{FIXED}1{THIN}s"
    unit, size, scale = next(u for u in _UNITS if high >= u[1] * 1.5 or u[1] == 1)
    first, last = floor(scale * low / size) / scale, ceil(scale * high / size) / scale
    if last - first <= max(0.05 * last, 1 / scale):
        return f"about{FIXED}{last:g}{THIN}{unit}"
    return f"{first:g}{FIXED}to{FIXED}{last:g}{THIN}{unit}"


_UNITS = (("h", 3600, 10), ("min", 60, 10), ("s", 1, 1))  # with the fraction that counts


def tick(value: float) -> str:
    """Return the label of a tick on a logarithmic axis.

    >>> [tick(v) for v in (3e-4, 0.03, 300, 3000, 1e5, 1e6, 1e9)]
    ['3e-4', '0.03', '300', '3k', '100k', '1M', '1e9']
    """
    exponent = floor(log10(value) + 1e-9)
    if -4 < exponent < 3:
        return f"{value:.{max(0, -exponent)}f}"
    for letter, unit in (("k", 1e3), ("M", 1e6)):
        if unit <= value * (1 + 1e-9) < 1000 * unit:
            return f"{value / unit:.3g}{letter}"
    return f"{round(value / 10**exponent)}e{exponent}"


def size(bytes: float | None) -> str:
    """Return bytes as text.

    >>> [size(v).replace(THIN, " ") for v in (512, 212e6, 3.14e9)]
    ['512 B', '212 MB', '3.1 GB']
    """
    if bytes is None or not isfinite(bytes):
        return MISSING
    for unit, limit in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if bytes >= limit:
            value = bytes / limit
            return f"{value:.1f}{THIN}{unit}" if value < 10 else f"{value:.0f}{THIN}{unit}"
    return f"{bytes:.0f}{THIN}B"
