"""Doctor: what is found in pictures and in rows, in plain words; the measures stand in `looks.py`
and `duplicates.py`. Changes nothing.
"""

import numpy as np

from core.base.numbers import percent, short, whole
from core.base.text import counted
from core.data.inspection import duplicates
from core.data.inspection.duplicates import Twins
from core.data.inspection.finding import Finding
from core.data.inspection.image_statistics import ground, ink_ratio
from core.data.reading import Reading

LYING = 0.95  # mean height over mean width of the ink, below which written signs seem turned
GROUND = 0.6  # share of border pixels that are alike where signs are drawn; photographs have 0.4
SMOOTHER = 0.9  # ratio of roughness below which the order of the colours is told
SHOWN = 6  # samples that a finding shows


def brightness(low: float, high: float, white: float, reading: Reading) -> Finding:
    """What the values of pixels run from and to, and how they are shown."""
    black, given = reading.black or 0.0, reading.white is not None or reading.black is not None
    evidence = {"low": low, "high": high, "black": black, "white": white}
    said = f"The pixel values run from {low:g} to {high:g}"
    if low == high:
        said = f"Every pixel has the value {low:g}: there is nothing to learn from."
        return Finding("pixel_range", "warn", said, evidence=evidence)
    if low < black or high > white:
        said = (
            f"{said}, outside {black:g} to {white:g}: show {low:g} as dark and {high:g} as bright"
        )
        fix = {"black": low, "white": high}
        return Finding(
            "pixel_range", "warn", f"{said}, or check the file.", fix, "Stretch", evidence
        )
    if (black, white) != (0, 255):
        dark = f"{black:g} is shown as 0 and {white:g} as 255" if black else f"{white:g} is shown "
        said = f"{said}; {dark}" + ("." if black else "and stored as 255.")
        fix = (None, "") if given else ({"white": 255.0}, "Keep the values")
        return Finding("pixel_range", "ok" if given else "info", said, *fix, evidence)
    return Finding("pixel_range", "ok", f"{said}.", evidence=evidence)


def colours(rough: tuple[float, float], reading: Reading) -> tuple[str, Finding]:
    """Which order of the colours, from the roughness of both, and the offer of the other."""
    planar, interleaved = rough
    best = "interleaved" if interleaved < SMOOTHER * planar else "planar"
    clear = best == "interleaved" or planar < SMOOTHER * interleaved
    chosen = best if reading.channels == "auto" else reading.channels
    other = "planar" if chosen == "interleaved" else "interleaved"
    ways = {
        "planar": "one after the other (planar)",
        "interleaved": "together in each pixel (interleaved)",
    }
    here, there = (planar, interleaved) if chosen == "planar" else (interleaved, planar)
    measured = f"pixels differ from those below by {short(here)}, read the other way by"
    said = f"Colours stand {ways[chosen]}: {measured} {short(there)}."
    if not clear:
        said = f"How colours stand cannot be told; they are read {ways[chosen]}."
    wrong = clear and chosen != best
    offered = reading.channels == "auto" or wrong
    fix = ({"channels": other}, f"Read as {other}") if offered else (None, "")
    level = "warn" if wrong else "ok" if clear or reading.channels != "auto" else "info"
    return chosen, Finding(
        "channels", level, said, *fix, {"planar": planar, "interleaved": interleaved}
    )


def drawn(pictures: np.ndarray, reading: Reading) -> list[Finding]:
    """Of grey pictures (N, 1, H, W) as they are shown: dark on bright, and lying signs."""
    if pictures.shape[1] != 1 or min(pictures.shape[2:]) < 4:
        return []
    findings = []
    edge, near, mean = ground(pictures)
    if edge >= 150 and near >= 0.85 and mean < edge:
        said = "Signs are dark on a bright ground; the well-known sets are bright on dark"
        findings.append(
            Finding(
                "inverted",
                "info",
                f"{said}: swap dark and bright ({percent(near)} of the border is near {edge:g}).",
                {"invert": not reading.invert},
                "Invert",
                {"border": edge, "near": near, "mean": mean},
                tuple(range(min(SHOWN, len(pictures)))),
            )
        )
    square = pictures.shape[2] == pictures.shape[3]
    ratio = ink_ratio(pictures) if square and near >= GROUND else 1.0
    if ratio < LYING:
        said = f"What is drawn is {ratio:.2f} times as high as wide; writing is mostly higher"
        findings.append(
            Finding(
                "transposed",
                "info",
                f"{said} than wide, so rows and columns may be swapped: look, and turn them.",
                {"transpose": not reading.transpose},
                "Transpose",
                {"height_over_width": ratio, "limit": LYING},
                tuple(range(min(SHOWN, len(pictures)))),
            )
        )
    return findings


def pixels(low: np.ndarray, high: np.ndarray, blank: np.ndarray, rows: int) -> list[Finding]:
    """Pixels that never change, and blank pictures, from the measures of `looks.extremes`."""
    findings = []
    constant = int((low == high).sum())
    if 0 < constant < len(low):
        share = constant / len(low)
        said = f"{whole(constant)} of {counted(len(low), 'pixel')} never change ({percent(share)})"
        evidence = {"constant": constant, "pixels": len(low)}
        findings.append(Finding("constant", "ok", f"{said}: harmless.", evidence=evidence))
    if 0 < len(blank) < rows:
        share = len(blank) / rows
        level = "warn" if share > 0.01 else "info"
        which = tuple(blank[:SHOWN].tolist())
        has = "has" if len(blank) == 1 else "have"
        said = f"{counted(len(blank), 'picture')}{_share(share)} {has} one value throughout: "
        said += f"nothing to see there; the first is number {whole(which[0] + 1)}."
        evidence = {"blank": len(blank), "rows": rows}
        findings.append(Finding("blank", level, said, evidence=evidence, rows=which))
    return findings


def repeated(
    rows: np.ndarray, targets: np.ndarray | None, noun: str, blank: np.ndarray | tuple = ()
) -> list[Finding]:
    """Rows (N, F) that stand there twice, and how many of them with another label; those that are
    `blank` are told of elsewhere.
    """
    found = duplicates.within(rows)
    seen = ~np.isin(found.again, blank)
    found = Twins(found.again[seen], found.first[seen])
    if not len(found):
        return []
    share, against = len(found) / len(rows), _against(found, targets, targets)
    repeat = "repeats" if len(found) == 1 else "repeat"
    said = f"{counted(len(found), noun)} {repeat} an earlier one{_share(share)}"
    said += f", {whole(len(against))} of them with another label" if len(against) else ""
    said += ": training and test may share them."
    level = "warn" if noun == "picture" and (len(against) or share > 0.05) else "info"
    evidence = {"repeated": len(found), "contradicting": len(against), "rows": len(rows)}
    return [Finding("duplicates", level, said, evidence=evidence, rows=_shown(found, against))]


def shared(
    train: np.ndarray,
    test: np.ndarray,
    targets: tuple[np.ndarray, np.ndarray],
    noun: str,
) -> list[Finding]:
    """Test rows that also stand among the training rows. `rows` are those of the training set."""
    found = duplicates.across(train, test)
    if not len(found):
        return []
    share, against = len(found) / len(test), _against(found, *targets)
    stand = "stands" if len(found) == 1 else "stand"
    said = f"{counted(len(found), f'test {noun}')} also {stand} in the training file"
    said += _share(share)
    said += f", {whole(len(against))} of them with another label" if len(against) else ""
    level = "warn" if noun == "picture" or share > 0.05 else "info"
    evidence = {"shared": len(found), "contradicting": len(against), "rows": len(test)}
    said += ": the test will flatter."
    first = tuple(found.first[:SHOWN].tolist())
    return [Finding("shared", level, said, evidence=evidence, rows=first)]


def _share(share: float) -> str:
    """ " (12 %)", or nothing where it would round to nothing."""
    return f" ({percent(share)})" if share >= 0.001 else ""


def _against(found: Twins, targets: np.ndarray | None, others: np.ndarray | None) -> np.ndarray:
    """Places in `found` whose two rows have different labels: `targets` of first, `others` of
    again.
    """
    if targets is None or others is None:
        return np.empty(0, int)
    return np.flatnonzero(others[found.again] != targets[found.first])


def _shown(found: Twins, against: np.ndarray) -> tuple[int, ...]:
    """Pairs to look at, those with different labels first."""
    order = [*against[:SHOWN].tolist(), *range(SHOWN)]
    chosen = [i for i in dict.fromkeys(order) if i < len(found)][: SHOWN // 2]
    return tuple(int(row) for i in chosen for row in (found.first[i], found.again[i]))
