"""`regtui run`: an experiment without a screen. Events to a progress bar and a table, or to JSON lines.

The lab runs in the main thread, as fast as it goes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from engine.events import Epoch, Event, Finished, Loading, Reported, Started, Stopped, WouldStop, to_json
from engine.preset import Preset, title_of
from tui.comparison import REASONS, Lane, loss, summarize
from tui.report import outcome
from tui.say import complain
from tui.signals import Signals
from tui.stdout import PlainConsole, StdoutConsole

DONE, DIVERGED, INTERRUPTED = 0, 3, 130

# A bar moves at most so often: at thousands of epochs a second the bars would cost more than the training.
_BEAT = 0.1


def run(preset: Preset, *, device: str, as_json: bool, ascii_only: bool, signals: Signals) -> int:
    """Train the preset to its end, tell it on stdout, and return the exit code.

    Raises
    ------
    PresetError : the data or the device are not there, or do not go with the preset.
    signals.Ended : the program has been told to end.
    """
    began = time.perf_counter()
    tally = _Tally(preset)
    # Bars among JSON lines on one terminal would be neither.
    with _Bars(preset, _is_terminal(sys.stderr) and not (as_json and _is_terminal(sys.stdout))) as bars:

        def report(loading: Loading) -> None:
            signals.check()
            bars.loading(loading.text, loading.share)

        def tell(events: Iterable[Event]) -> None:
            tally.take(events)
            bars.take(events)
            if as_json:
                sys.stdout.write("".join(f"{to_json(event)}\n" for event in events))
                sys.stdout.flush()

        bars.waiting("importing torch")
        from engine.lab import Lab

        signals.check()
        bars.waiting("loading the data")
        lab = Lab(preset, device, report=report)
        signals.check()
        signals.graceful = True
        bars.start()
        tell([lab.started])
        for line in lab.started.warnings:
            bars.warn(line)
        while not lab.finished:
            if signals.interrupted:
                tell(lab.stop())
                break
            signals.check()
            if events := lab.advance():
                tell(events)
    if not as_json:
        _print_report(preset, tally, time.perf_counter() - began, ascii_only)
    return tally.exit_code


class _Tally:
    """The latest of each lane's events."""

    def __init__(self, preset: Preset) -> None:
        self.lanes = len(preset.arms) * len(preset.seeds)
        self.started: Started | None = None
        self.last: dict[Lane, Epoch] = {}
        self.would_stop: dict[Lane, WouldStop] = {}
        self.stopped: dict[Lane, Stopped] = {}
        self.finished: dict[Lane, Finished] = {}
        self.reported: list[Reported] = []

    def take(self, events: Iterable[Event]) -> None:
        for event in events:
            match event:
                case Started():
                    self.started = event
                case Epoch():
                    self.last[(event.arm, event.seed)] = event
                case WouldStop():
                    self.would_stop[(event.arm, event.seed)] = event
                case Stopped():
                    self.stopped[(event.arm, event.seed)] = event
                case Finished():
                    self.finished[(event.arm, event.seed)] = event
                case Reported():
                    self.reported.append(event)

    @property
    def exit_code(self) -> int:
        reasons = [stopped.reason for stopped in self.stopped.values()]
        if "user" in reasons:
            return INTERRUPTED
        return DIVERGED if reasons.count("diverged") == self.lanes else DONE


class _Left(ProgressColumn):
    """The time left while an arm trains, then why it ended."""

    max_refresh = None

    def __init__(self) -> None:
        super().__init__()
        self._time = TimeRemainingColumn(compact=True)

    def render(self, task: Task) -> Text:
        reason = task.fields["reason"]
        return Text(reason, style="dim") if reason else self._time.render(task)


class _Bars:
    """A progress bar for each arm on stderr, or nothing where that is no terminal."""

    def __init__(self, preset: Preset, shown: bool) -> None:
        self._preset = preset
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[told]}", markup=False, style="dim"),
            _Left(),
            console=PlainConsole(stderr=True),
            disable=not shown,
            refresh_per_second=5,
        )
        self._shown = shown
        self._waiting = self._progress.add_task("starting", total=None, told="", reason="")
        self._tasks = {}
        self._last: dict[Lane, Epoch] = {}
        self._stopped = dict.fromkeys(preset.arm_names, 0)
        self._told = ""
        self._due = 0.0

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        if self._shown:
            self._progress.console.print()

    def waiting(self, text: str, share: float | None = None) -> None:
        """What is being waited for, and how much of it is there, 0 to 1."""
        total = None if share is None else 1.0
        self._progress.update(self._waiting, description=text, completed=share or 0, total=total)

    def loading(self, text: str, share: float | None) -> None:
        """What the data are waited for, such as a download, which is worth a line in a log as well."""
        self.waiting(text, share)
        if not self._shown and text != self._told:
            self._told = text
            complain(text)

    def warn(self, line: str) -> None:
        """A line above the bars, or on stderr where there are none."""
        if self._shown:
            self._progress.console.print(Text(f"note: {line}", style="yellow"))
        else:
            complain(f"note: {line}")

    def start(self) -> None:
        """Training begins: one bar an arm."""
        self._progress.remove_task(self._waiting)
        for arm in self._preset.arms:
            epochs = arm.settings.training.epochs
            self._tasks[arm.name] = self._progress.add_task(arm.name, total=epochs, told="", reason="")

    def take(self, events: Iterable[Event]) -> None:
        """Move the bars to the latest epoch, with the losses as means over the seeds."""
        if not self._shown:
            return
        for event in events:
            if isinstance(event, Epoch):
                self._last[(event.arm, event.seed)] = event
            elif isinstance(event, Stopped):
                self._stopped[event.arm] += 1
                self._due = 0.0  # an arm's last numbers are shown
                if self._stopped[event.arm] == len(self._preset.seeds):
                    self._progress.update(self._tasks[event.arm], reason=REASONS.get(event.reason, event.reason))
        if not self._last or time.perf_counter() < self._due:
            return
        self._due = time.perf_counter() + _BEAT
        for row in summarize(self._preset, self._last, {}, {}):
            if row.train_loss and row.val_loss:
                epoch = max(self._last[lane].epoch for lane in self._last if lane[0] == row.arm)
                told = f"epoch {epoch}  train {loss(row.train_loss.mean)}  val {loss(row.val_loss.mean)}"
                self._progress.update(self._tasks[row.arm], completed=epoch, told=told)


def _print_report(preset: Preset, tally: _Tally, seconds: float, ascii_only: bool) -> None:
    console = StdoutConsole()
    if told := tally.started:
        seeds = f"{len(told.seeds)} seeds" if len(told.seeds) > 1 else f"seed {told.seeds[0]}"
        console.print(
            f"{title_of(preset)}: {told.train:,} training, {told.validation:,} validation, {told.test:,} test examples"
            f"; {_parameters(told.parameters_by_arm.values())}; {seeds}; {told.device}; {seconds:.1f} s\n"
        )
    parts = outcome(
        preset, tally.last, tally.stopped, tally.finished, tally.would_stop, tally.reported,
        console.width, ascii_only or console.ascii,
    )  # fmt: skip
    for part in parts:
        console.print(part)


def _parameters(counts: Iterable[int]) -> str:
    """`1 parameter`, `58,010 parameters`, or `12 to 7,682 parameters` where arms differ."""
    told = sorted(set(counts))
    if told == [1]:
        return "1 parameter"
    return (f"{told[0]:,}" if len(told) == 1 else f"{told[0]:,} to {told[-1]:,}") + " parameters"


def _is_terminal(stream: object) -> bool:
    return bool(stream and getattr(stream, "isatty", lambda: False)())
