"""Start: the family of initial weights: those that the initializer draws, or trained ones.

Choices only; torch is not imported. `library.py` keeps the weights, `core/training/fine_tuning.py`
applies the choice to a network.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from core.base.layer_paths import covers, layer_factor
from core.base.spec import Choice, ranged
from core.base.text import counted

LayerName = Annotated[str, Field(min_length=1, max_length=200)]
Factor = Annotated[float, Field(gt=0, le=100)]
MOST = 1000  # layers


class Start(Choice, family="start"):
    """η: the learning rate of a step. l: a layer of L with weights; f, the depth factor."""

    page: ClassVar[str] = "Network"
    technique: ClassVar[str] = "N7"

    @property
    def weights_digest(self) -> str:
        """The SHA-256 of the trained weights; empty where there are none."""
        return ""

    def is_new(self, name: str) -> bool:
        """Return whether the layer or tensor with this path keeps the weights that the initializer
        draws.
        """
        return True

    def is_frozen(self, name: str) -> bool:
        """Return whether the layer or tensor with this path is never trained."""
        return False

    def rate_factor(self, name: str, depth: int) -> float:
        """Return by how much the learning rate of a tensor is multiplied. `depth` counts the layers
        with weights from the last one, 0.
        """
        return 1.0

    def trained_layers(self, epoch: int) -> int | None:
        """Return how many layers, counted from the last one, learn in this epoch (from 0); None for
        all of them.
        """
        return None

    @property
    def has_rates(self) -> bool:
        """Whether layers have different learning rates."""
        return False


class FromScratch(Start):
    """All weights are drawn by the initializer."""

    kind: Literal["scratch"] = "scratch"
    label: ClassVar[str] = "From scratch"
    source: ClassVar[str] = "Glorot & Bengio 2010; He et al. 2015"


class FromWeights(Start):
    """Training starts from trained weights, of a run or of a file. They are matched to the layers
    by name. Lower layers are more general, so that they can stay frozen or learn more slowly.

    Frozen layers have no gradient, and a frozen batch normalization keeps its statistics. With
    gradual unfreezing, the last layer learns first, and every few epochs the next one below joins.
    """

    kind: Literal["weights"] = "weights"
    label: ClassVar[str] = "From trained weights"
    formula: ClassVar[str] = r"\eta_l = \eta\, f^{\,L-l}"
    source: ClassVar[str] = "Yosinski et al. 2014; Howard & Ruder 2018"
    technique: ClassVar[str] = "N7 K1"
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the weights.")
    title: str = Field("weights", max_length=200, description="The displayed name.")
    run: str = Field("", max_length=40, description="The run that trained them, if one of a lab.")
    new_layers: tuple[LayerName, ...] = Field(
        (), max_length=MOST, description="Layers that are initialized, not loaded, by their path."
    )
    frozen: tuple[LayerName, ...] = Field(
        (), max_length=MOST, description="Layers that are not trained, by their path."
    )
    rates: tuple[tuple[LayerName, Factor], ...] = Field(
        (), max_length=MOST, description="Factors of the learning rate of single layers."
    )
    depth_factor: float = ranged(
        1.0,
        above=0,
        high=1,
        symbol="f",
        log=True,
        help="Each layer has this fraction of the learning rate of the layer above it. 1: all "
        "layers have the same. Howard & Ruder use 1/2.6 ≈ 0.38.",
    )
    unfreeze_every: int = ranged(
        0,
        0,
        10_000,
        unit="epochs",
        label="Unfreeze a layer every",
        help="Gradual unfreezing: only the last layer learns at first, and one more joins after "
        "each of these intervals. 0: all layers learn from the first epoch.",
    )

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if both := [name for name in self.frozen if name in self.new_layers]:
            raise ValueError(
                f"{both[0]} is both new and frozen: train it, or load its weights, because a "
                "frozen layer with random weights learns nothing"
            )
        names = [name for name, _ in self.rates]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"rates has {twice[0]} twice: remove one")
        return self

    @property
    def weights_digest(self) -> str:
        return self.digest

    def is_new(self, name: str) -> bool:
        return covers(self.new_layers, name)

    def is_frozen(self, name: str) -> bool:
        return covers(self.frozen, name)

    def rate_factor(self, name: str, depth: int) -> float:
        return layer_factor(name, depth, dict(self.rates), self.depth_factor)

    def trained_layers(self, epoch: int) -> int | None:
        return 1 + epoch // self.unfreeze_every if self.unfreeze_every else None

    @property
    def has_rates(self) -> bool:
        return bool(self.rates) or self.depth_factor != 1

    @property
    def origin(self) -> str:
        """Where the weights are from, for a sentence: run “Digits”, or file “lenet.pth”."""
        return f"{'run' if self.run else 'file'} “{self.title}”"

    @property
    def summary(self) -> str:
        new = [f"{counted(len(self.new_layers), 'layer')} new"] * bool(self.new_layers)
        frozen = [f"{counted(len(self.frozen), 'layer')} frozen"] * bool(self.frozen)
        return ", ".join([f"from {self.origin}", *new, *frozen])
