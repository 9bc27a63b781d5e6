"""A network as an ONNX file: raw inputs in, probabilities or values out, compared with PyTorch in
ONNX Runtime.
"""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from core.base.errors import BadNetwork
from core.export.parity import Parity
from core.export.portable import PortableNetwork
from core.network.build import LayerFacts, trace, walk_facts

if TYPE_CHECKING:
    import onnx

INPUT = {True: "pixels", False: "columns"}  # whether the inputs are images
OUTPUT = {True: "probabilities", False: "value"}  # whether classes are predicted
BATCH_SIZES = (1, 7, 64)  # of the comparison; the last one is repeated


def build_model(network: PortableNetwork) -> "onnx.ModelProto":
    """Return the network as an ONNX model that accepts any number of rows. Raises BadNetwork with
    the number of the layer that cannot be exported.
    """
    try:
        model = _translate(
            network.module,
            network.shape,
            INPUT[network.has_images],
            OUTPUT[bool(network.classes)],
        )
    except torch.onnx.OnnxExporterError as error:
        raise _refusal(network, error) from None
    model.producer_name = "Descent Lab"
    for key, value in network.metadata().items():
        model.metadata_props.add(key=key, value=value)
    return model


def compare(network: PortableNetwork, path: Path, inputs: np.ndarray) -> Parity:
    """Compare the file with PyTorch on raw inputs (N, …), in batches of 1, 7 and then 64 rows."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    answers = [session.run(None, {name: batch})[0] for batch in _batches(inputs)]
    std = network.module.target[1] if network.module.target else None
    own = network.answers(inputs)
    return Parity.of(own, np.concatenate(answers), std=std, program="ONNX Runtime")


def _batches(inputs: np.ndarray) -> Iterator[np.ndarray]:
    inputs, start, sizes = inputs.astype(np.float32), 0, list(BATCH_SIZES)
    while start < len(inputs):
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        yield inputs[start : start + size]
        start += size


def _translate(
    module: nn.Module, shape: tuple[int, ...], input_name: str, output_name: str
) -> "onnx.ModelProto":
    """Return a module in evaluation mode as an ONNX model with a free number of rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch uses deprecated functions of its own packages
        program = torch.onnx.export(
            module,
            (torch.zeros(3, *shape),),
            dynamo=True,
            input_names=[input_name],
            output_names=[output_name],
            dynamic_shapes=({0: torch.export.Dim("rows")},),
            external_data=False,
            verbose=False,
        )
    return program.model_proto


def _refusal(network: PortableNetwork, error: Exception) -> BadNetwork:
    """Return why the network cannot be exported: the first layer that cannot be, tried alone."""
    layers, outputs = network.experiment.network, len(network.classes) or 1
    for fact in walk_facts(trace(layers, network.shape, outputs)):
        if fact.chains:
            continue
        module = network.module.network.get_submodule(fact.path)
        try:
            _translate(module, fact.input, "x", "z")
        except torch.onnx.OnnxExporterError as alone:
            return _layer_refusal(fact, alone)
    return BadNetwork(
        f"The network cannot be exported to ONNX because {_reason(error)}. Export it as a script "
        "instead.",
        code="network_not_exported",
    )


def _layer_refusal(fact: LayerFacts, error: Exception) -> BadNetwork:
    return BadNetwork(
        f"Layer {fact.number} ({fact.layer.label}) cannot be exported to ONNX because "
        f"{_reason(error)}. Export the run as a script instead, or train without this layer.",
        int(fact.number.partition(".")[0]) - 1,
        code="layer_not_exported",
    )


def _reason(error: BaseException) -> str:
    """Return the first sentence of the innermost cause."""
    while error.__cause__ is not None:
        error = error.__cause__
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    line = re.sub(r"\x1b\[[0-9;]*m", "", line).partition(". ")[0].rstrip(".:")
    return f"PyTorch reports: {line[:150]}" if line else f"PyTorch reports {type(error).__name__}"
