"""What the main screen asks of the application around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from textual.message import Message

from engine.control import Order
from engine.events import Event, Failed
from engine.preset import Preset
from engine.view import AnyWorker


@dataclass
class OpenPreset(Message):
    """Leave the run at hand and train this preset; the `orders` wait in the new run for their epochs.

    A run that is to begin `paused` waits before its first epoch.
    """

    preset: Preset
    orders: tuple[Order, ...] = ()
    paused: bool = False


@dataclass
class OpenRuns(Message):
    """Leave the run at hand and show this one from its file, or several beside one another."""

    paths: tuple[Path, ...]


@dataclass
class Loaded(Message):
    """The worker has its data and trains, or has `failed` before it could."""

    worker: AnyWorker
    failed: Failed | None = None


@dataclass
class TimelineSpoke(Message):
    """The preset's timeline asks, answers or shows something in the run of this worker."""

    worker: AnyWorker
    event: Event


@dataclass
class EndProgram(Message):
    """End the program: `keep` ends after the test and leaves the table, `leave` lets another process train on."""

    how: Literal["keep", "discard", "leave"]


@dataclass
class EndRequested(Message):
    """This signal has asked the program to end."""

    signum: int


@dataclass
class HungUp(Message):
    """The terminal has gone away, and the run goes on without one."""
