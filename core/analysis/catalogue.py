"""All analyses: importing this module defines the members of the family."""

from core.analysis.analysis import Analysis
from core.analysis.calibration import Calibration
from core.analysis.confusion import Confusion
from core.analysis.landscape import LossLine, LossPlane, LossProfile
from core.analysis.mistakes import Mistakes
from core.analysis.residuals import Residuals
from core.analysis.suspicious import Suspicious
from core.analysis.thresholds import Thresholds

__all__ = [
    "Analysis",
    "Calibration",
    "Confusion",
    "LossLine",
    "LossPlane",
    "LossProfile",
    "Mistakes",
    "Residuals",
    "Suspicious",
    "Thresholds",
]
