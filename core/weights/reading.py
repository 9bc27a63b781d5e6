"""Read a file of weights, of this lab or of another tool. The size, the header and every tensor are
checked; no code in a file is ever executed. Runs in a separate process (`guard.py`).
"""

import json
import pickle
import re
import struct
import warnings
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO

import torch
from torch import Tensor

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip, few
from core.weights.facts import HEADER, ModelFacts, parse_facts
from core.weights.saved_model import ORDER, SavedModel

MAX_BYTES = 2 * 2**30
MAX_HEADER = 2**24  # bytes of a safetensors header
MAX_TENSORS, MAX_NAME = 20_000, 300
WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params")
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.")
QUANTIZABLE = ("weight", "bias")  # the names of what 8-bit whole numbers do not hold by themselves
DAMAGE = (
    EOFError, IndexError, KeyError, AttributeError, TypeError, ValueError, NotImplementedError,
    OSError, OverflowError, RuntimeError, AssertionError, struct.error, zipfile.BadZipFile,
    pickle.UnpicklingError,
)  # fmt: skip
OBJECTS = re.compile(
    "unsupported|persistent|unrecognized function|only create|only build", re.IGNORECASE
)
SAVE = 'Save it with torch.save(model.state_dict(), "weights.pth") or as .safetensors.'


def read_model(file: BinaryIO, name: str) -> SavedModel:
    """Return the weights. Raises BadData for anything that is not a file of finite weights."""
    name = clip(name)
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    if size > MAX_BYTES:
        raise BadData(
            f"{name} has {whole(size / 2**20)} MB; the limit is {MAX_BYTES >> 20} MB. Save the "
            "weights alone, without the state of the optimizer.",
            code="weights_too_large",
        )
    if not size:
        raise BadData(
            f"{name} is empty: it has 0 bytes. Copy or download it again.", code="weights_empty"
        )
    if size < 16:
        raise _unknown(name)
    if head[8:9] == b"{":  # first: the length before it may begin like a pickle
        tensors, facts, digest = _load_safetensors(file, name, size)
    elif head[:4] == b"PK\x03\x04" or head[:1] == b"\x80":
        content = _load_torch(file, name, size, zipped=head[:1] == b"P")
        tensors, facts, digest = _from_torch(content, name)
    else:
        raise _unknown(name)
    model = SavedModel(_checked(tensors, name), facts)
    if digest and model.digest != digest:
        raise damaged(name)
    return model


# --- the two formats


def _load_torch(file: BinaryIO, name: str, size: int, *, zipped: bool) -> Any:
    try:
        if zipped:
            _check_zip(file, name, size)
        with warnings.catch_warnings(action="ignore"):  # about unusual versions of pickle
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if OBJECTS.search(str(error)):
            raise _with_code(name) from None
        raise damaged(name) from None
    except DAMAGE as error:
        if isinstance(error, BadData):
            raise
        raise damaged(name) from None


def _check_zip(file: BinaryIO, name: str, size: int) -> None:
    """Raise BadData unless the entries are stored uncompressed, as torch does, and intact: torch
    does not compare their checksums.
    """
    with zipfile.ZipFile(file) as packed:
        members = packed.infolist()
        if any(member.compress_type != zipfile.ZIP_STORED for member in members) or (
            sum(member.file_size for member in members) > size
        ):
            raise BadData(
                f"{name} is a compressed archive, not a file of weights. {SAVE}",
                code="weights_compressed",
            )
        names = packed.namelist()
        if any(entry.endswith("constants.pkl") for entry in names):
            raise _with_code(name)  # TorchScript
        if not any(entry.endswith("data.pkl") for entry in names):
            raise _unknown(name)
        if packed.testzip():
            raise damaged(name)
    file.seek(0)


def _from_torch(content: Any, name: str) -> tuple[dict[str, Any], ModelFacts, str]:
    if not (tensors := _find_tensors(content)):
        tensors = _only_network(content, name)
    if isinstance(content, dict) and "sha256" in content and "form" in content:
        known = {key: value for key, value in content.items() if key in ModelFacts.model_fields}
        facts, digest = parse_facts(known), content["sha256"]
        if facts is None or not isinstance(digest, str) or not digest:
            raise damaged(name)
        return tensors, facts, digest
    return _without_prefix(tensors), ModelFacts(title=name), ""


def _find_tensors(content: Any) -> dict[str, Any]:
    """Return the named tensors of a state_dict, also where it is nested in a checkpoint."""
    if not isinstance(content, Mapping):
        return {}
    for key in WRAPPERS:
        if isinstance(content.get(key), Mapping) and (inner := _find_tensors(content[key])):
            return inner
    return {
        key: value
        for key, value in content.items()
        if isinstance(key, str) and isinstance(value, Tensor)
    }


def _only_network(content: Any, name: str) -> dict[str, Any]:
    """Return the named tensors of the only dictionary of a file that has some, under any name.
    Raises BadData for none, and for several, such as those of a generator and a discriminator.
    """
    networks = {
        key: tensors
        for key, value in (content.items() if isinstance(content, Mapping) else ())
        if isinstance(key, str) and (tensors := _find_tensors(value))
    }
    if len(networks) == 1:
        return next(iter(networks.values()))
    if networks:
        first = next(iter(networks))
        raise BadData(
            f"{name} has the weights of {whole(len(networks))} networks: "
            f"{few([clip(key) for key in networks])}. Save one of them alone, for example with "
            f'torch.save(torch.load("{name}")[{clip(first)!r}], "weights.pth").',
            code="weights_of_several",
        )
    raise BadData(f"{name} has no named tensors. {SAVE}", code="weights_without_tensors")


def _without_prefix(tensors: dict[str, Any]) -> dict[str, Any]:
    """Remove what other tools put before every name, such as `module.`."""
    for prefix in PREFIXES:
        if tensors and all(name.startswith(prefix) for name in tensors):
            return _without_prefix({name[len(prefix) :]: t for name, t in tensors.items()})
    return tensors


def _load_safetensors(
    file: BinaryIO, name: str, size: int
) -> tuple[dict[str, Any], ModelFacts, str]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    length = struct.unpack("<Q", file.read(8))[0]
    if length > min(MAX_HEADER, size - 8):
        raise damaged(name)
    try:
        header = json.loads(file.read(length)).get("__metadata__") or {}
        file.seek(0)
        tensors = load(file.read())
    except (SafetensorError, RecursionError, *DAMAGE):
        raise damaged(name) from None
    if header.keys().isdisjoint((HEADER, ORDER, "sha256")):
        natural = {key: tensors[key] for key in sorted(tensors, key=_natural)}
        return _without_prefix(natural), ModelFacts(title=name), ""
    facts, digest = parse_facts(header.get(HEADER)), header.get("sha256")
    try:
        order = json.loads(header[ORDER])
        tensors = {key: tensors.pop(key) for key in order} | tensors
    except (KeyError, TypeError, ValueError, RecursionError):
        raise damaged(name) from None
    if facts is None or not digest:
        raise damaged(name)
    return tensors, facts, digest


def _natural(key: str) -> tuple:
    """Sort names as their numbers count, and weights before biases, as a state_dict has them; the
    format sorts them otherwise.
    """
    layer, _, last = key.rpartition(".")
    parts = re.split(r"(\d+)", layer)
    numbers = [int(part) if part.isdigit() else part for part in parts]  # text and numbers in turn
    kinds = ("weight", "bias", "running_mean", "running_var")
    return numbers, kinds.index(last) if last in kinds else len(kinds), last


# --- the tensors


def _checked(tensors: dict[str, Any], name: str) -> dict[str, Tensor]:
    """Return the tensors as float32 or integers. Raises BadData for any that cannot be weights."""
    if not tensors:
        raise BadData(f"{name} has no tensors. {SAVE}", code="weights_without_tensors")
    if len(tensors) > MAX_TENSORS or any(len(key) > MAX_NAME for key in tensors):
        raise BadData(
            f"{name} has {whole(len(tensors))} tensors; at most {whole(MAX_TENSORS)} with names of "
            f"up to {MAX_NAME} characters are supported. Save the weights of one network.",
            code="weights_too_many",
        )
    kinds = {key.rpartition(".")[2] for key in tensors}
    if "zero_point" in kinds and "weight" not in kinds:  # of torch.ao, whose weights are packed
        raise _quantized(f"{name} has packed integers")
    return {key: _checked_tensor(key, tensor, name) for key, tensor in tensors.items()}


def _checked_tensor(key: str, tensor: Tensor, name: str) -> Tensor:
    place = f"Tensor {clip(key)} of {name}"
    is_weight = key.rpartition(".")[2] in QUANTIZABLE
    if tensor.is_quantized or (is_weight and tensor.dtype in (torch.int8, torch.uint8)):
        raise _quantized(f"{place} has {tensor.dtype}")
    is_plain = tensor.layout == torch.strided
    if not is_plain or tensor.is_complex() or tensor.is_meta:
        raise BadData(
            f"{place} is {tensor.dtype} in {tensor.layout} form; only dense real numbers are "
            "supported. Convert it to float32.",
            code="weights_type",
        )
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise BadData(
            f"{place} claims more numbers than the file holds. {SAVE}", code="weights_stretched"
        )
    tensor = tensor.detach()
    if not tensor.is_floating_point():
        return tensor.contiguous()
    tensor = tensor.float().contiguous()
    if not tensor.isfinite().all():
        raise BadData(
            f"{place} has values that are NaN or infinite: its training diverged, or the file is "
            "damaged. Save the weights of an earlier epoch.",
            code="weights_not_finite",
        )
    return tensor


def _quantized(found: str) -> BadData:
    return BadData(
        f"{found} for weights: the network was quantized, and these numbers mean nothing without "
        "their scale. Save the weights of the network before it was quantized.",
        code="weights_quantized",
    )


def _with_code(name: str) -> BadData:
    return BadData(
        f"{name} contains Python objects besides tensors, which could run code, so it is not "
        f"opened. {SAVE}",
        code="weights_with_code",
    )


def damaged(name: str) -> BadData:
    """Return the error for a file that is not what it says it is."""
    return BadData(
        f"{name} is damaged or incomplete. Copy or download it again.", code="weights_damaged"
    )


def _unknown(name: str) -> BadData:
    return BadData(f"{name} is not a file of weights. {SAVE}", code="weights_unknown_format")
