"""All analyses: importing this module defines the members of the family."""

from core.analysis.analysis import Analysis
from core.analysis.confusion import Confusion

__all__ = ["Analysis", "Confusion"]
