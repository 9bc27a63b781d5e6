"""Combine: the tables for training and testing from up to four files."""

from collections.abc import Callable, Collection, Sequence

from core.data.arrays.contents import Contents
from core.data.arrays.named_images import match_names, refuse_file_names
from core.data.arrays.read import read_contents
from core.data.reading import Reading
from core.data.spreadsheet.chunks import ReadProgress
from core.data.spreadsheet.header import holds_titles
from core.data.spreadsheet.source import Source
from core.data.spreadsheet.table import Table

Tables = tuple[Table | None, Table | None, Table | None, Table | None]
ReportOf = Callable[[int], ReadProgress | None]  # the progress of the file at this position


def read_files(
    sources: Sequence[Source | None],
    names: Sequence[str],
    reading: Reading,
    report_of: ReportOf,
    *,
    titles: Collection[str] = (),
) -> Tables:
    """Return inputs, labels, test inputs and test labels.

    `sources` are up to four files in this order, None for a missing one. A file may bring labels
    and a test set along; separate files take precedence. Labels may be a sheet of the same file.
    Test images are converted to the shape of the training images. Whether a file of labels has a
    header is decided for that file. A first row with the `titles` of an earlier file is a header,
    as is one of test inputs with those of the training file: columns of words do not show it.
    Raises BadData, NotFound, Unavailable.
    """
    contents: list[Contents | None] = [None] * 4
    for index, (source, name) in enumerate(zip(sources, names, strict=True)):
        is_label_file = index % 2 == 1
        if source is None and is_label_file and reading.label_sheet:
            source, name = sources[index - 1], names[index - 1]  # another sheet of the same file
        if source is not None:
            inputs = contents[index - 1] if is_label_file else None
            own = reading.for_labels() if is_label_file else reading
            own = own.model_copy(update={"header": "auto"}) if inputs else own
            contents[index] = read_contents(source, name, own, report_of(index))
            if not is_label_file and _has_header_of(contents[index].inputs, titles, own):
                own = own.model_copy(update={"header": "yes"})
                contents[index] = read_contents(source, name, own, report_of(index))
            if inputs and _lacks_first_row(contents[index].inputs, inputs.inputs):
                own = own.model_copy(update={"header": "no"})
                contents[index] = read_contents(source, name, own, report_of(index))
        if index == 0 and contents[0]:
            titles = titles or contents[0].inputs.header or ()
        if index == 1 and (shape := _image_shape(contents[:2])):
            reading = reading.model_copy(update={"shape": shape})
    if reading.swap:
        contents = [*_swapped(*contents[:2]), *_swapped(*contents[2:])]
    inputs, labels = _pair(contents[0], contents[1])
    test_inputs, test_labels = _pair(contents[2], contents[3])
    if test_inputs is None and test_labels is None and contents[0] is not None:
        test_inputs, test_labels = contents[0].test_inputs, contents[0].test_labels
    return inputs, labels, test_inputs, test_labels


def _has_header_of(table: Table, titles: Collection[str], reading: Reading) -> bool:
    """Whether the first row of a table was taken for values and holds the titles of another file.
    Titles are words, so columns without words cannot have one.
    """
    if table.header is not None or reading.header != "auto" or not len(table):
        return False
    first = [str(cells[0]) for cells in table.words.values()]
    return holds_titles([*first, *[""] * (table.width - len(first))], titles)


def _lacks_first_row(labels: Table, inputs: Table) -> bool:
    """Whether the first label was taken for a header: it occurs again, and one label is missing."""
    is_short = labels.header is not None and len(labels) == len(inputs) - 1
    return is_short and labels.width == 1 and labels.header[0] in set(labels.words.get(0, ()))


def _image_shape(contents: Sequence[Contents | None]) -> tuple[int, int, int] | None:
    return next((c.inputs.shape for c in contents if c and c.inputs.shape), None)


def _swapped(
    first: Contents | None, second: Contents | None
) -> tuple[Contents | None, Contents | None]:
    """Exchange inputs and labels if both are files of their own."""
    return (second, first) if second else (first, second)


def _pair(first: Contents | None, second: Contents | None) -> tuple[Table | None, Table | None]:
    """Return inputs and labels; images are joined to a table that names them, in either order."""
    if first is None:
        return None, second.inputs if second else None
    if second is None:
        refuse_file_names(first.inputs)
        return first.inputs, first.labels
    if second.inputs.files and not first.inputs.files:
        first, second = second, first
    if first.inputs.files:
        return match_names(first.inputs, second.inputs)
    return first.inputs, second.labels or second.inputs
