"""Leaving a run that trains on: in this process where the terminal goes away, in another where the person leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from engine.commands import SetSpeed
from engine.events import Event, Failed, Finished
from engine.memory import give_back
from engine.runs.errors import RunError
from engine.runs.library import meta_at
from engine.runs.meta import RunMeta
from engine.view import View
from engine.worker import Worker
from tui.exits import DIVERGED, DONE, FAILED
from tui.say import complain, say
from tui.signals import Signals

# Importing torch and loading the data take their time: so long is waited for the process that goes on, seconds.
_PATIENCE = 120.0
_BEAT = 0.05


def why_not_left(view: View) -> str:
    """Why a run of this process cannot be left; nothing where it can."""
    if not view.recorded:
        return "this run is not recorded, so that nothing could go on with it: q ends it"
    if view.trouble:
        return f"not all of the run is in its file, so that nothing could go on with it: {view.trouble}"
    return ""


def train_on(worker: Worker, signals: Signals) -> int:
    """Without a terminal, to the end of the run or until a signal; the exit code."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    over = threading.Event()

    def listen(events: Sequence[Event], _: int) -> None:
        ended = any(isinstance(event, Finished) for event in events) and worker.view().record.over
        if ended or any(isinstance(event, Failed) for event in events):
            over.set()

    signals.on_end = lambda signum: over.set()
    worker.waits = False  # nobody is there to answer
    worker.listen(listen)
    worker.send(SetSpeed(None))  # it was slowed down for eyes
    if worker.view().state in ("running", "paused"):  # it has not ended before anybody listened
        over.wait()
    record = worker.view().record
    return FAILED if record.failed is not None else DIVERGED if record.diverged else DONE


def hand_over(view: View, options: Sequence[str]) -> int:
    """Let another process go on with a run that has been left, and say how to come back; the exit code.

    Parameters
    ----------
    view : the run when it was left; nobody writes its file any more.
    options : of `regtui run --resume`, for that process.
    """
    (path,) = view.files
    try:
        id = meta_at(path).id
    except RunError as error:
        complain(f"the run cannot be gone on with: {error}")
        return FAILED
    epochs = f"epoch {view.record.epoch:,} of {view.preset.epochs:,}"
    if view.state in ("finished", "failed"):
        say(f"the run has ended; to see it again: regtui open {id}")
        return DONE
    if view.paused:
        say(f"paused after {epochs}; to go on: regtui resume {id}")
        return DONE
    give_back()
    say(f"left after {epochs}: handing it over to a process in the background ...")
    command = [sys.executable, "-P", "-m", "tui", "run", "--resume", str(path.absolute()), "--anyway", *options]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
        )
        if (meta := _taken_up(path, process)) is not None:
            ended = meta.state != "running"
            say(
                f"it has ended meanwhile; to see it: regtui open {id}"
                if ended
                else f"it trains on as process {process.pid}; to come back: regtui attach {id}"
            )
            return DONE
        errors.seek(0)
        why = errors.read().decode(errors="replace").strip().rpartition("\n")[2].removeprefix("regtui: ")
    complain(f"nothing goes on with the run ({why or 'no answer'}); to try again: regtui resume {id}")
    return FAILED


def _taken_up(path: Path, process: subprocess.Popen[bytes]) -> RunMeta | None:
    """The run once that process has it, or has ended it; None where it failed."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        meta, code = meta_at(path), process.poll()
        if meta.state == "running" and meta.standing.owner.pid == process.pid:
            return meta
        if code is not None:
            return meta_at(path) if code in (DONE, DIVERGED) else None
        time.sleep(_BEAT)
    return None
