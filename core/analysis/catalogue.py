"""All analyses: importing this module defines the members of the family."""

from core.analysis.analysis import Analysis
from core.analysis.baselines import Baselines
from core.analysis.bias_variance import BiasVariance
from core.analysis.calibration import Calibration
from core.analysis.confusion import Confusion
from core.analysis.correction_proof import CorrectionProof
from core.analysis.embedding import Embedding
from core.analysis.error_sources import ErrorSources
from core.analysis.exciting import Exciting
from core.analysis.first_layer import FirstLayer
from core.analysis.landscape import LossLine, LossPlane, LossProfile
from core.analysis.mistakes import Mistakes
from core.analysis.more_rows import MoreRows
from core.analysis.next_steps import NextSteps
from core.analysis.one_sample import OneSample
from core.analysis.residuals import Residuals
from core.analysis.suspicious import Suspicious
from core.analysis.thresholds import Thresholds

__all__ = [
    "Analysis",
    "Baselines",
    "BiasVariance",
    "Calibration",
    "Confusion",
    "CorrectionProof",
    "Embedding",
    "ErrorSources",
    "Exciting",
    "FirstLayer",
    "LossLine",
    "LossPlane",
    "LossProfile",
    "Mistakes",
    "MoreRows",
    "NextSteps",
    "OneSample",
    "Residuals",
    "Suspicious",
    "Thresholds",
]
