"""What is inside a network is shown for every kind of data and network."""

from functools import partial

import numpy as np
import pytest

from core.analysis.catalogue import Analysis, Embedding, Exciting, FirstLayer, OneSample
from core.analysis.inside.exciting import TOP
from core.analysis.inside.layer_outputs import MANY
from core.analysis.inside.one_sample import IMAGE_SIDE
from core.analysis.trained import TrainedRun
from core.base.encoding import from_json_text, to_json_text
from core.data.samples import Samples
from core.experiment import Experiment
from core.figures import embedding, tiles
from core.losses import MSE
from core.network.activations import ReLU
from core.network.layers import (
    AsSequence,
    BatchNorm,
    Conv1d,
    Conv2d,
    ConvNeXtBlock,
    DepthwiseConv2d,
    Flatten,
    GlobalPool,
    Layer,
    Linear,
    MaxPool,
    Output,
    PositionEmbedding,
    Residual,
    SelfAttention,
    SqueezeExcitation,
)
from core.training.setup import Setup


def untrained(samples: Samples, *network: Layer) -> TrainedRun:
    """A run with its initial weights on any samples, without a folder."""
    trained = TrainedRun.__new__(TrainedRun)
    loss = {} if samples.classes else {"loss": MSE()}
    trained.experiment = Experiment(network=network, device="cpu", batch_size=4, **loss)
    trained.data, trained.setup = samples, Setup(trained.experiment, samples, None)
    trained.model.eval()
    trained._outputs, trained._new_inputs = {}, None
    return trained


def samples(count: int, shape: tuple[int, ...], classes: int) -> Samples:
    """Random images or rows; the last class has no sample."""
    random = np.random.default_rng(0)
    inputs = random.integers(0, 256, (count, *shape))
    inputs = inputs.astype(np.uint8 if len(shape) == 3 else np.float32)
    if not classes:
        return Samples("values", inputs, random.normal(size=count).astype(np.float32), ())
    targets = np.arange(count) % max(1, classes - 1)
    return Samples("classes", inputs, targets, tuple(f"c{i}" for i in range(classes)))


CONV = Conv2d(maps=3, kernel=3, padding=1)
CASES = {
    "colour": (samples(30, (3, 10, 14), 3), (CONV, ReLU(), Flatten(), Output())),
    "large images": (samples(12, (1, 150, 90), 2), (CONV, MaxPool(), GlobalPool(), Output())),
    "nested": (
        samples(20, (2, 8, 8), 4),
        (Residual(layers=(CONV, BatchNorm(), ReLU())), *[CONV, ReLU()] * 13, Flatten(), Output()),
    ),
    "blocks": (
        samples(20, (3, 6, 6), 3),
        (
            PositionEmbedding(learned=True),
            SqueezeExcitation(),
            CONV,
            ConvNeXtBlock(),
            SelfAttention(),
            DepthwiseConv2d(),
            Flatten(),
            Output(),
        ),
    ),
    "a signal": (
        samples(20, (12,), 3),
        (AsSequence(), Conv1d(maps=3), ReLU(), MaxPool(), Flatten(), Output()),
    ),
    "no hidden layer": (samples(40, (1, 4, 4), 3), (Flatten(), Output())),
    "200 classes": (samples(420, (5,), 200), (Linear(units=8), ReLU(), Output())),
    "2000 columns": (samples(30, (2000,), 2), (Linear(units=8), ReLU(), Output())),
    "image values": (samples(30, (1, 6, 6), 0), (CONV, ReLU(), Flatten(), Output())),
    "one column": (samples(9, (1,), 0), (Linear(units=1), Output())),
}


@pytest.mark.parametrize("name", CASES)
def test_every_kind_of_data_and_network_is_shown(name: str) -> None:
    data, network = CASES[name]
    trained = untrained(data, *network)

    def computed(analysis: Analysis) -> dict:
        answering = analysis.answer(trained)
        while True:
            try:
                next(answering)
            except StopIteration as end:
                assert analysis.lines(end.value)
                return from_json_text(to_json_text(end.value))

    found = computed(OneSample(part="validation"))
    drawn = tiles.layers(found["layers"], "light")
    assert 0 < len(found["layers"]) <= MANY and drawn.layout.height < 2500
    if len(data.shape) == 3:
        image = np.array(found["input"])
        assert max(image.shape[1:]) <= IMAGE_SIDE
        assert np.shape(found["integrated"]) == np.shape(found["gradient"]) == image.shape[1:]
        tiles.one_image(image, "dark")
        tiles.one_map(np.array(found["integrated"]), "dark")
    else:
        assert np.shape(found["integrated"]) == data.shape
    assert bool(found["grad_cam"]) == any(layer.kind == "conv2d" for layer in network)

    filters = np.array(computed(FirstLayer())["filters"])
    draw = tiles.filters if filters.ndim == 4 else partial(tiles.weights_by_column, columns=())
    assert draw(filters, mode="light").layout.height <= 480

    points = computed(Embedding(part="validation"))
    assert points["samples"] == len(trained.setup.validation) == len(points["points"])
    assert sum(points["explained"]) <= 1 + 1e-9
    embedding.figure(points, "light")
    exciting = computed(Exciting(part="train"))
    assert {len(rows) for rows in exciting["rows"]} == {min(TOP, len(trained.setup.train))}
