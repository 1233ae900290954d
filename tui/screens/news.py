"""The rare events of a run as messages to the user."""

from __future__ import annotations

from collections.abc import Iterable

from textual.screen import Screen

from engine.events import Answered, Asked, Event, Failed, Halted, Pointed, Rearranged, Receipt, Started, Stopped
from tui.screens.messages import Loaded, TimelineSpoke
from tui.screens.shown_run import ShownRun

# What is asked for by the program itself, or is seen at once: a refusal of others is worth a message.
_SILENT = ("look",)


def show_news(screen: Screen[None], run: ShownRun) -> None:
    """Show what happened since the last call."""
    news, worker = run.news(), run.worker
    refused: set[str] = set()
    for event in news:
        match event:
            case Started(warnings=warnings):
                for line in warnings:
                    screen.notify(line, title="the data", severity="warning", timeout=12, markup=False)
                screen.post_message(Loaded(worker))
            case Failed() if worker.view().opened:
                notify_failure(screen, event, "the file of the run")
            case Failed():
                if worker.view().record.started is None:
                    screen.post_message(Loaded(worker, event))
                else:
                    notify_failure(screen, event, "the engine stopped")
            case Rearranged():
                if words := _rearranged(event):
                    screen.notify(words, timeout=8, markup=False)
            case Asked() | Answered() | Halted() | Pointed():
                screen.post_message(TimelineSpoke(worker, event))
            case Receipt(taken=False) if event.do not in _SILENT and event.refused not in refused:
                refused.add(event.refused)  # one key may turn the knobs of many arms
                screen.notify(event.refused, title="refused", severity="error", timeout=15, markup=False)
    _notify_diverged(screen, news)


def _rearranged(event: Rearranged) -> str:
    """What has become of the run, in words; empty where it can be seen."""
    arm, held = event.arm, event.parked.get(event.arm or "")
    if event.what == "fork" and held is not None and held.waits:
        return f"{arm} waits at epoch {held.epoch}: its first turned knob acts there. X lets it go on without one."
    if event.what == "remove_arm":
        return f"{arm} is out of training at epoch {event.epoch}. X with all arms selected brings it back."
    if event.what == "rewind":
        return f"back at epoch {event.epoch}; the future that was left is faint"
    return f"{len(event.started.seeds)} seeds now" if event.what == "add_seeds" else ""


def _notify_diverged(screen: Screen[None], news: Iterable[Event]) -> None:
    diverged: dict[str, list[Stopped]] = {}
    for event in news:
        if isinstance(event, Stopped) and event.reason == "diverged":
            diverged.setdefault(event.arm, []).append(event)
    for arm, ends in diverged.items():
        seeds = f"seed{'s' if len(ends) > 1 else ''} {', '.join(str(end.seed) for end in ends)}"
        screen.notify(
            f"{arm}, {seeds}: the loss is no longer finite at epoch {max(end.epoch for end in ends)}",
            title="diverged",
            severity="warning",
            markup=False,
        )


def notify_failure(screen: Screen[None], failed: Failed, title: str) -> None:
    """The failure as a message, with the path of the log."""
    where = f"\nLog: {failed.log}" if failed.log else ""
    screen.notify(f"{failed.message}{where}", title=title, severity="error", timeout=15, markup=False)
