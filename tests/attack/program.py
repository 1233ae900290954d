"""The program as the forked workers run it: its own `main`, in this process, with everything imported beforehand."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence

_NEEDED = ("engine.lab", "engine.worker", "tui.catalog", "tui.headless", "PIL.Image", "sklearn.datasets")


def warm() -> Callable[[Sequence[str]], int]:
    """Import what a case needs, so that workers are forked with it; the program's `main`."""
    import torch

    from tui.cli import main

    torch.set_num_threads(1)  # a pool of threads would not live on in a fork
    for name in _NEEDED:
        importlib.import_module(name)
    return main
