"""How a script gets its data: the code that defines `inputs`, `targets` and, for a dataset with a
test set, `test_inputs` and `test_targets`; and the files that have to be beside the script.

Datasets that a script cannot make or read by itself come as arrays in one file.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, singledispatch
from pathlib import Path

import numpy as np

from core.data.corrected import Corrected
from core.data.datasets import DataSet, Digits
from core.data.gaps import Fill
from core.data.load import load
from core.data.ready.builtin import DIGITS, DIGITS_WHITE
from core.data.ready.points import Computed
from core.data.ready.published import Published, data_folders
from core.data.ready.sums import ModularAddition
from core.data.samples import Samples
from core.export.script.definitions import Definitions
from core.export.script.rendering import code, comment, describe
from core.export.script.specialized import Specializer

ARRAYS = "data.npz"
NO_READER = (
    f"{ARRAYS} has the arrays as the lab read them. Plain pandas does not give the same ones, or "
    "the files were not stored."
)


@dataclass(frozen=True)
class DataFile:
    """A file beside the script. `write` creates it at a path."""

    name: str
    write: Callable[[Path], object]


@dataclass(frozen=True)
class DataCode:
    """The code, the files that it reads, and how gaps of the inputs are filled. `downloads` is the
    folder in which this lab has what the script would download to the folder `data`. `block_size`
    is the number of samples in a block where the lab reads blocks from the disk, else 0.
    """

    code: str
    files: tuple[DataFile, ...] = ()
    fills: tuple[Fill, ...] = ()
    downloads: Path | None = None
    block_size: int = 0


@singledispatch
def data_code(data: DataSet, home: Path, definitions: Definitions) -> DataCode:
    """Return the code for a dataset. This one, for any that is not known below, loads arrays."""
    return arrays_code(data, load(data, home), definitions)


def arrays_code(
    data: DataSet, samples: Samples, definitions: Definitions, note: str = NO_READER
) -> DataCode:
    """Return the code that loads the checked arrays of a dataset, with a note on them."""
    definitions.imports["np"] = "import numpy as np"
    arrays = arrays_of(samples)
    names = {"validation": "own_validation"}
    lines = [
        comment(f"{data.summary}: {note}"),
        f'data = np.load(HERE / "{ARRAYS}")',
        *(f'{names.get(name, name)} = data["{name}"]' for name in arrays),
    ]
    files = (DataFile(ARRAYS, partial(np.savez_compressed, **arrays)),)
    return DataCode("\n".join(lines), files, samples.fills)


def arrays_of(samples: Samples) -> dict[str, np.ndarray]:
    """Return the arrays of a dataset that exist, by name."""
    names = ("inputs", "targets", "test_inputs", "test_targets", "validation")
    found = {name: getattr(samples, name) for name in names}
    if samples.keys:
        found |= {"split_codes": samples.keys.codes, "split_values": samples.keys.values}
    return {name: array for name, array in found.items() if array is not None}


@data_code.register
def _(data: Corrected, home: Path, definitions: Definitions) -> DataCode:
    base = data_code(data.base, home, definitions)
    lines = [base.code, "", comment(f"Corrections by hand: {data.changes}.")]
    if data.relabeled:
        relabeled = dict(data.relabeled)
        lines += [
            code(relabeled, str, before="RELABELED = ") + "  # rows and their classes, from 0",
            "original = targets",
            "targets = original.copy()",
            "targets[list(RELABELED)] = list(RELABELED.values())",
        ]
    if data.dropped:
        lines.append(code(list(data.dropped), str, before="DROPPED = ") + "  # rows, from 0")
    return replace(base, code="\n".join(lines))


@data_code.register
def _(data: Digits, home: Path, definitions: Definitions) -> DataCode:
    definitions.imports |= {"np": "import numpy as np", "pd": "import pandas as pd"}
    lines = [
        describe(data),
        'counts = pd.read_csv(HERE / "digits_images.csv", header=None).to_numpy()',
        f"inputs = (counts * (255 / {DIGITS_WHITE})).round().astype(np.uint8).reshape(-1, 1, 8, 8)",
        'targets = pd.read_csv(HERE / "digits_labels.csv", header=None)[0].to_numpy(np.int64)',
    ]
    if data.size != 8:
        definitions.imports["Image"] = "from PIL import Image"
        size = f"({data.size}, {data.size}), Image.Resampling.BILINEAR"
        lines += [
            f"images = [Image.fromarray(image).resize({size}) for image in inputs[:, 0]]",
            "inputs = np.stack([np.asarray(image) for image in images])[:, None]",
        ]
    files = (("digits_images.csv", "images.csv"), ("digits_labels.csv", "labels.csv"))
    copies = (DataFile(to, partial(shutil.copyfile, DIGITS / name)) for to, name in files)
    return DataCode("\n".join(lines), tuple(copies))


@data_code.register
def _(data: Computed, home: Path, definitions: Definitions) -> DataCode:
    definitions.imports["np"] = "import numpy as np"
    draw = Specializer(data, definitions).define("samples", "draw_samples")
    kind = "np.int64" if data.classes else "np.float32"
    lines = [
        describe(data),
        f"random = np.random.Generator(np.random.PCG64({data.seed}))",
        f"inputs, targets = {draw}(random)",
        f"inputs, targets = inputs.astype(np.float32), targets.astype({kind})",
    ]
    return DataCode("\n".join(lines))


@data_code.register
def _(data: ModularAddition, home: Path, definitions: Definitions) -> DataCode:
    definitions.imports["np"] = "import numpy as np"
    sums = Specializer(data, definitions).define("samples", "make_samples")
    lines = [
        describe(data),
        f"inputs, targets = {sums}()",
        "targets = targets.astype(np.int64)",
    ]
    return DataCode("\n".join(lines))


@data_code.register
def _(data: Published, home: Path, definitions: Definitions) -> DataCode:
    definitions.imports |= {
        "np": "import numpy as np",
        "datasets": "from torchvision import datasets",
    }
    images = "[:, None]" if data.shape[0] == 1 else ".transpose(0, 3, 1, 2)"
    lines = [describe(data)]
    for part, prefix in (("train", ""), ("test", "test_")):
        lines += [
            f'{part}_part = datasets.{data.torchvision}(HERE / "data", '
            f"train={part == 'train'}, download=True)",
            f"{prefix}inputs = np.asarray({part}_part.data){images}",
            f"{prefix}targets = np.asarray({part}_part.targets, np.int64)",
        ]
    return DataCode("\n".join(lines), downloads=data_folders(home)[0])
