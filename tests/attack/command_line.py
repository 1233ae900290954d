"""Argument vectors through the program's own `main`: done, refused, diverged or interrupted, and never a traceback."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from tests.attack.hostile import SIGNS, VALUES, junk
from tests.attack.judge import BAD_INPUT, Case, fault
from tests.attack.pool import Limits, forked
from tests.attack.program import warm
from tests.small import PRESET
from tui.exits import DIVERGED, DONE, INTERRUPTED

COUNT = 200
ABOUT = "argument vectors: commands, presets, files, options and settings that are none"
_FILES = (
    "small.toml", "bytes.toml", "empty.toml", "table.csv", "folder", "folder.toml", "pipe.toml", "gone.toml",
    "loop.toml",
)  # fmt: skip
_ELSEWHERE = (
    "/dev/zero", "/dev/full", "/dev/stdin", "/", "", " ", ".", "..", "-", "--", "~", "a" * 5000, "/" * 5000, "x/y.toml",
)  # fmt: skip
_OPTIONS = (
    "--set", "--arm-set", "--seeds", "--epochs", "--device", "--fps", "--paused", "--ascii", "--no-mouse", "--pictures",
    "--json", "--help", "--version", "-h", "--seed", "--sets", "--set=", "-x", "---", "--no-such-option",
)  # fmt: skip
_DEVICES = ("auto", "cpu", "cuda", "cuda:99", "cuda:999999999999", "mps", "gpu", "CPU", "meta", "")
_NUMBERS = (
    "0", "1", "-1", "2", "1e3", "3.5", "999999999", "9" * 5000, "0x10", "\uff11", "", " 1 ", "+1", "nan", "inf", "1_0",
)  # fmt: skip
_ARMS = ("plain", "dropped", "none", "", ":", "a:b", *SIGNS)
_NO_KEYS = ("lr", "training", "training.", ".lr", "", "arm.name", "a.b.c.d", "training.lr.x", *SIGNS)


def attack(numbers: Sequence[int], seed: int, workers: int, keep: Path | None) -> Iterator[Case]:
    """Try the argument vectors of these numbers in a folder with files of every kind."""
    main = warm()
    with tempfile.TemporaryDirectory(prefix="regtui-attack-") as scratch:
        folder = keep or Path(scratch)
        _furnish(folder)

        def attempt(number: int) -> int:
            os.chdir(folder)
            return main(arguments(Random(f"{seed}/cli/{number}")))

        for number, outcome in forked(numbers, attempt, workers, Limits(seconds=15, cases=1, interrupt=True)):
            wrong = fault(outcome, (DONE, BAD_INPUT, DIVERGED, INTERRUPTED), refusals=None)
            words = arguments(Random(f"{seed}/cli/{number}"))
            yield Case(number, wrong and f"regtui {' '.join(f'{word!r:.80}' for word in words)}: {wrong}")


def arguments(rng: Random) -> list[str]:
    """A command line: most of it right, so that the rest is reached."""
    command = rng.choice(("run", "run", "run", "run", "", "", "check", "presets", "chekc"))
    words = [command] if command else []
    if command in ("check", "presets"):
        return words + [_reference(rng) for _ in range(rng.choice((0, 1, 1, 2)))] + _option(rng)[: rng.randint(0, 2)]
    words += rng.choice((["small.toml"], ["small.toml"], ["small.toml"], [_reference(rng)]))
    for _ in range(rng.randint(1, 3)):
        words[rng.randint(0, len(words)) : 0] = _option(rng)
    # Whatever may train is to have done so soon.
    return words if "--epochs" in words else [*words, "--epochs", "2"]


def _reference(rng: Random) -> str:
    return rng.choice((
        lambda: rng.choice(_FILES), lambda: rng.choice(_FILES), lambda: rng.choice(_ELSEWHERE),
        lambda: rng.choice(("moons", "logic", "dropuot", "Moons", "../presets/moons")),
        lambda: f"{rng.choice(SIGNS)}.toml", lambda: _bytes(rng),
    ))()  # fmt: skip


def _option(rng: Random) -> list[str]:
    values: dict[str, Callable[[], str]] = {
        "--set": lambda: _change(rng),
        "--arm-set": lambda: (
            f"{rng.choice(('plain', 'dropped', 'none', '', ':', 'a:b', rng.choice(SIGNS)))}:{_change(rng)}"
        ),
        "--device": lambda: rng.choice(_DEVICES),
    }
    name = rng.choice((*_OPTIONS, "--set", "--set", "--set", "--arm-set"))
    value = values.get(name, lambda: rng.choice(_NUMBERS))()
    return rng.choice(([name, value], [name, value], [name, value], [f"{name}={value}"], [name], [value]))


def _change(rng: Random) -> str:
    from engine.preset.schema import settings_by_key

    keys = list(settings_by_key())
    key = rng.choice(
        (rng.choice(keys), rng.choice(keys), rng.choice(("title", "speed", "lesson")), rng.choice(_NO_KEYS))
    )
    value = rng.choice((
        lambda: rng.choice(VALUES)(rng), lambda: rng.choice(VALUES)(rng), lambda: rng.choice(SIGNS),
        lambda: _bytes(rng), lambda: "0.1\ntraining.lr = 7", lambda: "",
    ))()  # fmt: skip
    return rng.choice((f"{key}={value}", f"{key}={value}", f"{key} = {value}", f"{key}:{value}", key))


def _bytes(rng: Random) -> str:
    """As a shell hands over bytes that are no UTF-8."""
    return os.fsdecode(junk(rng, 6).replace(b"\0", b""))


def _furnish(folder: Path) -> None:
    (folder / "small.toml").write_text(PRESET, encoding="utf-8")
    (folder / "bytes.toml").write_bytes(bytes(range(256)) * 20)
    (folder / "empty.toml").touch()
    (folder / "table.csv").write_text("a,b,y\n1,2,no\n2,3,yes\n" * 20, encoding="utf-8")
    (folder / "folder").mkdir(exist_ok=True)
    (folder / "folder.toml").mkdir(exist_ok=True)
    for name, make in (("pipe.toml", os.mkfifo), ("loop.toml", lambda path: path.symlink_to("loop.toml"))):
        if not (folder / name).is_fifo() and not (folder / name).is_symlink():
            make(folder / name)
