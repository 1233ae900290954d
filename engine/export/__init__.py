"""A run's file in the formats of others: tables, events, pictures, a page. No torch is imported."""

from engine.export.formats import FORMATS, Format, export, missing, to_stream

__all__ = ["FORMATS", "Format", "export", "missing", "to_stream"]
