"""The one judge of every attack: what the program may do with whatever it is given.

It does what was asked, or refuses in a line a person can read. It never crashes, hangs, or sends a terminal anything
that is not text.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

BAD_INPUT = 2
LONGEST = 300  # characters of a refusal
# Ends of lines, and the joiners that words of some languages are written with.
_ALLOWED = "\n\t\u200c\u200d"
# Controls, halves of characters, marks that change a line's direction or hide in it, separators of lines. What merely
# has no picture, such as a character nobody has assigned, does no harm.
_HARMFUL = ("Cc", "Cs", "Cf", "Zl", "Zp")
# Notices on the way, which refuse nothing.
_NOTE = re.compile(r"regtui: (reading|unpacking|downloading|no terminal on) ")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one case.

    Attributes
    ----------
    code : the exit code; -n where signal n killed it; None where it had not ended within the time limit.
    out, err : what it wrote on stdout and stderr.
    seconds : how long it took.
    """

    code: int | None
    out: bytes = b""
    err: bytes = b""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """One case that was tried; `fault` is what was wrong with its outcome, None where nothing was."""

    number: int
    fault: str | None = None


def fault(outcome: Outcome, codes: Collection[int] = (0, BAD_INPUT), refusals: int | None = 1) -> str | None:
    """What is wrong with an outcome, or None.

    Parameters
    ----------
    codes : the exit codes that are allowed.
    refusals : how many lines a refusal has; None where the case decides that (`regtui check` of several files).
    """
    printed = outcome.err.decode(errors="backslashreplace").strip()
    if outcome.code is None:
        return f"still running after {outcome.seconds:.0f} s"
    if b"Traceback (most recent call last)" in outcome.out + outcome.err:
        return f"a traceback, exit code {outcome.code}: ...{printed[-200:]!r}"
    if outcome.code < 0:
        return f"killed by signal {-outcome.code}: {printed[-200:]!r}"
    if outcome.code not in codes:
        return f"exit code {outcome.code}: {printed[-300:]!r}"
    for name, sent in (("stdout", outcome.out), ("stderr", outcome.err)):
        if bad := unprintable(sent):
            return f"{name} has {bad}"
    lines = printed.splitlines()
    if foreign := next((line for line in lines if not line.startswith("regtui: ")), None):
        return f"a line on stderr is not the program's own: {foreign[:200]!r}"
    if longest := next((line for line in lines if len(line) > LONGEST), None):
        return f"a line of {len(longest)} characters on stderr: {longest[:100]!r}..."
    refused = sum(not _NOTE.match(line) for line in lines)
    if outcome.code == BAD_INPUT and (not refused if refusals is None else refused != refusals):
        return f"refused in {refused} lines: {printed[:300]!r}"
    return None


def soon() -> float:
    """Within how many seconds a program is gone: 2, and more only where others want the processors too."""
    return 2.0 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def unprintable(sent: bytes) -> str | None:
    """The first thing in plain output that does more, or less, than to be shown; or None."""
    try:
        text = sent.decode()
    except UnicodeDecodeError as error:
        return f"bytes that are not UTF-8: {sent[error.start : error.end + 20]!r}"
    for sign in text:
        if sign not in _ALLOWED and unicodedata.category(sign) in _HARMFUL:
            return f"the unprintable character U+{ord(sign):04X}"
    return None
