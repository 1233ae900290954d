"""What the main screen asks of the application around it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from engine.preset import Preset


@dataclass
class OpenPreset(Message):
    """Leave the run at hand and train this preset."""

    preset: Preset


@dataclass
class EndProgram(Message):
    """End the program; with `keep` after the test, and with the table left in the terminal."""

    keep: bool
