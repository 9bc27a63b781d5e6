"""Predictor: a finished run that answers for new inputs. What takes time is done once for each run:
reading the weights, and comparing the training samples (the analysis Familiarity).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from core.analysis.inside.attribution import integrated_gradients
from core.analysis.inside.familiarity import Reference
from core.analysis.trained import Outputs, PartName, TrainedRun, compute_outputs, finish
from core.base.encoding import to_json_text
from core.base.errors import BadInput
from core.data.batches import Part
from core.predict.image_form import ImageForm
from core.predict.prediction import Predictions
from core.predict.table_inputs import Origin
from core.runs.store import Store

HELD = 8  # runs that stay in memory
BLOCK = 4096  # inputs between which others may use the network, a multiple of CPU_BATCH
MEAN_ROWS = 4096  # of the training set, whose mean is the baseline of a table
PARTS: tuple[PartName, ...] = ("train", "validation", "test")


class Predictor:
    """A finished run with its weights in memory. Its methods may be called from any thread; inputs
    and answers are plain arrays, without torch.

    `file_columns` are the columns that a spreadsheet needs, without those that are pixels. `shape`
    is that of an input, (C, H, W) or (F,); images are given from 0 (black) to 255, tables
    without missing values. `classes` are empty for values. `form` is what images are made like;
    None for tables.
    """

    def __init__(self, trained: TrainedRun):
        """Keep the network and the shared arrays of the dataset, without the parts in memory."""
        self.store, self.run, self.name = trained.store, trained.run, trained.experiment.name
        self.classes, self.shape = trained.classes, trained.data.shape
        self.columns = trained.data.columns
        self.origin = Origin.of(trained)
        encodings = self.origin.inspection.encodings
        self.file_columns = tuple(
            encoding.name for encoding in sorted(encodings, key=lambda e: e.index) if encoding.title
        )
        self._setup_facts(trained)
        self._samples = {name: _Samples.of(trained, name) for name in PARTS}
        train = self._samples["train"]
        stretched = self.origin.has_stretched_images
        self.form = (
            ImageForm.measure(train.inputs, train.rows, stretched=stretched)
            if self.is_image
            else None
        )
        self._baseline = self._mean() if not self.is_image else self._background()
        self._reference: Reference | None = None
        self._lock = threading.Lock()  # hooks of a forward pass belong to the model

    def _setup_facts(self, trained: TrainedRun) -> None:
        """Keep what a forward pass needs, without the parts of the data."""
        self._model, self._scale = trained.model, trained.setup.scale
        self._threads = trained.setup.threads
        self._how = {"device": trained.setup.device, "channels_last": trained.channels_last}

    @property
    def is_image(self) -> bool:
        """Whether inputs are images (C, H, W) instead of rows of a table (F,)."""
        return len(self.shape) == 3

    @property
    def known_titles(self) -> set[str]:
        """The titles of the training file that a spreadsheet may have too."""
        return self.origin.inspection.known_titles

    @property
    def can_draw(self) -> bool:
        """Whether the training images have a uniform background, as drawings have."""
        return self.form is not None and self.form.ink is not None

    # --- answers

    def predict(
        self,
        inputs: np.ndarray,
        names: Sequence[str] = (),
        *,
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> Predictions:
        """Return the answers for inputs (N, …) as they are before normalization. Raises BadInput
        if the network computes values that are not finite.

        They have the nearest training samples if these have been compared: see `is_compared`. Many
        inputs are answered in blocks, between which other threads get their answers; `progress`
        receives the fraction done, and may raise to stop.
        """
        if inputs.shape[1:] != self.shape or not len(inputs):
            raise BadInput(
                f"The inputs have shape {inputs.shape}, but (N, {', '.join(map(str, self.shape))}) "
                "with at least one input is expected. Prepare them with this run.",
                code="shape_differs",
            )
        reference = self._compared()
        scores, probabilities, nearest, distances = [], [], [], []
        for start in range(0, len(inputs), BLOCK):
            outputs = self._compute(inputs[start : start + BLOCK])
            scores.append(outputs.scores)
            probabilities.append(outputs.probabilities)
            if reference:
                for parts, found in zip(
                    (nearest, distances), reference.nearest(outputs.hidden), strict=True
                ):
                    parts.append(found)
            progress(min(1.0, (start + BLOCK) / len(inputs)))
        return Predictions(
            tuple(names) or tuple(f"{i + 1}" for i in range(len(inputs))),
            self.classes,
            np.concatenate(scores),
            np.concatenate(probabilities) if self.classes else np.empty((len(inputs), 0)),
            np.concatenate(nearest) if reference else None,
            np.concatenate(distances) if reference else None,
            reference.threshold if reference else None,
        )

    def _compute(self, inputs: np.ndarray) -> Outputs:
        """Return what the network computes for inputs (n, …). Raises BadInput for values that are
        not finite.
        """
        part = self._part(inputs)
        with self._lock:
            torch.set_num_threads(self._threads)
            outputs = compute_outputs(self._model, part, (self._scale.mean, self._scale.std))
        if not np.isfinite(outputs.scores).all():
            raise BadInput(
                "The network computes values that are not finite for these inputs. They are far "
                "from those of the training set, or the training diverged.",
                code="outputs_not_finite",
            )
        return outputs

    @property
    def is_compared(self) -> bool:
        """Whether the training samples have been compared, by the analysis Familiarity of the run:
        answers then have the nearest ones, and whether the input is unlike all of them.
        """
        return self._compared() is not None

    def _compared(self) -> Reference | None:
        self._reference = self._reference or Reference.open(self.store, self.run)
        return self._reference

    def saliency(self, inputs: np.ndarray, target: int = 0) -> np.ndarray:
        """Return how much each value of one input (1, …) contributes to the score of class
        `target`, or to the value: integrated gradients (H, W), summed over channels, or (F,), from
        an empty image or the mean of the training set.
        """
        x = self._normalized(inputs)
        unit = 1.0 if self.classes else self._scale.std

        def score(batch: Tensor) -> Tensor:
            return unit * self._model(batch)[:, target].float()

        with self._lock:
            torch.set_num_threads(self._threads)
            found = finish(integrated_gradients(score, x, self._baseline)).attributions
        found = found.sum(0) if self.is_image else found
        return found.cpu().numpy()

    # --- the samples of the run

    def count(self, part: PartName) -> int:
        """Return the number of samples of a part of the run's data."""
        return len(self._samples[part].rows)

    def samples(self, part: PartName, rows: Sequence[int]) -> np.ndarray:
        """Return inputs (n, …) of a part before normalization, such as the nearest training
        samples.
        """
        return self._samples[part].inputs_at(rows)

    def targets(self, part: PartName, rows: Sequence[int]) -> np.ndarray:
        """Return the class numbers (n,) or values of samples of a part."""
        return self._samples[part].targets[np.asarray(rows, int)]

    # --- tensors

    def _part(self, inputs: np.ndarray) -> Part:
        targets = np.zeros(len(inputs), np.int64 if self.classes else np.float32)
        return self._scale.part(inputs, targets, slice(None), **self._how)

    def _normalized(self, inputs: np.ndarray) -> Tensor:
        part = self._part(inputs)
        return part.normalized(part.raw(slice(None)))

    def _background(self) -> Tensor:
        """Return an image without information (1, C, H, W): the background, else black."""
        level = self.form.ink.background if self.form.ink else 0.0
        return self._normalized(np.full((1, *self.shape), level, np.float32))

    def _mean(self) -> Tensor:
        """Return the mean of normalized training rows (1, F)."""
        train = self._samples["train"]
        rows = np.arange(0, len(train.rows), max(1, len(train.rows) // MEAN_ROWS))
        return self._normalized(train.inputs_at(rows)).mean(0, keepdim=True)


class _Samples:
    """The samples of one part: arrays of the dataset, which are shared, and the rows of the part in
    them.
    """

    def __init__(self, inputs: np.ndarray, rows: np.ndarray, targets: np.ndarray):
        self.inputs, self.rows, self.targets = inputs, rows, targets

    @classmethod
    def of(cls, trained: TrainedRun, part: PartName) -> "_Samples":
        """Return the part of a run; its training targets are those of the dataset."""
        data, own = trained.data, part == "test" and trained.data.has_test
        inputs, targets = (
            (data.test_inputs, data.test_targets) if own else (data.inputs, data.targets)
        )
        rows = np.arange(len(inputs)) if own else getattr(trained.setup.rows, part)
        return cls(inputs, rows, targets[rows])

    def inputs_at(self, rows: Sequence[int]) -> np.ndarray:
        """Return inputs (n, …) of rows of the part."""
        return np.asarray(self.inputs[self.rows[np.asarray(rows, int)]])


_held: OrderedDict[tuple[str, ...], Predictor] = OrderedDict()
_guard = threading.Lock()


def open_predictor(store: Store, run: str) -> Predictor:
    """Return the predictor of a run, on the CPU; those that were used last stay in memory. Raises
    BadInput or NotFound if the run has not ended, or has no weights.
    """
    key = (str(store.root), run, to_json_text(store.last(run, "reason") or {}))
    with _guard:
        if key in _held:
            _held.move_to_end(key)
            return _held[key]
    predictor = Predictor(TrainedRun(store, run, "cpu"))
    with _guard:
        _held[key] = predictor
        while len(_held) > HELD:
            _held.popitem(last=False)
    return predictor
