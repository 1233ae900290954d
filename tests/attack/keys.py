"""Keys and bytes into the real dashboard, in bursts; after each it must answer, and at the end train and quit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from tests.attack.dashboard import Dashboard
from tests.attack.inputs import large_paste, single
from tests.attack.judge import Case

COUNT = 20_000
ABOUT = "keys and bytes: invalid UTF-8, every escape sequence, mouse reports, pastes up to 1 MB"
# Inputs without a look whether it still lives, and the life of one dashboard.
_BURST, _LIFE = 200, 2_500
_LARGE = 4_999  # each so many inputs there is a paste of a megabyte


def attack(numbers: Sequence[int], seed: int, workers: int, keep: Path | None) -> Iterator[Case]:
    """Send the inputs of these numbers; where a burst is not survived, its inputs are tried one by one."""
    with tempfile.TemporaryDirectory(prefix="regtui-attack-") as scratch:
        home = keep or Path(scratch)
        for first in range(0, len(numbers), _LIFE):
            yield from _life(numbers[first : first + _LIFE], seed, home)


def _life(numbers: Sequence[int], seed: int, home: Path) -> Iterator[Case]:
    waiting = [numbers[first : first + _BURST] for first in range(0, len(numbers), _BURST)]
    while waiting:
        with Dashboard(home) as dashboard:
            dashboard.trains()
            wrong, burst = None, waiting[0]
            try:
                while waiting:
                    burst = waiting.pop(0)
                    _send(dashboard, burst, seed)
                    if waiting:  # the last burst is survived only by one that trains and quits
                        yield from map(Case, burst)
                dashboard.goes_on()
                dashboard.quits()
            except AssertionError as error:
                wrong = _reason(error)
        found = _culprit(burst, wrong, seed, home) if wrong else Case(burst[-1])
        yield from (found if number == found.number else Case(number) for number in burst)


def _send(dashboard: Dashboard, numbers: Sequence[int], seed: int) -> None:
    """Send a burst and see whether it still lives. Raises AssertionError where it does not."""
    dashboard.send(b"".join(keys_of(number, seed) for number in numbers))
    dashboard.answers()


def keys_of(number: int, seed: int) -> bytes:
    """The input of a number."""
    rng = Random(f"{seed}/keys/{number}")
    return large_paste(rng) if number % _LARGE == _LARGE - 1 else single(rng)


def _culprit(burst: Sequence[int], wrong: str, seed: int, home: Path) -> Case:
    """The one input of a burst that is not survived, or the burst where it takes more than one."""
    suspects = list(burst)
    while len(suspects) > 1:
        half = suspects[: len(suspects) // 2]
        suspects = half if _dies_of(half, seed, home) else suspects[len(half) :]
    if died := _dies_of(suspects, seed, home):
        return Case(suspects[0], f"{keys_of(suspects[0], seed)[:80]!r}: {died}")
    return Case(burst[-1], f"{wrong} (after the inputs {burst[0]} to {burst[-1]}; alone, none does that)")


def _dies_of(numbers: Sequence[int], seed: int, home: Path) -> str | None:
    with Dashboard(home) as dashboard:
        try:
            dashboard.trains()
            _send(dashboard, numbers, seed)
        except AssertionError as error:
            return _reason(error)
    return None


def _reason(error: AssertionError) -> str:
    return " ".join(str(error).split())[:300]
