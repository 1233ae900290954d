"""Going on with a run: what its file has to go on from, and the writer that goes on with the file."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.plain import plain
from engine.preset import Preset
from engine.runs import schema, tables
from engine.runs.checkpoint import Checkpoint
from engine.runs.contents import Columns, preset_of
from engine.runs.errors import RunError
from engine.runs.handover import Resumed
from engine.runs.levels import BLOCKS, Levels
from engine.runs.library import meta_at
from engine.runs.mend import is_sound, mended
from engine.runs.meta import Best, DataPrint, Environment, Progress, RunMeta
from engine.runs.opening import connect_to_write, worded
from engine.runs.packing import Packer
from engine.runs.pending import best_of
from engine.runs.reader import RunReader
from engine.runs.results import Answered
from engine.runs.writer import KEEP_BYTES, WAITING_BYTES, RunWriter
from engine.state import LabState


@dataclass(frozen=True, slots=True)
class Resumable:
    """What a run is gone on with from.

    Attributes
    ----------
    preset : of the lab to be built, with the knobs as they stood.
    state : to be laid into that lab (`engine.runs.checkpoint.restore`); None where training begins at the first epoch.
    later : commands that were taken after that place, in their order: training again is exact only with them.
    passed_over : a line for each checkpoint that is damaged and was passed over.
    """

    path: Path
    meta: RunMeta
    preset: Preset
    state: LabState | None
    checkpoint: Checkpoint | None
    later: tuple[Answered, ...]
    passed_over: tuple[str, ...]


def resumable(path: Path, number: int | None = None) -> Resumable:
    """What there is to go on from: the newest whole checkpoint, or the one of that number. Changes nothing.

    Raises
    ------
    RunError
        The run is being trained, or its file is damaged beyond that.
    """
    with RunReader(path) as reader:
        meta = reader.meta
        if meta.is_open:
            owner = meta.standing.owner
            state = "is being trained by" if meta.state == "running" else "is still open in"
            raise RunError(f"{path}: {state} process {owner.pid} on {owner.host}: attach to it, or stop it")
        loaded = reader.load_checkpoint(number, None if number else meta.progress.attempt)
        passed_over = tuple(reader.damage) if loaded is None else loaded.skipped
        checkpoint = loaded.checkpoint if loaded else None
        later = reader.commands(checkpoint.commands if checkpoint else 0)
        attempt = checkpoint.attempt if checkpoint else meta.progress.attempt
        with worded(path):
            preset = preset_of(json.loads(loaded.state.preset)) if loaded else reader.begun
        return Resumable(
            path=path,
            meta=meta,
            preset=preset,
            state=loaded.state if loaded else None,
            checkpoint=checkpoint,
            later=tuple(command for command in later if command.attempt == attempt and command.receipt.taken),
            passed_over=passed_over,
        )


def refuse_other_data(meta: RunMeta, now: Sequence[DataPrint]) -> None:
    """Raise RunError where the data are not those that the run was trained on."""
    data_of_arm = {(arm, data.seeds): data for data in meta.data for arm in data.arms}
    for data in now:
        for arm in data.arms:
            then = data_of_arm.get((arm, data.seeds)) or data_of_arm.get((arm, ()))
            if then is not None and then.sha256 != data.sha256:
                raise RunError(
                    f"the data of {then.source} are not those of the run: {_in_words(then)} then, {_in_words(data)}"
                    " now: it can go on with its own data only"
                )


def _in_words(data: DataPrint) -> str:
    return f"{data.train:,}/{data.validation:,}/{data.test:,} examples with the hash {data.sha256[:8]}"


def go_on(
    found: Resumable,
    environment: Environment | None = None,
    *,
    keep_bytes: int = KEEP_BYTES,
    waiting_bytes: int = WAITING_BYTES,
) -> RunWriter:
    """The writer of the run from that place on; what its file has after it is deleted, in one transaction.

    The start that the lab tells once more is passed over. A file that SQLite cannot safely write any more stays as it
    is, and the run goes on in a new one beside it (`RunWriter.path`) with all that is whole.

    Raises RunError where the file cannot be written.
    """
    if not is_sound(found.path):
        copy = mended(found.path)
        found = dataclasses.replace(found, path=copy, meta=meta_at(copy))
    path, checkpoint = found.path, found.checkpoint
    environment = environment or Environment.here()
    epoch, batch = (checkpoint.epoch, checkpoint.batch) if checkpoint else (0, 0)
    attempt = checkpoint.attempt if checkpoint else found.meta.progress.attempt
    with worded(path), contextlib.closing(connect_to_write(path)) as db:
        columns = Columns()
        columns.read(db)
        events, commands = (checkpoint.events, checkpoint.commands) if checkpoint else _before(db, attempt)
        progress = dataclasses.replace(
            found.meta.progress,
            attempt=attempt,
            generation=found.meta.progress.generation + 1,
            epoch=epoch,
            epochs=found.preset.epochs,
            events=events,
            commands=commands,
            best=_best(found),
            outcome="",
        )
        db.execute("BEGIN IMMEDIATE")
        try:
            levels = _cut(db, progress, columns)
            whole = [saved for saved in tables.checkpoints(db)[0] if checkpoint and saved.number <= checkpoint.number]
            remaining = {saved.number for saved in whole}
            dropped = [row[0] for row in db.execute("SELECT id FROM checkpoints") if row[0] not in remaining]
            tables.delete_checkpoints(db, dropped)
            missing = [(first, min(last, epoch)) for first, last in found.meta.missing if first <= epoch]
            fields = {"progress": plain(progress), "checkpoints": sorted(remaining), "missing": missing}
            tables.put_meta(db, fields)
            for later in range(attempt + 1, found.meta.progress.attempt + 1):  # another may have that number one day
                db.execute("DELETE FROM meta WHERE id IN (?, ?)", (f"branch.{later}", f"begun.{later}"))
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
    resumed = Resumed(
        identity=found.meta.identity,
        progress=progress,
        environments=found.meta.environments,
        packer=Packer(columns.names, columns.layouts),
        levels=levels,
        checkpoints=whole,
        missing=missing,
        preset=found.preset,
        begun=checkpoint is not None,
    )
    environment = dataclasses.replace(environment, epoch=epoch, batch=batch)
    return RunWriter(
        path, found.preset, environment, keep_bytes=keep_bytes, waiting_bytes=waiting_bytes, resumed=resumed
    )


def _before(db: sqlite3.Connection, attempt: int) -> tuple[int, int]:
    """The numbers of the newest event and command before an attempt began."""
    found = []
    for table in ("events", "commands"):
        newest = 0
        for number, fields in tables.texts(db, table):
            if fields.get("attempt") == attempt:
                break
            newest = number
        found.append(newest)
    return found[0], found[1]


def _best(found: Resumable) -> Best | None:
    """The lowest validation loss up to the place where the run goes on."""
    best = found.meta.progress.best
    if found.state is None or found.checkpoint is None:
        return None
    if best is not None and best.epoch <= found.checkpoint.epoch:
        return best
    return best_of(found.state)


def _cut(db: sqlite3.Connection, progress: Progress, columns: Columns) -> Levels:
    """Delete what lies after a place, and give the blocks that are open there."""
    attempt, epoch = progress.attempt, progress.epoch
    db.execute("DELETE FROM epochs WHERE id > ?", (schema.epoch_key(attempt, epoch),))
    db.execute("DELETE FROM levels WHERE id >= ?", (schema.epoch_key(attempt + 1, 0),))
    for level, size in enumerate(BLOCKS, start=1):
        limits = (schema.level_key(attempt, level, epoch // size), schema.level_key(attempt, level, schema.MOST_EPOCHS))
        db.execute("DELETE FROM levels WHERE id BETWEEN ? AND ?", limits)
    db.execute("DELETE FROM events WHERE id > ?", (progress.events,))
    db.execute("DELETE FROM commands WHERE id > ?", (progress.commands,))
    levels = Levels()
    first = max(0, epoch - 1) // BLOCKS[-1] * BLOCKS[-1]
    ended: dict[int, bytes] = {}
    limits = (schema.epoch_key(attempt, first), schema.epoch_key(attempt, epoch))
    for key, number, row in db.execute("SELECT id, layout, numbers FROM epochs WHERE id > ? AND id <= ?", limits):
        numbers = schema.unsealed(key, number, row)
        layout = columns.layout(number, numbers)
        for level, block, packed in levels.take(key - schema.epoch_key(attempt, 0), layout, bytes(numbers)):
            place = schema.level_key(attempt, level, block)
            ended[place] = schema.sealed(place, level, packed)
    tables.put_levels(db, ended)
    return levels


__all__ = ["Resumable", "RunError", "go_on", "refuse_other_data", "resumable"]
