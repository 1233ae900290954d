"""`regtui demo`: the guided tour through six experiments, each of which asks before it shows."""

from __future__ import annotations

from collections.abc import Sequence

from tui.arguments import Parser, device, screen_options, seconds
from tui.exits import BAD_INPUT
from tui.say import complain, why_no_dashboard


def parser() -> Parser:
    """Of the command."""
    command = Parser(
        prog="regtui demo",
        description="A guided tour through six experiments: each asks what will happen, then shows it. It takes ten\n"
        "minutes, over SSH too. ) goes on to the next experiment, ( back to the one before. Nothing is recorded.",
        epilog="example:\n  regtui demo --auto",
    )
    add = command.add_argument
    add("--auto", action="store_true", help="by itself, for a stand or a recording; ends after the last experiment")
    add("--repeat", action="store_true", help="with --auto: begin again after the last one, until q")
    add("--seconds", type=seconds, default=8.0, metavar="S", help="with --auto: how long each text is shown (8)")
    add("--device", type=device, default="auto", metavar="D", help="auto (the default), cpu, cuda, cuda:N or mps")
    screen_options(command)
    return command


def main(argv: Sequence[str]) -> int:
    """Give the tour until it is left; the exit code. Raises UsageError, PresetError."""
    options = parser().parse(argv)
    if why := why_no_dashboard():
        complain(f"{why}: the tour needs one")
        return BAD_INPUT

    from engine.preset.tour import tour
    from tui.app import run_dashboard
    from tui.signals import Ended, Signals

    try:
        with Signals() as signals:
            code = run_dashboard(
                tour()[0],
                device=options.device,
                fps=options.fps,
                ascii_only=options.ascii,
                pictures=options.pictures,
                mouse=not options.no_mouse,
                signals=signals,
                by_itself=options.seconds if options.auto else None,
                repeats=options.repeat,
            )
            signals.check()
            return code
    except Ended as end:
        return end.code
