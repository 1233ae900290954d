"""Runs that nobody trained: presets and epochs, built without torch."""

from __future__ import annotations

import tomli_w

from engine.events import Epoch, Event, Started
from engine.preset import Preset, read_preset


def wide_preset(arms: int = 4, seeds: int = 2) -> Preset:
    """So many arms under so many seeds."""
    table = {
        "data": {"source": "iris"},
        "training": {"seeds": list(range(seeds)), "lr": 0.1},
        "arm": [{"name": f"arm {number}", "training": {"lr": 0.1 + number}} for number in range(arms)],
    }
    return read_preset(tomli_w.dumps(table))


def started_of(preset: Preset) -> Started:
    return Started(preset.name, preset.arm_names, preset.seeds, "cpu", 100, 40, 30, 20)


def epoch_events(preset: Preset, epoch: int, metrics: int = 20) -> list[Event]:
    """The lanes' epochs as a lab gives them, with numbers by which each is known."""
    return [
        Epoch(arm, seed, epoch, {f"penalty.{name}": epoch + 0.001 * name + 0.1 * seed for name in range(metrics)})
        for arm in preset.arm_names
        for seed in preset.seeds
    ]
