"""Files that are not weights, are damaged, or would run code are refused with a code."""

import io
import json
import os
import pickle
import random
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

from core.base.errors import BadData
from core.weights import guard
from core.weights.library import WeightsLibrary
from core.weights.reading import read_model
from core.weights.saved_model import WRITERS
from tests.core.weights.models import small_model
from tests.core.weights.test_files import same, torch_file

FLIPS = 400


def code_of(content: bytes) -> str:
    try:
        read_model(io.BytesIO(content), "upload")
    except BadData as error:
        assert str(error).startswith(("upload", "Tensor"))
        return error.code
    return ""


class Evil:
    def __reduce__(self) -> tuple:
        return (print, ("this code ran",))


class Command:
    """torch blocks some modules with another message."""

    def __reduce__(self) -> tuple:
        return (os.system, ("echo this code ran",))


def zipped(*entries: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def recompressed(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        entries = [(entry.filename, old.read(entry)) for entry in old.infolist()]
    return zipped(*entries, compression=zipfile.ZIP_DEFLATED)


def header(content: object, data: bytes = b"") -> bytes:
    text = json.dumps(content).encode() if not isinstance(content, bytes) else content
    return struct.pack("<Q", len(text)) + text + data


def numpy_file() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, weight=np.zeros(4))
    return buffer.getvalue()


def quantized() -> torch.Tensor:
    with warnings.catch_warnings(action="ignore"):  # these tensors are deprecated
        return torch.quantize_per_tensor(torch.ones(2, 3), 0.1, 0, torch.qint8)


def scripted() -> bytes:
    return zipped(("archive/constants.pkl", b"x"), ("archive/data.pkl", b"x"))


def entry(shape: list[int], end: int) -> dict:
    return {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}


HOSTILE = {
    "pickle with code": (lambda: pickle.dumps({"a": Evil()}), "weights_with_code"),
    "torch file with code": (lambda: torch_file({"weight": Evil()}), "weights_with_code"),
    "torch file with a command": (lambda: torch_file({"weight": Command()}), "weights_with_code"),
    "whole module": (lambda: torch_file(nn.Linear(2, 2)), "weights_with_code"),
    "TorchScript": (scripted, "weights_with_code"),
    "bomb": (
        lambda: zipped(("a/data.pkl", bytes(10**7)), compression=zipfile.ZIP_DEFLATED),
        "weights_compressed",
    ),
    "compressed": (lambda: recompressed(torch_file({"a": torch.zeros(9)})), "weights_compressed"),
    "NumPy archive": (numpy_file, "weights_unknown_format"),
    "spreadsheet": (lambda: b"1,2,3\n" * 20, "weights_unknown_format"),
    "empty": (lambda: b"", "weights_empty"),
    "a few bytes": (lambda: b"PK", "weights_unknown_format"),
    "no tensors": (lambda: torch_file({"epoch": 3, "note": "x" * 50}), "weights_without_tensors"),
    "list": (lambda: torch_file([torch.zeros(3)]), "weights_without_tensors"),
    "stretched": (lambda: torch_file({"a": torch.zeros(1).expand(10**9)}), "weights_stretched"),
    "sparse": (lambda: torch_file({"a": torch.eye(3).to_sparse()}), "weights_type"),
    "complex": (lambda: torch_file({"a": torch.zeros(3, dtype=torch.cfloat)}), "weights_type"),
    "quantized": (lambda: torch_file({"0.weight": quantized()}), "weights_quantized"),
    "whole numbers of 8 bits": (
        lambda: save({"0.weight": torch.ones(2, 3, dtype=torch.int8), "0.bias": torch.ones(2)}),
        "weights_quantized",
    ),
    "packed whole numbers": (
        lambda: torch_file({"0.scale": torch.ones(()), "0.zero_point": torch.tensor(0)}),
        "weights_quantized",
    ),
    "two networks": (
        lambda: torch_file({part: nn.Linear(2, 1).state_dict() for part in ("G", "D")}),
        "weights_of_several",
    ),
    "NaN": (lambda: torch_file({"a": torch.tensor([1.0, torch.nan])}), "weights_not_finite"),
    "overflow": (
        lambda: torch_file({"a": torch.tensor([1e300], dtype=torch.double)}),
        "weights_not_finite",
    ),
    "header beyond the file": (lambda: struct.pack("<Q", 10**15) + b"{}" * 9, "weights_damaged"),
    "absurd shape": (lambda: header({"a": entry([2**40, 2**40], 4)}, b"0000"), "weights_damaged"),
    "shape without data": (lambda: header({"a": entry([1000], 4000)}, b"0000"), "weights_damaged"),
    "header is no JSON": (lambda: header(b"{" * 3000), "weights_damaged"),
    "too long a name": (lambda: torch_file({"x" * 301: torch.zeros(1)}), "weights_too_many"),
    "no named tensor": (lambda: save({}), "weights_without_tensors"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_with_its_code(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make, code = HOSTILE[case]
    assert code_of(make()) == code
    assert "this code ran" not in capsys.readouterr().out


@pytest.mark.parametrize("form", WRITERS)
def test_a_cut_file_is_refused(form: str) -> None:
    content = WRITERS[form](small_model())
    for size in {*range(0, 400, 50), *range(400, len(content) - 1, 97), len(content) - 1}:
        assert code_of(content[:size]), size


@pytest.mark.parametrize("form", WRITERS)
def test_a_flipped_bit_is_refused_or_changes_nothing(form: str) -> None:
    model, draw = small_model(), random.Random(0)
    content, refused = WRITERS[form](model), 0
    for _ in range(FLIPS):
        place = draw.randrange(8 * len(content))
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        try:
            assert same(read_model(io.BytesIO(bytes(flipped)), "upload"), model), place
        except BadData:
            refused += 1
    assert refused > FLIPS / 4  # the rest are padding and names of ZIP entries


@pytest.mark.usefixtures("quick_processes")
def test_a_file_that_needs_too_much_memory_or_does_not_exist_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = WeightsLibrary(tmp_path)
    monkeypatch.setattr(guard, "MEMORY", 2**26)
    shared = torch.zeros(500, 500)  # 1 MB in the file, 400 MB as separate tensors
    views = {str(i): shared.T for i in range(400)}
    with pytest.raises(BadData) as refused:
        library.add_file(torch_file(views), "views.pth")
    assert refused.value.code == "weights_limits"
    with pytest.raises(BadData) as refused:
        library.add_file(tmp_path / "nowhere.pth", "nowhere.pth")
    assert refused.value.code == "weights_file_missing"
    with pytest.raises(BadData) as refused:
        library.add_file(torch_file({"a": Evil()}), "evil.pth")
    assert refused.value.code == "weights_with_code"
    assert list((tmp_path / "weights").iterdir()) == []
