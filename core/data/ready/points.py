"""Computed datasets: points of two or more classes in a plane, each with its formula.

All random draws come from the seed of the choice, so equal choices give equal samples.
"""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from core.base.numbers import whole
from core.base.spec import Call, fields, ranged
from core.data.dataset import DataSet, Facts

if TYPE_CHECKING:
    import numpy as np


class Computed(DataSet):
    """A dataset made of a formula and noise. `columns` names the inputs."""

    columns: ClassVar[tuple[str, ...]] = ()
    points: int = ranged(600, 20, 20_000, log=True, help="Number of samples.")
    noise: float = ranged(
        0.1, 0, 2, symbol="σ", help="Standard deviation of the Gaussian noise added to each point."
    )
    seed: int = ranged(0, 0, 2**31 - 1, help="Determines the noise and the random positions.")

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, empty for values."""
        return ()

    def samples(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        """Return inputs (N, F) and targets (N,) with noise."""
        raise NotImplementedError

    def facts(self, home: Path) -> Facts:
        return Facts((len(self.columns),), self.classes, self.points)

    def call(self) -> Call:
        values = {fact.name: getattr(self, fact.name) for fact in fields(type(self))}
        return Call("core.data.ready.computed.computed", {"kind": self.kind, **values})

    @property
    def summary(self) -> str:
        return f"{self.label}, {whole(self.points)} points"


class Plane(Computed):
    """Points (x₁, x₂) with a class; the noise is added to both coordinates."""

    columns: ClassVar[tuple[str, ...]] = ("x₁", "x₂")

    def samples(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        points, targets = self.without_noise(draw)
        return points + self.noise * draw.standard_normal(points.shape), targets

    def without_noise(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        """Return the points (N, 2) without noise and their classes (N,)."""
        raise NotImplementedError

    def sizes(self) -> list[int]:
        """Return the number of points per class, as equal as possible, in ascending order."""
        count = len(self.classes)
        return [(self.points + k) // count for k in range(count)]


def _polar(radius: "np.ndarray | float", angle: "np.ndarray") -> "np.ndarray":
    """(N,) -> (N, 2)."""
    import numpy as np

    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


class Moons(Plane):
    """Two interleaved half circles that no straight line can separate."""

    kind: Literal["moons"] = "moons"
    label: ClassVar[str] = "Moons"
    formula: ClassVar[str] = (
        r"(\cos t, \sin t),\quad (1 - \cos t, \tfrac12 - \sin t),\quad 0 \le t \le \pi"
    )
    source: ClassVar[str] = "scikit-learn's make_moons"
    technique: ClassVar[str] = "D4"
    noise: float = ranged(
        0.15, 0, 2, symbol="σ", help="Standard deviation of the Gaussian noise added to each point."
    )

    @property
    def classes(self) -> tuple[str, ...]:
        return ("upper", "lower")

    def without_noise(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        import numpy as np

        upper, lower = (np.linspace(0, np.pi, n) for n in self.sizes())
        points = [_polar(1.0, upper), (1.0, 0.5) - _polar(1.0, lower)]
        return np.concatenate(points), np.repeat([0, 1], self.sizes())


class Circles(Plane):
    """A ring within a ring: the decision boundary must be a closed curve."""

    kind: Literal["circles"] = "circles"
    label: ClassVar[str] = "Circles"
    formula: ClassVar[str] = r"r\,(\cos t, \sin t),\quad r \in \{1, f\}"
    source: ClassVar[str] = "scikit-learn's make_circles"
    technique: ClassVar[str] = "D4"
    factor: float = ranged(0.5, above=0, below=1, symbol="f", help="Radius of the inner ring.")

    @property
    def classes(self) -> tuple[str, ...]:
        return ("outer", "inner")

    def without_noise(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        import numpy as np

        angles = [np.linspace(0, 2 * np.pi, n, endpoint=False) for n in self.sizes()]
        points = [_polar(r, t) for r, t in zip((1.0, self.factor), angles, strict=True)]
        return np.concatenate(points), np.repeat([0, 1], self.sizes())


class Spirals(Plane):
    """Intertwined spiral arms: easy to see, hard to learn."""

    kind: Literal["spirals"] = "spirals"
    label: ClassVar[str] = "Spirals"
    formula: ClassVar[str] = (
        r"r\,(\cos\varphi, \sin\varphi),\quad \varphi = 2\pi\,(T r + k/K),\quad 0 < r \le 1"
    )
    source: ClassVar[str] = "Lang & Witbrock 1988"
    technique: ClassVar[str] = "D4"
    points: int = ranged(1000, 20, 20_000, log=True, help="Number of samples.")
    noise: float = ranged(
        0.02, 0, 2, symbol="σ", help="Standard deviation of the Gaussian noise added to each point."
    )
    turns: float = ranged(1.25, 0.25, 4, symbol="T", help="Number of turns of each arm.")
    arms: int = ranged(2, 2, 8, symbol="K", help="Number of arms, one per class.")

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(f"arm {k + 1}" for k in range(self.arms))

    def without_noise(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        import numpy as np

        radii = [np.arange(1, n + 1) / n for n in self.sizes()]
        points = [
            _polar(r, 2 * np.pi * (self.turns * r + k / self.arms)) for k, r in enumerate(radii)
        ]
        return np.concatenate(points), np.repeat(np.arange(self.arms), self.sizes())


class Blobs(Plane):
    """Round clouds on a circle; where they overlap, no model can separate them."""

    kind: Literal["blobs"] = "blobs"
    label: ClassVar[str] = "Blobs"
    formula: ClassVar[str] = (
        r"x \sim \mathcal{N}(\mu_k, \sigma^2 I),\quad \mu_k = (\cos 2\pi k/K, \sin 2\pi k/K)"
    )
    source: ClassVar[str] = "scikit-learn's make_blobs"
    technique: ClassVar[str] = "D4"
    noise: float = ranged(0.35, 0, 2, symbol="σ", help="Standard deviation of each cloud.")
    clouds: int = ranged(3, 2, 8, symbol="K", help="Number of clouds, one per class.")

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(f"cloud {k + 1}" for k in range(self.clouds))

    def without_noise(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        import numpy as np

        targets = np.repeat(np.arange(self.clouds), self.sizes())
        return _polar(1.0, 2 * np.pi * targets / self.clouds), targets


class Xor(Plane):
    """Two classes in opposite quadrants of a square, which a single layer cannot separate."""

    kind: Literal["xor"] = "xor"
    label: ClassVar[str] = "XOR"
    formula: ClassVar[str] = r"x \sim U[-1, 1]^2,\quad \text{class} = [x_1 x_2 < 0]"
    source: ClassVar[str] = "Minsky & Papert 1969"
    technique: ClassVar[str] = "D4"
    noise: float = ranged(
        0.05, 0, 2, symbol="σ", help="Standard deviation of the Gaussian noise added to each point."
    )

    @property
    def classes(self) -> tuple[str, ...]:
        return ("same sign", "opposite sign")

    def without_noise(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        points = draw.uniform(-1, 1, (self.points, 2))
        return points, points.prod(1) < 0
