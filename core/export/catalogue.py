"""All export formats: importing this module defines the members of the family."""

from core.export.export_format import ExportFormat

__all__ = ["ExportFormat"]
