"""How the offline page recognizes inputs that are unlike the training set: by their distance to the
nearest of a few representatives of the training samples in the last hidden layer.

The lab itself compares an input with all training samples (core/analysis/inside/familiarity.py),
which do not fit into a page. Representatives are the centres of k-means (Lloyd 1982; k-means++,
Arthur & Vassilvitskii 2007), with a threshold of their own.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.spatial.distance import cdist

from core.analysis.inside.familiarity import FEWEST, MOST, QUANTILE, Reference
from core.analysis.trained import TrainedRun

FITTED = 4000  # training samples that are represented, evenly spaced
LARGEST, SMALLEST = 200, 8  # representatives
AGREEMENT = 0.9  # with the lab, below which the page has no such warning
EACH = 20  # training samples of a representative, so that their own distances show the spread
SEED = 0


@dataclass(frozen=True)
class Representatives:
    """`centres` (K, H) float32, the distance to the nearest of them above which an input is
    unfamiliar, and for which fraction of how many held-out samples the lab judges the same.
    """

    centres: np.ndarray
    threshold: float
    agreement: float
    samples: int

    def is_unfamiliar(self, hidden: np.ndarray) -> np.ndarray:
        """Return which inputs with these representations (N, H) are unfamiliar, (N,) bool."""
        return cdist(hidden, self.centres).min(1) > self.threshold

    def plain(self) -> dict[str, Any]:
        """Return plain JSON data without the centres."""
        return {
            "threshold": self.threshold,
            "agreement": self.agreement,
            "samples": self.samples,
            "count": len(self.centres),
        }


def represent(trained: TrainedRun, room: int) -> Representatives | None:
    """Return representatives with at most `room` numbers; None if too few fit, if the lab has not
    compared the training samples, or if it judges too many samples otherwise.
    """
    reference = Reference.open(trained.store, trained.run)
    if reference is None:
        return None
    hidden = reference.hidden[:: -(-len(reference.hidden) // FITTED)].astype(np.float64)
    count = min(LARGEST, room // hidden.shape[1], len(hidden) // EACH)
    if count < SMALLEST:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # empty clusters are left out below
        centres, nearest = kmeans2(hidden, count, minit="++", rng=SEED)
    centres = centres[np.unique(nearest)].astype(np.float32)
    known = len(trained.setup.validation) >= FEWEST
    calibration = trained.outputs("validation").hidden if known else hidden
    distances = cdist(calibration[:: -(-len(calibration) // MOST)], centres).min(1)
    threshold = float(np.quantile(distances, QUANTILE))
    found = Representatives(centres, threshold, 1.0, 0)
    tested = trained.outputs(trained.held_out).hidden
    tested = tested[:: -(-len(tested) // MOST)]
    in_lab = reference.nearest(tested)[1].mean(1) > reference.threshold
    agreement = float(np.mean(found.is_unfamiliar(tested) == in_lab))
    if agreement < AGREEMENT:
        return None
    return Representatives(centres, threshold, agreement, len(tested))
