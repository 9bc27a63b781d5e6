"""Comments: lines above a table that begin with # or %, of which the last one may be its header.

NumPy's savetxt, gnuplot and MATLAB write such files.
"""

from collections.abc import Iterator, Sequence

from core.data.spreadsheet.cells import kind_of

COMMENTS = ("#", "%")
SPACES = " "  # the delimiter that stands for runs of spaces and tabs
MOST = 1000  # comment lines above a table


def without_comments(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines that are no comments, if the first one is a comment and any is not."""
    first = lines[0][:1] if lines else ""
    if first not in COMMENTS:
        return lines
    return [line for line in lines if not line.startswith(first)] or lines


def uncomment(lines: Iterator[str], delimiter: str) -> Iterator[str]:
    """Yield as many lines: the header without its sign, and blank ones for other comments.

    Text above the header is kept where a delimiter other than spaces shows that it is a title.
    A line is a comment only if the first line begins with the same sign.
    """
    above: list[str] = []
    sign = line = ""
    for line in lines:
        sign = sign or line[:1]
        if sign not in COMMENTS or not line.startswith(sign) or len(above) == MOST:
            break
        above.append(line)
    else:
        yield from above
        return
    width = len(_cells(line, delimiter))
    if above:
        *notes, last = above
        header = last.lstrip(sign + " \t")
        if _is_header(_cells(header, delimiter), width):
            last = header
        elif delimiter == SPACES:
            last = "\n"
        yield from ("\n" for _ in notes) if delimiter == SPACES else notes
        yield last
    yield line
    is_quoted = line.count('"') % 2 == 1
    for line in lines:  # not "yield from", which would close the file
        if not above:
            yield line
            continue
        is_note = not is_quoted and line.startswith(sign)
        yield "\n" if is_note and len(_cells(line, delimiter)) != width else line
        is_quoted ^= line.count('"') % 2 == 1


def _is_header(cells: list[str], width: int) -> bool:
    is_named = all(cells) and not any(kind_of(cell).styles for cell in cells)
    return is_named and len(cells) in (width, width - 1) and width > 1


def _cells(line: str, delimiter: str) -> list[str]:
    parts = line.split() if delimiter == SPACES else line.split(delimiter)
    return [part.strip() for part in parts]
