"""What a command can still do for a run that has failed."""

from __future__ import annotations

from engine.commands import Command, Restart, Turn
from engine.events import Adjusted, Event
from engine.preset import Preset, PresetError, with_value


def after_failure(preset: Preset, command: Command) -> tuple[str, list[Event]]:
    """Why it is refused (empty where it is not), and what comes of it: only a turned knob and a restart help."""
    if isinstance(command, Turn):
        try:
            with_value(preset, command.knob, command.value, command.arm)
        except PresetError as error:
            return str(error), []
        return "", [Adjusted(command.knob, command.value, command.arm)]
    if isinstance(command, Restart):
        return "", []
    return "the run has failed: only a turned knob and a restart help", []
