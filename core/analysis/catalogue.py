"""All analyses: importing this module defines the members of the family."""

from core.analysis.analysis import Analysis
from core.analysis.inside.embedding import Embedding
from core.analysis.inside.exciting import Exciting
from core.analysis.inside.familiarity import Familiarity
from core.analysis.inside.first_layer import FirstLayer
from core.analysis.inside.landscape import LossLine, LossPlane, LossProfile
from core.analysis.inside.one_sample import OneSample
from core.analysis.mistakes.calibration import Calibration
from core.analysis.mistakes.confusion import Confusion
from core.analysis.mistakes.correction_proof import CorrectionProof
from core.analysis.mistakes.most_confident import Mistakes
from core.analysis.mistakes.residuals import Residuals
from core.analysis.mistakes.suspicious import Suspicious
from core.analysis.mistakes.thresholds import Thresholds
from core.analysis.replay_certificate import ReplayCertificate
from core.analysis.verdict.baselines import Baselines
from core.analysis.verdict.bias_variance import BiasVariance
from core.analysis.verdict.error_sources import ErrorSources
from core.analysis.verdict.more_rows import MoreRows
from core.analysis.verdict.next_steps import NextSteps

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
    "Familiarity",
    "FirstLayer",
    "LossLine",
    "LossPlane",
    "LossProfile",
    "Mistakes",
    "MoreRows",
    "NextSteps",
    "OneSample",
    "ReplayCertificate",
    "Residuals",
    "Suspicious",
    "Thresholds",
]
