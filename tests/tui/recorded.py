"""Runs in files, as training leaves them, for the tests of what is done with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.data.fingerprint import fingerprints
from engine.lab import Lab
from engine.preset import Preset
from engine.runs import library
from engine.runs.meta import Environment
from engine.runs.writer import RunWriter
from tests.tui.dashboard import TWO, experiment


def preset_of(epochs: int = 6, arms: dict[str, dict[str, Any]] = TWO, **settings: Any) -> Preset:
    base = {
        "training.epochs": epochs,
        "training.seeds": [0, 1],
        **{key.replace("__", "."): settings[key] for key in settings},
    }
    return experiment(base, arms)


def recording(folder: Path, preset: Preset, name: str = "") -> tuple[RunWriter, Lab]:
    """A run that has just begun: its writer, open, and its lab."""
    lab = Lab(preset, "cpu")
    id, path = library.new_run(preset.name, folder)
    writer = RunWriter(path, preset, id=id, name=name)
    writer.describe(data=fingerprints(lab.stacks), environment=Environment.here("cpu"))
    writer.take([lab.started])
    return writer, lab


def train(writer: RunWriter, lab: Lab, epochs: int) -> None:
    """Train on and write it down, with a checkpoint behind the last epoch."""
    for _ in range(epochs):
        writer.take(lab.run_epoch())
    writer.checkpoint(lab.state())
    assert writer.flush()


def recorded(folder: Path, preset: Preset | None = None, name: str = "", epochs: int | None = None) -> Path:
    """The file of a run trained to its end, or stopped after so many epochs."""
    preset = preset or preset_of()
    writer, lab = recording(folder, preset, name)
    train(writer, lab, preset.epochs if epochs is None else epochs)
    assert writer.close("finished" if lab.finished else "stopped")
    return writer.path
