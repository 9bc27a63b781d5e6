"""All analyses: importing this module defines the members of the family."""

from core.analysis.analysis import Analysis
from core.analysis.confusion import Confusion
from core.analysis.landscape import LossLine, LossPlane, LossProfile

__all__ = ["Analysis", "Confusion", "LossLine", "LossPlane", "LossProfile"]
