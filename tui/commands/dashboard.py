"""The dashboard on runs in their files."""

from __future__ import annotations

import argparse

from engine.preset import Preset
from engine.view import AnyWorker
from tui.app import run_dashboard
from tui.signals import Ended, Signals


def show(preset: Preset, worker: AnyWorker, options: argparse.Namespace) -> int:
    """Show what a worker follows until the user leaves; the exit code."""
    try:
        with Signals() as signals:
            code = run_dashboard(
                preset,
                fps=options.fps,
                ascii_only=options.ascii,
                pictures=options.pictures,
                mouse=not options.no_mouse,
                signals=signals,
                worker=worker,
            )
            signals.check()
            return code
    except Ended as end:
        return end.code
