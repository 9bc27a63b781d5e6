"""Small sets that are computed: points of two or more classes in a plane. Each choice has its
formula; nothing is fetched.

Every draw comes from the seed that stands in the choice, so equal choices give equal samples.
"""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from core.base.numbers import whole
from core.base.spec import Call, fields, ranged
from core.data.dataset import DataSet, Facts

if TYPE_CHECKING:
    import numpy as np


class Computed(DataSet):
    """A set made of a formula and noise. `columns` names the inputs."""

    columns: ClassVar[tuple[str, ...]] = ()
    points: int = ranged(600, 20, 20_000, log=True, help="How many samples.")
    noise: float = ranged(
        0.1, 0, 2, symbol="σ", help="Deviation of the normal noise that every point gets."
    )
    seed: int = ranged(0, 0, 2**31 - 1, help="Draws the noise, and where the points lie.")

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; none for values."""
        return ()

    def samples(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        """Inputs (N, F) and targets (N,), noise included."""
        raise NotImplementedError

    def facts(self, home: Path) -> Facts:
        return Facts((len(self.columns),), self.classes, self.points)

    def call(self) -> Call:
        given = {fact.name: getattr(self, fact.name) for fact in fields(type(self))}
        return Call("core.data.ready.computed.computed", {"kind": self.kind, **given})

    @property
    def summary(self) -> str:
        return f"{self.label}, {whole(self.points)} points"


class Plane(Computed):
    """Points (x₁, x₂) with a class each; the noise is added to both coordinates."""

    columns: ClassVar[tuple[str, ...]] = ("x₁", "x₂")

    def samples(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        points, targets = self.exact(draw)
        return points + self.noise * draw.standard_normal(points.shape), targets

    def exact(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        """The points (N, 2) without noise and their classes (N,)."""
        raise NotImplementedError

    def sizes(self) -> list[int]:
        """How many points each class has: as equal as can be, the last ones have one more."""
        count = len(self.classes)
        return [(self.points + k) // count for k in range(count)]


def _polar(radius: "np.ndarray | float", angle: "np.ndarray") -> "np.ndarray":
    """(N,) -> (N, 2)."""
    import numpy as np

    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


class Moons(Plane):
    """Two half circles that reach into each other: no straight line parts them."""

    kind: Literal["moons"] = "moons"
    label: ClassVar[str] = "Moons"
    formula: ClassVar[str] = (
        r"(\cos t, \sin t),\quad (1 - \cos t, \tfrac12 - \sin t),\quad 0 \le t \le \pi"
    )
    source: ClassVar[str] = "scikit-learn's make_moons"
    technique: ClassVar[str] = "D4"
    noise: float = ranged(
        0.15, 0, 2, symbol="σ", help="Deviation of the normal noise that every point gets."
    )

    @property
    def classes(self) -> tuple[str, ...]:
        return ("upper", "lower")

    def exact(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        import numpy as np

        upper, lower = (np.linspace(0, np.pi, n) for n in self.sizes())
        points = [_polar(1.0, upper), (1.0, 0.5) - _polar(1.0, lower)]
        return np.concatenate(points), np.repeat([0, 1], self.sizes())


class Circles(Plane):
    """A ring within a ring: the boundary must close."""

    kind: Literal["circles"] = "circles"
    label: ClassVar[str] = "Circles"
    formula: ClassVar[str] = r"r\,(\cos t, \sin t),\quad r \in \{1, f\}"
    source: ClassVar[str] = "scikit-learn's make_circles"
    technique: ClassVar[str] = "D4"
    factor: float = ranged(0.5, above=0, below=1, symbol="f", help="Radius of the inner ring.")

    @property
    def classes(self) -> tuple[str, ...]:
        return ("outer", "inner")

    def exact(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        import numpy as np

        angles = [np.linspace(0, 2 * np.pi, n, endpoint=False) for n in self.sizes()]
        points = [_polar(r, t) for r, t in zip((1.0, self.factor), angles, strict=True)]
        return np.concatenate(points), np.repeat([0, 1], self.sizes())


class Spirals(Plane):
    """Arms wound into each other: easy to see, hard to learn."""

    kind: Literal["spirals"] = "spirals"
    label: ClassVar[str] = "Spirals"
    formula: ClassVar[str] = (
        r"r\,(\cos\varphi, \sin\varphi),\quad \varphi = 2\pi\,(T r + k/K),\quad 0 < r \le 1"
    )
    source: ClassVar[str] = "Lang & Witbrock 1988"
    technique: ClassVar[str] = "D4"
    points: int = ranged(1000, 20, 20_000, log=True, help="How many samples.")
    noise: float = ranged(
        0.02, 0, 2, symbol="σ", help="Deviation of the normal noise that every point gets."
    )
    turns: float = ranged(1.25, 0.25, 4, symbol="T", help="How often an arm goes round.")
    arms: int = ranged(2, 2, 8, symbol="K", help="How many arms, one a class.")

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(f"arm {k + 1}" for k in range(self.arms))

    def exact(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        import numpy as np

        radii = [np.arange(1, n + 1) / n for n in self.sizes()]
        points = [
            _polar(r, 2 * np.pi * (self.turns * r + k / self.arms)) for k, r in enumerate(radii)
        ]
        return np.concatenate(points), np.repeat(np.arange(self.arms), self.sizes())


class Blobs(Plane):
    """Round clouds around a circle: where they overlap, no network can part them."""

    kind: Literal["blobs"] = "blobs"
    label: ClassVar[str] = "Blobs"
    formula: ClassVar[str] = (
        r"x \sim \mathcal{N}(\mu_k, \sigma^2 I),\quad \mu_k = (\cos 2\pi k/K, \sin 2\pi k/K)"
    )
    source: ClassVar[str] = "scikit-learn's make_blobs"
    technique: ClassVar[str] = "D4"
    noise: float = ranged(0.35, 0, 2, symbol="σ", help="Deviation of a cloud around its middle.")
    clouds: int = ranged(3, 2, 8, symbol="K", help="How many clouds, one a class.")

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(f"cloud {k + 1}" for k in range(self.clouds))

    def exact(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        import numpy as np

        targets = np.repeat(np.arange(self.clouds), self.sizes())
        return _polar(1.0, 2 * np.pi * targets / self.clouds), targets


class Xor(Plane):
    """Two classes in opposite quarters of a square: what one layer alone cannot learn."""

    kind: Literal["xor"] = "xor"
    label: ClassVar[str] = "XOR"
    formula: ClassVar[str] = r"x \sim U[-1, 1]^2,\quad \text{class} = [x_1 x_2 < 0]"
    source: ClassVar[str] = "Minsky & Papert 1969"
    technique: ClassVar[str] = "D4"
    noise: float = ranged(
        0.05, 0, 2, symbol="σ", help="Deviation of the normal noise that every point gets."
    )

    @property
    def classes(self) -> tuple[str, ...]:
        return ("same sign", "opposite sign")

    def exact(self, draw: "np.random.Generator") -> "tuple[np.ndarray, np.ndarray]":
        points = draw.uniform(-1, 1, (self.points, 2))
        return points, points.prod(1) < 0
