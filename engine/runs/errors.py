"""The exception that a run's file can cause, worded for a person."""

from __future__ import annotations

from engine.preset.errors import PresetError


class RunError(PresetError):
    """A run's file cannot be used: one line with which file, why, and what to do.

    Whoever tells a person of a `PresetError` tells of this one in the same way.
    """
