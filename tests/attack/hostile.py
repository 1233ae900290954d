"""Values, texts and bytes that programs have tripped over: what the attacks on presets and command lines draw from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from engine.preset.setting import Setting

# What acts on a terminal or cannot be printed: ESC and the C1 controls, OSC 52 to the clipboard, an OSC without an
# end, other directions, no width, half of a pair of surrogates, letters beyond the basic plane.
SIGNS = (
    "\x1b[2J", "\x1b]52;c;aGk=\x07", "\x1b]0;title", "\x9b31m", "\x9d8;;x\x9c", "\x00", "\x07", "\x08" * 9, "\x7f",
    "\r", "\x85", "\u2028", "\u202e", "\u200b", "\ufeff", "\ufffe", "\U000e0041", "\U0010ffff", "\ud800", "\udfff",
    "e\u0301" * 99, "\u6f22\u5b57" * 40, "\U0001f468\u200d\U0001f469", "[red]", "[/]", "[@click=app.bell]x[/]",
    "%s%n{0}", "\n" * 50,
)  # fmt: skip


def junk(rng: Random, count: int) -> bytes:
    """Random bytes, leaning to those that end or open something."""
    special = b"\x00\x1b\x7f\x80\x9b\xc3\xff\"'[]{}=#\\.,\r\n"
    return bytes(rng.choice(special) if rng.random() < 0.4 else rng.randrange(256) for _ in range(count))


def _escaped(text: str) -> str:
    return "".join(f"\\U{ord(sign):08x}" for sign in text)


TEXTS: tuple[Callable[[Random], str], ...] = (
    lambda rng: rng.choice(SIGNS),
    lambda rng: _escaped(rng.choice(SIGNS)),
    lambda rng: _escaped(rng.choice(SIGNS)),
    lambda rng: _escaped(chr(rng.choice((*range(32), *range(127, 160))))),
    lambda rng: "x" * rng.choice((300, 5_000, 200_000)),
)

_WHOLE = (0, -1, 1, 2, 7, 255, 10**6, 10**9, 10**11, 2**31, 2**63 - 1, 2**63, 2**64, -(2**63))
_FLOAT = ("nan", "inf", "-inf", "-0.0", "1e-400", "1e400", "1e308", "5e-324", "0.1", "1e11", "0.99999999")
_OTHER = ("true", "false", '""', "''", "[]", "{}", "[[]]", "[{}]", "1979-05-27", "07:32:00", "0x10", "1_0")
_MIXED = ("1", "-1", "1e9", "true", "nan", "[]", "0.5", '""')
_WORDS = ("digits", "csv", "folder", "relu", "all", "/dev/zero", ".", "-", "~", "base")

VALUES: tuple[Callable[[Random], str], ...] = (
    lambda rng: str(rng.choice(_WHOLE)),
    lambda rng: rng.choice(_FLOAT),
    lambda rng: rng.choice("123456789") * rng.choice((20, 400, 4_300, 5_000)),
    lambda rng: f"0.{'1' * rng.choice((20, 5_000))}",
    lambda rng: rng.choice(_OTHER),
    lambda rng: f'"{rng.choice(TEXTS)(rng)}"',
    lambda rng: f"{'[' * (depth := rng.choice((2, 50, 1_000)))}{']' * depth}",
    lambda rng: _list(rng.choices(_MIXED, k=rng.randint(1, 9))),
    lambda rng: _list([str(rng.choice((1, 64, 10**5, 10**9)))] * rng.choice((2, 40, 5_000))),
    lambda rng: f'"{rng.choice(_WORDS)}"',
    lambda rng: "{ a = 1, b = { c = [1, 2, { d = 3 }] } }",
)


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(values)}]"


def _near(rng: Random, knob: Setting) -> str:
    """At a bound of a setting's, just inside, just outside."""
    bounds = [bound for bound in (knob.minimum, knob.maximum) if bound is not None] or [0]
    bound = rng.choice(bounds)
    return str(bound + rng.choice((0, 1, -1, 1e-12, -1e-12, 0.5)))


def _large(rng: Random, knob: Setting) -> str:
    """Of the right kind, and as much as it will take."""
    value = rng.choice((1, 3, 100, 4096, 10**5, 10**7, 10**9, 10**12, 10**15))
    return (
        f"[{', '.join([str(value)] * rng.choice((1, 3, 30)))}]"
        if isinstance(knob.default, (list, tuple))
        else str(value)
    )


PLACES: tuple[Callable[[Random, Setting], str], ...] = (_near, _large)
