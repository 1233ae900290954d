"""The window takes 500 sizes, some of them absurd, faster than they can be drawn; then it is what it was."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from tests.attack.dashboard import Dashboard
from tests.attack.judge import Case

COUNT = 500
ABOUT = "sizes of the window, from 0x0 and 1x1 to 500x200, with keys between them"
_BURST = 50
_SIZES = ((0, 0), (1, 1), (1, 200), (500, 1), (500, 200), (2, 2), (80, 24), (79, 23), (160, 45), (50, 10), (300, 100))


def attack(numbers: Sequence[int], seed: int, workers: int, keep: Path | None) -> Iterator[Case]:
    """Give the window the sizes of these numbers in one life of a dashboard, and look at each so many of them."""
    with tempfile.TemporaryDirectory(prefix="regtui-attack-") as scratch, Dashboard(keep or Path(scratch)) as dashboard:
        burst: Sequence[int] = ()
        try:
            dashboard.trains()
            for first in range(0, len(numbers), _BURST):
                burst = numbers[first : first + _BURST]
                dashboard.watching = False  # frames of 100,000 cells are sent faster than they are taken to pieces here
                for number in burst:
                    _resize(dashboard, Random(f"{seed}/resizes/{number}"))
                dashboard.look_again()
                dashboard.answers()
                yield from map(Case, burst[:-1])
                if first + _BURST < len(numbers):
                    yield Case(burst[-1])
            dashboard.goes_on()
            dashboard.quits()
            yield Case(burst[-1])
        except AssertionError as error:
            wrong = " ".join(str(error).split())[:300]
            yield Case(burst[-1] if burst else 0, f"{wrong} (within the sizes {burst[0]} to {burst[-1]})")


def _resize(dashboard: Dashboard, rng: Random) -> None:
    size = rng.choice(
        (rng.choice(_SIZES), (rng.randint(1, 500), rng.randint(1, 200)), (rng.randint(1, 120), rng.randint(1, 40)))
    )
    dashboard.resize(*size)
    dashboard.send(rng.choice((b"", b"", b"v", b"\t", b"z", b"o", b"n", b"?", b"\x1b", b"i", b"a", b"b", b"p", b"t")))
    dashboard.watch(rng.choice((0, 0, 0.01, 0.1)))
