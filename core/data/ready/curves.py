"""Computed datasets: noisy curves, values to predict from one input, each with its formula."""

from typing import TYPE_CHECKING, ClassVar, Literal

from core.base.spec import ranged
from core.data.ready.points import Computed

if TYPE_CHECKING:
    import numpy as np


class CurveDataset(Computed):
    """Values y of one input x, drawn uniformly from −1 to 1; the noise is added to y only."""

    columns: ClassVar[tuple[str, ...]] = ("x",)
    points: int = ranged(600, 20, 20_000, log=True, help="Number of samples.")
    gap: float = ranged(
        0.0, 0, 0.9, help="No points where |x| is smaller, to see how the network interpolates."
    )

    def samples(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        import numpy as np

        position = draw.uniform(-1, 1, self.points)
        x = np.sign(position) * (self.gap + (1 - self.gap) * np.abs(position))
        return x[:, None], self.without_noise(x) + self.noise * draw.standard_normal(self.points)

    def without_noise(self, x: "np.ndarray") -> "np.ndarray":
        """Return the value without noise at each x (N,)."""
        raise NotImplementedError


class Sine(CurveDataset):
    """A sine wave; networks learn low frequencies before high ones."""

    kind: Literal["sine"] = "sine"
    label: ClassVar[str] = "Sine"
    formula: ClassVar[str] = r"y = \sin(\pi k x)"
    source: ClassVar[str] = "Rahaman et al. 2019 (on the spectral bias of neural networks)"
    technique: ClassVar[str] = "D4"
    waves: float = ranged(1.5, 0.25, 20, symbol="k", help="Number of periods from −1 to 1.")

    def without_noise(self, x: "np.ndarray") -> "np.ndarray":
        import numpy as np

        return np.sin(np.pi * self.waves * x)


class Steps(CurveDataset):
    """A staircase, whose sharp corners are hard for smooth networks."""

    kind: Literal["steps"] = "steps"
    label: ClassVar[str] = "Steps"
    formula: ClassVar[str] = (
        r"y = \tfrac{2}{s}\,\left\lfloor (s + 1)\,\tfrac{x+1}{2} \right\rfloor - 1,\quad y \le 1"
    )
    source: ClassVar[str] = "Cybenko 1989 (a step is the limit of a sigmoid)"
    technique: ClassVar[str] = "D4"
    steps: int = ranged(1, 1, 20, symbol="s", help="Number of steps from −1 to 1.")

    def without_noise(self, x: "np.ndarray") -> "np.ndarray":
        import numpy as np

        level = np.floor((self.steps + 1) * (x + 1) / 2)  # 0 … s, and s + 1 only at x = 1
        return 2 * np.minimum(level, self.steps) / self.steps - 1


class Polynomial(CurveDataset):
    """A Chebyshev polynomial, which oscillates between −1 and 1 as often as its degree."""

    kind: Literal["polynomial"] = "polynomial"
    label: ClassVar[str] = "Polynomial"
    formula: ClassVar[str] = r"y = T_d(x) = \cos(d \arccos x)"
    source: ClassVar[str] = "Chebyshev 1854"
    technique: ClassVar[str] = "D4"
    degree: int = ranged(3, 1, 12, symbol="d", help="Highest power of x.")

    def without_noise(self, x: "np.ndarray") -> "np.ndarray":
        import numpy as np

        return np.cos(self.degree * np.arccos(x))
