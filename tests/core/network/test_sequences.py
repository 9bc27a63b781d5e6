"""1-D convolution and pooling of sequences: the values of torch's modules for sequences, shapes,
misfits and their fixes.
"""

import pytest
import torch
from torch import Tensor, nn

from core.advice.network_fix import check_fit
from core.network.build import trace
from core.network.layers import (
    AsSequence,
    AvgPool,
    BatchNorm,
    Conv1d,
    Flatten,
    GlobalPool,
    Layer,
    Linear,
    MaxPool,
    Output,
    ReLU,
    Residual,
)

COLUMNS = 24


def rows() -> Tensor:
    return torch.randn(4, COLUMNS, generator=torch.Generator().manual_seed(0)).double()


def apply(*layers: Layer) -> tuple[nn.Sequential, Tensor]:
    """The modules of a chain and its output for the rows."""
    torch.manual_seed(1)
    facts = trace((*layers, Flatten(), Output()), (COLUMNS,), 3)[: len(layers)]
    made = nn.Sequential(*[f.layer.call(f.input, 3).make() for f in facts]).double()
    z = made(rows())
    assert [tuple(z.shape[1:])] == [facts[-1].output] == [layers[-1].output(facts[-1].input, 3)]
    return made, z


@pytest.mark.parametrize("series", [1, 3])
@pytest.mark.parametrize("kernel", [1, 4, 8])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (3, 2)])
def test_it_equals_the_convolution_of_torch_for_sequences(series, kernel, stride, padding) -> None:
    layer = Conv1d(maps=5, kernel=kernel, stride=stride, padding=padding)
    made, z = apply(AsSequence(series=series), layer)
    twin = nn.Conv1d(series, 5, kernel, stride, padding).double()
    twin.weight.data, twin.bias.data = made[1].weight.data[:, :, 0], made[1].bias.data
    expected = twin(rows().reshape(4, series, -1))  # the columns of the first series come first
    torch.testing.assert_close(z[:, :, 0], expected)
    fact = trace((AsSequence(series=series), layer, Flatten(), Output()), (COLUMNS,), 3)[1]
    assert fact.parameters == 5 * series * kernel + 5
    assert fact.multiply_adds == 5 * series * kernel * expected.shape[2]


@pytest.mark.parametrize(
    ("layer", "twin"),
    [
        (MaxPool(size=5), nn.MaxPool1d(5)),
        (AvgPool(size=4), nn.AvgPool1d(4)),
        (BatchNorm(), nn.BatchNorm1d(2).double()),
    ],
)
def test_pooling_and_normalization_equal_those_of_torch_for_sequences(layer, twin) -> None:
    _, z = apply(AsSequence(series=2), layer)
    torch.testing.assert_close(z[:, :, 0], twin(rows().reshape(4, 2, 12)))


def test_a_residual_block_of_sequences_has_a_projection_along_the_row() -> None:
    block = Residual(layers=(Conv1d(maps=6, kernel=3, stride=2, padding=1), ReLU()))
    layers = (AsSequence(series=2), block, GlobalPool(), Output())
    fact = trace(layers, (COLUMNS,), 3)[1]
    assert fact.output == (6, 1, 6) and fact.parameters == 6 * 2 * 3 + 6 + 6 * 2 + 12


@pytest.mark.parametrize(
    ("layers", "code", "fixed"),
    [
        ((Conv1d(), Flatten(), Output()), "needs_sequence", AsSequence()),
        ((AsSequence(series=7), Flatten(), Output()), "unequal_series", AsSequence(series=6)),
        (
            (AsSequence(), Conv1d(kernel=31), Flatten(), Output()),
            "kernel_too_large",
            Conv1d(kernel=31, padding=15),
        ),
        ((AsSequence(), AsSequence(), Flatten(), Output()), "needs_flat_input", Flatten()),
        ((AsSequence(), Linear(), Output()), "needs_flat_input", Flatten()),
    ],
)
def test_a_misfit_has_a_change_that_fixes_it(layers, code, fixed) -> None:
    finding = check_fit(layers, (COLUMNS,), 3)
    assert finding.code == code
    changed = tuple(map(Layer.pick, finding.action.changes["network"]))
    assert fixed in changed and check_fit(changed, (COLUMNS,), 3) is None


def test_a_pool_longer_than_the_sequence_is_a_misfit() -> None:
    misfit = MaxPool(size=4).misfit((2, 1, 3))
    assert misfit.code == "pool_too_large" and "1 × 4" in misfit.text
    assert MaxPool(size=3).misfit((2, 1, 3)) is None
