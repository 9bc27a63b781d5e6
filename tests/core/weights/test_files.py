"""Files of weights: both formats keep every value and every fact bit for bit, and files of other
tools are read.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from core.analysis.trained import TrainedRun
from core.base.encoding import decode, encode
from core.data.normalization import Standardize
from core.experiment import Experiment
from core.export.weights_format import WeightsFormat
from core.network.build import build
from core.network.layers import BatchNorm, Conv2d, Flatten, Output, ReLU
from core.runs import checkpoint
from core.runs.store import Store
from core.studies.trainer import execute
from core.weights.library import WeightsLibrary
from core.weights.reading import read_model
from core.weights.saved_model import WRITERS, SavedModel
from tests.core.weights.models import small_model


def read(content: bytes) -> SavedModel:
    return read_model(io.BytesIO(content), "weights of a friend.pth")


def same(left: SavedModel, right: SavedModel) -> bool:
    equal = left.tensors.keys() == right.tensors.keys() and all(
        torch.equal(left.tensors[name], right.tensors[name]) for name in left.tensors
    )
    return equal and left.facts == right.facts and left.digest == right.digest


@pytest.mark.parametrize("form", WRITERS)
def test_a_file_keeps_every_value_name_order_and_fact(form: str) -> None:
    model = small_model()
    content = WRITERS[form](model)
    assert same(read(content), model)
    assert list(read(content).tensors) == list(model.tensors)
    if form == "pth":  # opens in plain torch, without any code in it
        plain = torch.load(io.BytesIO(content), weights_only=True)
        assert torch.equal(plain["state_dict"]["conv1.weight"], model.tensors["conv1.weight"])
        assert plain["classes"] == ["Katze", "Hund"] and plain["sha256"] == model.digest
    else:
        assert torch.equal(load(content)["output.bias"], model.tensors["output.bias"])


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("per", ["set", "channel", "pixel"])
def test_a_network_from_a_file_gives_the_answers_of_its_run_bit_for_bit(
    tmp_path: Path, form: str, per: str
) -> None:
    layers = (Conv2d(maps=4), BatchNorm(), ReLU(), Flatten(), Output())
    e = Experiment(network=layers, epochs=1, normalization=Standardize(per=per), device="cpu")
    store = Store(tmp_path)
    run = store.create(encode(e))
    execute(store, run)
    saved = read(WRITERS[form](checkpoint.saved_model(store, run)))
    facts = saved.facts
    assert facts.run == run and facts.classes == tuple("0123456789") and facts.shape == (1, 8, 8)
    stored = decode(Experiment, facts.experiment)

    def untrained() -> nn.Module:
        random = torch.Generator()
        return build(
            stored.network, facts.shape, len(facts.classes), initializer=stored.initializer,
            generator=random, dropout=random,
        )  # fmt: skip

    model = untrained().eval()
    model.load_state_dict(saved.tensors)
    trained = TrainedRun(store, run)
    raw = torch.from_numpy(trained.inputs("test", torch.arange(20).numpy()))
    with torch.inference_mode():
        x = facts.scale.apply_to(raw)
        part = trained.part("test").batch(torch.arange(20))[0]
        assert torch.equal(x, part)  # the scale
        memory = {"memory_format": trained.setup.train.format}
        answers = model.to(**memory)(x.contiguous(**memory))
        assert torch.equal(answers, trained.model(part))
    path = tmp_path / f"weights.{form}"
    path.write_bytes(WRITERS[form](checkpoint.saved_model(store, run)))
    seen = {"model": untrained().to(**memory), "inputs": raw.contiguous(**memory)}
    exec(WeightsFormat(form=form).loading_code(str(path)), seen)  # as the page shows it
    np.testing.assert_allclose(seen["scores"].numpy(), answers.numpy(), rtol=1e-5, atol=1e-5)
    assert tuple(seen["classes"]) == facts.classes


def test_a_header_whose_length_begins_like_a_pickle_is_read() -> None:
    for length in range(300):  # of the title: one of them gives a header of 0x…80 bytes
        model = small_model()
        facts = model.facts.model_copy(update={"title": "x" * length})
        content = SavedModel(model.tensors, facts).safetensors()
        if content[:1] == b"\x80":
            assert read(content).facts == facts
            return
    raise AssertionError("no header has this length")


def other_net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2))


def torch_file(content: object, **how: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **how)
    return buffer.getvalue()


def big_endian(content: dict) -> bytes:
    """A file of a big-endian machine: the same values with their bytes in the other order."""
    swapped = {name: tensor.clone() for name, tensor in content.items()}
    for tensor in swapped.values():
        tensor.untyped_storage().byteswap(tensor.dtype)
    target = io.BytesIO()
    little = io.BytesIO(torch_file(swapped))
    with zipfile.ZipFile(little) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            data = b"big" if entry.filename.endswith("byteorder") else old.read(entry)
            new.writestr(entry.filename, data)
    return target.getvalue()


FORMS = {
    "bare": torch_file,
    "legacy": lambda s: torch_file(s, _use_new_zipfile_serialization=False),
    "nested": lambda s: torch_file({"epoch": 3, "state_dict": s, "optimizer": {"lr": 0.1}}),
    "nested under a name": lambda s: torch_file({"lenet": s, "optimizer": {"state": {}}}),
    "twice": lambda s: torch_file({"model": {"state_dict": s}}),
    "parallel": lambda s: torch_file({f"module.{name}": t for name, t in s.items()}),
    "compiled": lambda s: torch_file({f"_orig_mod.module.{name}": t for name, t in s.items()}),
    "big-endian": big_endian,
    "safetensors": lambda s: save(dict(s)),
    "double": lambda s: torch_file(
        {n: t.double() if t.is_floating_point() else t for n, t in s.items()}
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_files_of_other_tools_are_read(form: str) -> None:
    wanted = other_net().state_dict()
    found = read(FORMS[form](wanted))
    assert list(found.tensors) == list(wanted)
    for name, tensor in wanted.items():
        assert torch.equal(found.tensors[name], tensor), name
    assert found.facts.title == "weights of a friend.pth" and found.facts.scale is None


def test_the_library_keeps_weights_once_and_describes_them_without_reading_them(
    tmp_path: Path,
) -> None:
    library, model = WeightsLibrary(tmp_path), small_model()
    digest = library.add(model)
    path = tmp_path / "cats.pth"
    path.write_bytes(model.pth())
    assert library.add_file(path, "cats.pth") == digest == model.digest
    (stored,) = library.list()
    assert stored.shapes == {name: tuple(t.shape) for name, t in model.tensors.items()}
    assert stored.facts == model.facts and stored.parameters == 36
    assert torch.equal(library.open(digest)["conv1.bias"], model.tensors["conv1.bias"])
    library.delete(digest)
    assert library.list() == []
