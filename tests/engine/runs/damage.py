"""Damage to a run's file, and what must come of it: the right result, or a line. Never a wrong number in silence."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.commands import Turn
from engine.events import Receipt
from engine.record import RunRecord
from engine.runs.errors import RunError
from engine.runs.reader import RunReader
from engine.runs.writer import RunWriter
from engine.state import LabState
from tests.engine.runs.small import same_state, small_lab, tell
from tests.engine.runs.synthetic import epoch_events

EPOCHS = 400


@dataclass
class Truth:
    """A run as it was recorded: its file's bytes, and all that can be read in it."""

    data: bytes
    record: RunRecord
    events: list[str]
    commands: list[str]
    epochs: list[str]
    envelope: tuple[np.ndarray, ...]
    states: dict[int, LabState]


def truth(path: Path) -> Truth:
    """Record a run of some hundred epochs with turned knobs and checkpoints."""
    lab = small_lab(**{"training.epochs": EPOCHS})
    record = RunRecord(lab.preset)
    writer = RunWriter(path, lab.preset)
    tell(writer, record, [lab.started])
    states: dict[int, LabState] = {}
    for _ in range(4):
        tell(writer, record, lab.run_epoch())
        tell(writer, record, lab.turn("training.lr", 0.01 * (lab.epoch + 1), "noisy"))
        writer.command(Turn("training.lr", 0.01, "noisy"), Receipt("turn", True, lab.epoch, 0, number=lab.epoch))
        states[lab.epoch] = lab.state()
        writer.checkpoint(states[lab.epoch])
        assert writer.flush()
    for epoch in range(lab.epoch + 1, EPOCHS + 1):
        tell(writer, record, epoch_events(lab.preset, epoch, 6))
    assert writer.close("stopped")
    with RunReader(path) as reader:
        assert reader.damage == []
        whole = Truth(
            data=path.read_bytes(),
            record=record,
            events=[repr(event) for _, _, event in reader.events()],
            commands=[repr(answered) for answered in reader.commands()],
            epochs=[repr(lanes) for lanes in reader.epochs()],
            envelope=reader.envelope("penalty.1", "plain", 0, 64),
            states=states,
        )
    assert refuted(path, whole) == ""
    return whole


def harmed(data: bytes, chance: random.Random) -> bytes:
    """The file with a few bits flipped, a piece zeroed or copied elsewhere, or its end cut off."""
    changed = bytearray(data)
    match chance.randrange(5):
        case 0 | 1:
            for _ in range(chance.choice((1, 1, 1, 8))):
                changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        case 2:  # where SQLite keeps its own accounts: the beginning of a page
            page = chance.randrange(len(changed) // 16384) * 16384
            changed[page + chance.randrange(100)] ^= 1 << chance.randrange(8)
        case 3:
            begin, length = chance.randrange(len(changed)), chance.choice((16, 512, 16384))
            other = chance.randrange(len(changed))
            piece = bytes(length) if chance.random() < 0.5 else bytes(changed[other : other + length])
            changed[begin : begin + len(piece)] = piece
            del changed[len(data) :]
        case 4:
            del changed[chance.randrange(len(changed)) :]
    return bytes(changed)


def refuted(path: Path, truth: Truth) -> str:
    """What is wrong with how the file is read, in a word; empty where it is read rightly or refused in one line."""
    try:
        with RunReader(path) as reader:
            return _of_record(reader, truth) or _of_parts(reader, truth) or _of_checkpoints(reader, truth)
    except RunError as error:
        return "" if len(str(error)) <= 300 and "\n" not in str(error) else f"no line: {error}"


def _of_record(reader: RunReader, truth: Truth) -> str:
    record, right = reader.record, truth.record
    for name in ("preset", "begun", "started", "stopped", "finished", "failed"):
        if repr(getattr(record, name)) != repr(getattr(right, name)) and not reader.damage:
            return f"another {name}"
    for lane, last in record.last.items():
        if repr(last) != repr(right.last[lane]) and not reader.damage:
            return "another last epoch"
    if not reader.damage and (record.last.keys() != right.last.keys() or record.epoch != right.epoch):
        return "lanes are missing"
    if record.history is None or right.history is None:
        return "" if reader.damage else "no history"
    for metric in right.history.metrics:
        for arm, seed in right.history.lanes:
            epochs, values = record.history.series(metric, arm, seed)
            known, numbers = right.history.series(metric, arm, seed)
            places = np.searchsorted(known, epochs)
            if not np.array_equal(numbers[places], values, equal_nan=True):
                return "another number"
            if len(known) != len(epochs) and not reader.damage:
                return "numbers are missing"
    return ""


def _difference(reader: RunReader, read: Any, right: Any, name: str) -> str:
    try:
        found = read()
    except RunError:
        return ""
    same = (
        all(np.array_equal(a, b, equal_nan=True) for a, b in zip(found, right, strict=True))
        if (isinstance(right, tuple))
        else found == right
    )
    return "" if same or reader.damage else f"other {name}"


def _of_parts(reader: RunReader, truth: Truth) -> str:
    return (
        _difference(reader, lambda: [repr(event) for _, _, event in reader.events()], truth.events, "events")
        or _difference(reader, lambda: [repr(answered) for answered in reader.commands()], truth.commands, "commands")
        or _difference(reader, lambda: [repr(lanes) for lanes in reader.epochs()], truth.epochs, "epochs")
        or _difference(reader, lambda: reader.envelope("penalty.1", "plain", 0, 64), truth.envelope, "bounds")
    )


def _of_checkpoints(reader: RunReader, truth: Truth) -> str:
    loaded = reader.load_checkpoint()
    newest = max(truth.states)
    if loaded is None:
        return "" if reader.damage else "no checkpoint"
    if not same_state(loaded.state, truth.states[loaded.checkpoint.epoch]):
        return "another state"
    return "" if loaded.checkpoint.epoch == newest or loaded.skipped else "an older checkpoint without a word"
