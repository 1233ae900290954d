"""Progress on stderr while an experiment runs without a screen: a bar for each arm; lines where it is no terminal."""

from __future__ import annotations

import time
from typing import Any

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from engine.numbers import loss
from engine.preset import Preset
from engine.record import RunRecord
from engine.summary import REASONS, summarize
from engine.text import printable
from tui.say import complain, note
from tui.stdout import PlainConsole

# A bar moves at most so often: at thousands of epochs a second the bars would cost more than the training.
_BEAT = 0.1


class _Left(ProgressColumn):
    """The time left while an arm trains, then why it ended."""

    max_refresh = None

    def __init__(self) -> None:
        super().__init__()
        self._time = TimeRemainingColumn(compact=True)

    def render(self, task: Task) -> Text:
        reason = task.fields["reason"]
        return Text(reason, style="dim") if reason else self._time.render(task)


class Bars:
    """A progress bar for each arm on stderr; where they are not `shown`, what is waited for in lines."""

    def __init__(self, preset: Preset, shown: bool) -> None:
        self._preset, self.shown = preset, shown
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[losses]}", markup=False, style="dim"),
            _Left(),
            console=PlainConsole(stderr=True),
            disable=not shown,
            refresh_per_second=5,
        )
        self._waiting = self._progress.add_task("starting", total=None, losses="", reason="")
        self._tasks: dict[str, Any] = {}
        self._ended = 0
        self._last_line = ""
        self._due = 0.0

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        if self.shown:
            self._progress.console.print()

    def waiting(self, text: str, share: float | None = None) -> None:
        """What is being waited for, and how much of it is there, 0 to 1."""
        total = None if share is None else 1.0
        self._progress.update(self._waiting, description=text, completed=share or 0, total=total)

    def loading(self, text: str, share: float | None) -> None:
        """What the data are waited for, such as a download, which is worth a line in a log as well."""
        self.waiting(text, share)
        if not self.shown and text != self._last_line:
            self._last_line = text
            complain(text)

    def warn(self, line: str) -> None:
        """A line above the bars, or on stderr where there are none."""
        if self.shown:
            self._progress.console.print(Text(f"note: {line}", style="yellow"))
        else:
            complain(f"note: {line}")

    def say(self, text: str) -> None:
        """What the preset's timeline says, above the bars, or on stderr where there are none."""
        if self.shown:
            self._progress.console.print(Text(printable(text, lines=True)))
        else:
            note(text)

    def start(self) -> None:
        """Training begins: one bar an arm."""
        self._progress.remove_task(self._waiting)
        for arm in self._preset.arms:
            epochs = arm.settings.training.epochs
            self._tasks[arm.name] = self._progress.add_task(arm.name, total=epochs, losses="", reason="")

    def show(self, record: RunRecord) -> None:
        """Move the bars to the latest epoch, with the losses as means over the seeds."""
        if not self.shown or not record.last:
            return
        if len(record.stopped) == self._ended and time.perf_counter() < self._due:
            return
        self._ended, self._due = len(record.stopped), time.perf_counter() + _BEAT
        for row in summarize(record):
            if row.train_loss and row.val_loss:
                epoch = max(record.last[lane].epoch for lane in record.last if lane[0] == row.arm)
                losses = f"epoch {epoch}  train {loss(row.train_loss.mean)}  val {loss(row.val_loss.mean)}"
                self._progress.update(self._tasks[row.arm], completed=epoch, losses=losses)
            ends = [end.reason for lane, end in record.stopped.items() if lane[0] == row.arm]
            if len(ends) == row.lanes:
                self._progress.update(self._tasks[row.arm], reason=REASONS.get(ends[-1], ends[-1]))
