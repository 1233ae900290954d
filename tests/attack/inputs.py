"""What a keyboard, a mouse, a paste, a terminal's reports and a broken line can send, and what none of them should.

Never what rightly ends the program: the letter q, Ctrl-Q, Ctrl-D, and the palette or a click that reach it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from random import Random

from tests.attack.hostile import SIGNS, junk

_ENDS = (b"q", b"Q", b"\x11", b"\x10", b"\x04", b"/", b"[113", b"[81", b"[112", b"[100", b"[68")
PASTE = 1 << 20  # bytes of the largest paste


def single(rng: Random) -> bytes:
    """One input; now and then it is a megabyte."""
    while True:
        keys = rng.choice(_KINDS)(rng)
        if not any(end in keys for end in _ENDS):
            return keys


def large_paste(rng: Random) -> bytes:
    """A megabyte between the marks of a bracketed paste."""
    text = rng.choice((b"a", b"\xff", b"\x1b[A", "\u6f22".encode(), b"line\r\n"))
    return b"\x1b[200~" + (text * PASTE)[:PASTE] + b"\x1b[201~"


def _key(rng: Random) -> bytes:
    """Keys that do something here."""
    return rng.choice((
        b"\t", b"\x1b[Z", b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D", b"\r", b"\x7f", b"\x1b",
        b"e" if rng.random() < 0.2 else b"h", bytes([rng.choice(b" .<>olgn136zpiauybmcsfrwvt?")]),
        bytes([rng.choice(b" .<>olgn136zpiauybmcsfrwvt?")]),
    ))  # fmt: skip


def _text(rng: Random) -> bytes:
    return rng.choice(SIGNS).encode(errors="surrogatepass")


def _invalid(rng: Random) -> bytes:
    """Bytes that are no UTF-8: alone, cut, too long, half of a pair of surrogates."""
    return rng.choice((
        b"\xff", b"\xe9", b"\xc3", b"\xe2\x82", b"\xf0\x9f", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80",
        bytes([rng.randrange(128, 256)]), junk(rng, rng.randint(1, 30)),
    ))  # fmt: skip


def _control(rng: Random) -> bytes:
    return bytes([rng.choice((*range(32), 127, *range(128, 160)))])


@functools.cache
def _known() -> list[bytes]:
    """Every sequence that the library knows as a key."""
    from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

    return sorted(sequence.encode() for sequence in ANSI_SEQUENCES_KEYS)


_NUMBERS = (b"", b"0", b"1", b"2", b"5", b"27", b"200", b"-1", b"65536", b"1114112", b"9" * 11, b"9" * 60, b"1:3")


def _number(rng: Random) -> bytes:
    return rng.choice(_NUMBERS)


def _csi(rng: Random) -> bytes:
    """A control sequence with any final byte, with or without parameters and intermediates."""
    opening = rng.choice((b"\x1b[", b"\x1b[", b"\x1b[?", b"\x1b[>", b"\x1b[<", b"\x9b", b"\x1bO"))
    parameters = b";".join(_number(rng) for _ in range(rng.choice((0, 1, 1, 2, 3, 30))))
    return opening + parameters + rng.choice((b"", b"", b"$", b" ", b"!")) + bytes([rng.randrange(0x40, 0x7F)])


def _kitty(rng: Random) -> bytes:
    """A key in kitty's protocol, some of them beyond the last character."""
    code = rng.choice((b"27", b"13", b"9", b"57441", b"57344", b"97", b"233", b"55296", b"1114111", _number(rng)))
    text = rng.choice((b"", b"97", b"55296", b"1114112", _number(rng)))
    return b"\x1b[%s;%s:%s;%su" % (code, _number(rng), _number(rng), text)


def _mouse(rng: Random) -> bytes:
    """A mouse report in each encoding, inside the window (but in its last line, where one can quit) and far outside."""
    inside = (rng.randint(1, 110), rng.randint(1, 31))
    column, row = rng.choice((inside, inside, inside, (0, 0), (-1, -1), (99_999, 9_999), (10**12, 1)))
    button = rng.choice((0, 1, 2, 3, 32, 35, 64, 65, 66, 128, 255, 9999))
    return rng.choice((
        b"\x1b[<%d;%d;%dM" % (button, column, row), b"\x1b[<%d;%d;%dm" % (button, column, row),
        b"\x1b[%d;%d;%dM" % (button + 32, column, row), b"\x1b[M" + bytes(rng.randrange(32, 256) for _ in range(3)),
        b"\x1b[<;;M", b"\x1b[<0;1M", b"\x1b[<a;b;cM",
    ))  # fmt: skip


def _report(rng: Random) -> bytes:
    """What a terminal answers, unasked: modes, sizes, colours, names, focus, the cursor's place."""
    size = tuple(rng.choice((0, 1, 24, 80, 300, 2000)) for _ in range(4))
    return rng.choice((
        b"\x1b[?%s;%s$y" % (rng.choice((b"2026", b"2048", b"1016", _number(rng))), _number(rng)), b"\x1b[I", b"\x1b[O",
        b"\x1b[48;%d;%d;%d;%dt" % size, b"\x1b[8;%s;80t" % _number(rng), b"\x1b[1;%sR" % _number(rng),
        b"\x1b]11;rgb:ffff/0000/0000\x1b\\", b"\x1b]52;c;aGk=\x07", b"\x1b]4;1;" + b"x" * 300 + b"\x07",
        b"\x1bP>|x(1)\x1b\\", b"\x1bP1$r0m", b"\x1b_Gi=1;OK\x1b\\", b"\x1b^x\x1b\\", b"\x1bXx", b"\x1b[>1;10;0c",
        b"\x1b[?62;c",
    ))  # fmt: skip


def _paste(rng: Random) -> bytes:
    """A paste: with bytes that are no text, one in another, one without an end or a beginning."""
    text = rng.choice((junk(rng, 200), b"hello\r\n", b"\x1b[200~", b"x" * 300, b"\x1b[A" * 50, b"0.1"))
    return rng.choice((b"\x1b[200~%s\x1b[201~", b"\x1b[200~%s\x1b[201~", b"\x1b[200~%s", b"%s\x1b[201~")) % text


def _escape(rng: Random) -> bytes:
    """ESC, and any byte; many of them; one that never becomes a sequence."""
    return b"\x1b" + rng.choice((
        bytes([rng.randrange(32, 127)]), b"\x1b" * rng.randint(2, 50), b"[" + b"1;" * 500, junk(rng, 4),
    ))  # fmt: skip


_KINDS: tuple[Callable[[Random], bytes], ...] = (
    _key, _key, _key, _key, _key, _text, _invalid, _invalid, _control, lambda rng: rng.choice(_known()),
    lambda rng: rng.choice(_known()), _csi, _csi, _kitty, _mouse, _mouse, _report, _paste, _escape,
)  # fmt: skip
