"""Small sets that are computed: values to be predicted from one number, a curve with noise on it.
Each choice has its formula.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

from core.base.spec import ranged
from core.data.ready.points import Computed

if TYPE_CHECKING:
    import numpy as np


class CurveDataset(Computed):
    """Values y over one column x, drawn evenly from −1 to 1; the noise is added to y alone."""

    columns: ClassVar[tuple[str, ...]] = ("x",)
    points: int = ranged(600, 20, 20_000, log=True, help="How many samples.")
    gap: float = ranged(
        0.0, 0, 0.9, help="No points where |x| is smaller: what will the network say there?"
    )

    def samples(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        import numpy as np

        place = draw.uniform(-1, 1, self.points)
        x = np.sign(place) * (self.gap + (1 - self.gap) * np.abs(place))
        return x[:, None], self.exact(x) + self.noise * draw.standard_normal(self.points)

    def exact(self, x: "np.ndarray") -> "np.ndarray":
        """The value without noise at each x (N,)."""
        raise NotImplementedError


class Sine(CurveDataset):
    """Waves: the more there are, the later they are learned."""

    kind: Literal["sine"] = "sine"
    label: ClassVar[str] = "Sine"
    formula: ClassVar[str] = r"y = \sin(\pi k x)"
    source: ClassVar[str] = "Rahaman et al. 2019 (on the spectral bias of neural networks)"
    technique: ClassVar[str] = "D4"
    waves: float = ranged(1.5, 0.25, 20, symbol="k", help="Whole waves from −1 to 1.")

    def exact(self, x: "np.ndarray") -> "np.ndarray":
        import numpy as np

        return np.sin(np.pi * self.waves * x)


class Steps(CurveDataset):
    """A staircase: a smooth network must turn sharp corners."""

    kind: Literal["steps"] = "steps"
    label: ClassVar[str] = "Steps"
    formula: ClassVar[str] = (
        r"y = \tfrac{2}{s}\,\left\lfloor (s + 1)\,\tfrac{x+1}{2} \right\rfloor - 1,\quad y \le 1"
    )
    source: ClassVar[str] = "Cybenko 1989 (a step is the limit of a sigmoid)"
    technique: ClassVar[str] = "D4"
    steps: int = ranged(1, 1, 20, symbol="s", help="How many steps lead from −1 up to 1.")

    def exact(self, x: "np.ndarray") -> "np.ndarray":
        import numpy as np

        level = np.floor((self.steps + 1) * (x + 1) / 2)  # 0 … s, and s + 1 at x = 1 alone
        return 2 * np.minimum(level, self.steps) / self.steps - 1


class Polynomial(CurveDataset):
    """A Chebyshev polynomial: between −1 and 1 it swings as often as its degree says."""

    kind: Literal["polynomial"] = "polynomial"
    label: ClassVar[str] = "Polynomial"
    formula: ClassVar[str] = r"y = T_d(x) = \cos(d \arccos x)"
    source: ClassVar[str] = "Chebyshev 1854"
    technique: ClassVar[str] = "D4"
    degree: int = ranged(3, 1, 12, symbol="d", help="The highest power of x.")

    def exact(self, x: "np.ndarray") -> "np.ndarray":
        import numpy as np

        return np.cos(self.degree * np.arccos(x))
