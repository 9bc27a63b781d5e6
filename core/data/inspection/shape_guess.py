"""Shape guess: which height, width, channels and colour order make rows of pixels an image.

In an image, a pixel resembles its neighbours. For every arrangement of the columns, a linear
predictor of each pixel from those to the left, above and above left, and from the same places in
the channels before, is fitted by least squares; the right arrangement has the smallest error. This
is the predictor of lossless image compression (Weinberger, Seroussi and Sapiro, LOCO-I, 2000) with
fitted coefficients. Shuffled pixels would give an error of 1, the standard deviation of the pixels.

Images that all show one pattern, such as the same ramp, are predictable in many arrangements. Then
the best one in grey comes first, and no arrangement counts as certain.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.data.inspection.image_statistics import sample_rows
from core.data.inspection.shapes import Shape

CHANNELS = (1, 3, 4)
ORDERS = ("planar", "interleaved")  # of the channels
SHORTEST = 4  # pixels of the shorter side
LONGEST = 4  # times the shorter side
PIXELS = 100_000  # that are measured
IMAGES = 200  # that are measured at most
COLUMNS = 50_000  # beyond which only squares are compared
OBLONG = 0.04  # log error by which a side of e times the other one has to be better
CHANNEL = 0.005  # log error by which each channel after the first has to be better
ALPHA = 0.15  # log error by which four channels have to be better if the last is not like alpha
CLOSE = 0.03  # difference of log errors below which two arrangements fit about equally well
RANGE = (0.0005, 0.9995)  # quantiles beyond which values are clipped
FLOOR = 1e-4  # of the variance: smaller errors are rounding
ONE_PATTERN = 0.05  # of the variance: differences of images below it are no second pattern


@dataclass(frozen=True)
class Arrangement:
    """An order of the pixel columns: shape (C, H, W), and "planar" or "interleaved" channels."""

    shape: Shape
    order: str = "planar"


@dataclass(frozen=True)
class ShapeGuess:
    """The best arrangements, best first, with their prediction errors (1: none is predictable).

    `margin` is the difference of log errors below which the first two fit about equally well.
    `from_left` is the error of predicting each value from the one before, as in a signal.
    `is_doubtful` says that errors decide little: the images differ only in brightness, or the
    fourth channel is not like opacity.
    """

    arrangements: tuple[Arrangement, ...]
    errors: tuple[float, ...]
    scores: tuple[float, ...]
    margin: float
    from_left: float
    is_doubtful: bool = False

    @property
    def best(self) -> Arrangement:
        """The arrangement that fits best."""
        return self.arrangements[0]

    @property
    def runner_up(self) -> int | None:
        """The position of the first arrangement with another shape, None if there is none."""
        shapes = [arrangement.shape for arrangement in self.arrangements]
        return next((i for i, shape in enumerate(shapes) if shape != shapes[0]), None)

    @property
    def is_close(self) -> bool:
        """Whether another shape fits about equally well."""
        if (second := self.runner_up) is None:
            return False
        return self.is_doubtful or self.scores[second] - self.scores[0] < self.margin

    def orders(self) -> tuple[float, float]:
        """Return the errors of the best shape with planar and with interleaved channels."""
        errors = dict(zip(self.arrangements, self.errors, strict=True))
        shape = self.best.shape
        return errors[Arrangement(shape)], errors[Arrangement(shape, "interleaved")]

    @property
    def is_image(self) -> bool:
        """Whether the second direction helps to predict a pixel, unlike in signals and tables."""
        return math.log(self.from_left / self.errors[0]) > self.margin


def arrangements(columns: int) -> list[Arrangement]:
    """Return every arrangement of this many columns that is not too long for an image."""
    found = []
    for channels in CHANNELS:
        pixels = columns // channels
        for height in range(2, pixels // 2 + 1):
            width = pixels // height
            sides = sorted((height, width))
            possible = sides[0] >= SHORTEST or (height == width and channels < 4)
            long = sides[1] > LONGEST * sides[0] or (columns > COLUMNS and height != width)
            if possible and not long and channels * height * width == columns:
                orders = ORDERS if channels > 1 else ORDERS[:1]
                found += [Arrangement((channels, height, width), order) for order in orders]
    return found


def guess_shape(values: np.ndarray, among: list[Arrangement] | None = None) -> ShapeGuess | None:
    """Compare arrangements of rows (N, F): all of them, or those in `among`.

    Returns None if F columns cannot be arranged or a value is missing in every row.
    """
    candidates = arrangements(values.shape[1]) if among is None else among
    if not candidates:
        return None
    most = min(IMAGES, max(SHORTEST, PIXELS // values.shape[1]))
    rows = np.asarray(sample_rows(values, most), np.float64)
    rows = rows[~np.isnan(rows).any(axis=1)]
    if not len(rows):
        return None
    low, high = np.quantile(rows, RANGE)
    if low < high:  # a stray value would outweigh all others
        rows = rows.clip(low, high)
    rows = rows / (rows.std() or 1.0)
    scored = []
    for candidate in candidates:
        images = as_images(rows, candidate)
        error = prediction_error(images)
        channels, height, width = candidate.shape
        oblong = OBLONG * abs(math.log(height / width))
        score = math.log(error) + oblong + CHANNEL * (channels - 1)
        if is_unusual := channels == 4 and not any(
            _is_alpha(images[:, place], rows.max()) for place in (0, 3)
        ):
            score += ALPHA
        scored.append((score, error, candidate, is_unusual))
    scored.sort(key=lambda entry: entry[0])
    if is_one_pattern := _is_one_pattern(rows):
        first = next((i for i, entry in enumerate(scored) if entry[2].shape[0] == 1), 0)
        scored.insert(0, scored.pop(first))
    scores, errors, best, unusual = zip(*scored, strict=True)
    margin = CLOSE + 1 / math.sqrt(rows.size)
    from_left = prediction_error(rows[:, None, None, :])
    return ShapeGuess(best, errors, scores, margin, from_left, is_one_pattern or unusual[0])


def _is_one_pattern(rows: np.ndarray) -> bool:
    """Whether rows (N, F) are the same one, except for a brightness that is added to all pixels."""
    own = rows - rows.mean(axis=1, keepdims=True)
    return bool((own - own.mean(axis=0)).var() < ONE_PATTERN * own.var())


def lacks_a_pixel(values: np.ndarray, guess: ShapeGuess) -> bool:
    """Whether rows (N, F) fit a square about as well after adding or removing one column."""
    columns = values.shape[1]
    rows = sample_rows(values, min(IMAGES, max(SHORTEST, PIXELS // columns)))
    for changed in (np.pad(rows, ((0, 0), (0, 1))), rows[:, 1:], rows[:, :-1]):
        squares = [a for a in arrangements(changed.shape[1]) if a.shape[1] == a.shape[2]]
        square = guess_shape(changed, squares)
        if square and square.scores[0] < guess.scores[0] + 3 * guess.margin:
            return True
    return False


def as_images(rows: np.ndarray, arrangement: Arrangement) -> np.ndarray:
    """Return rows (N, F) as images (N, C, H, W): a view."""
    channels, height, width = arrangement.shape
    if arrangement.order == "interleaved":
        return rows.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
    return rows.reshape(-1, channels, height, width)


def prediction_error(images: np.ndarray) -> float:
    """Return the root mean square error of predicting each pixel of (N, C, H, W)."""
    neighbours = [_neighbours(images[:, channel]) for channel in range(images.shape[1])]
    total = 0.0
    for channel in range(images.shape[1]):
        target = images[:, channel].reshape(-1)
        known = list(neighbours[channel])
        for before in range(channel):
            known += [images[:, before], *neighbours[before][:2]]
        inputs = np.stack([pixels.reshape(-1) for pixels in known] + [np.ones(len(target))])
        gram = inputs @ inputs.T + 1e-6 * np.eye(len(inputs))
        weights = np.linalg.solve(gram, inputs @ target)
        total += float(np.square(target - weights @ inputs).mean())
    return math.sqrt(total / images.shape[1] + FLOOR)


def _neighbours(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pixels to the left, above, and above left of (N, H, W).

    At the edges the other neighbour stands in, so that no pixel is predicted from itself.
    """
    left, above, diagonal = (np.empty_like(pixels) for _ in range(3))
    left[:, :, 1:], above[:, 1:] = pixels[:, :, :-1], pixels[:, :-1]
    diagonal[:, 1:, 1:] = pixels[:, :-1, :-1]
    above[:, 0, 1:], above[:, 0, 0] = left[:, 0, 1:], pixels.mean()
    left[:, 1:, 0], left[:, 0, 0] = above[:, 1:, 0], pixels.mean()
    diagonal[:, 0], diagonal[:, :, 0] = left[:, 0], above[:, :, 0]
    return left, above, diagonal


def alpha_channel(channels: Sequence[np.ndarray]) -> int:
    """Return which of the four channels is opacity: the first if only that one is like it."""
    opaque = max(float(channel.max(initial=0)) for channel in channels)
    return 0 if _is_alpha(channels[0], opaque) and not _is_alpha(channels[3], opaque) else 3


def _is_alpha(channel: np.ndarray, opaque: float) -> bool:
    """Whether nearly all pixels are opaque (the largest value) or transparent, not all of these."""
    solid = float((channel == opaque).mean())
    return solid >= 0.25 and solid + float((channel == 0).mean()) >= 0.9
