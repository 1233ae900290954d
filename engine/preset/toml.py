"""TOML to tables, in bounded time and memory whatever the text."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

LARGEST = 1_000_000  # bytes of a file; the largest that come with the program have 10,000
DEEPEST = 16  # arrays and tables within one another; a preset needs four
LONGEST_KEY = 16  # names joined by dots; a preset needs three

# What can nest or lengthen, and the strings and comments in which nothing does. A quote that begins no whole string is
# the last token looked at: there the parser ends too.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""+|'
    r"'''.*?'''+|"
    r'"(?:\\.|[^"\\\n])*+"|'
    r"'[^'\n]*+'|"
    r"#[^\n]*|"
    r"""["'\[\]{}.=,\n]""",
    re.DOTALL,
)


class BrokenTomlError(Exception):
    """Why a text is no TOML that can be read, and the line where that shows; None where it is not known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


def text_of(path: Path) -> str:
    """The text of a file. Raises OSError, UnicodeDecodeError, and BrokenTomlError where it is too large."""
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)  # it may be a pipe, or have no end
    if len(content) > LARGEST:
        raise BrokenTomlError(f"more than {LARGEST:,} bytes are no preset")
    return content.decode("utf-8").replace("\r\n", "\n")


def parsed(text: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises BrokenTomlError."""
    _refuse_what_takes_too_long(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error), re.DOTALL)
        reason, line = (match[1], match[2]) if match else (str(error), None)
        raise BrokenTomlError(reason, int(line) if line else None) from None
    except ValueError:  # Python reads no whole numbers of thousands of digits
        raise BrokenTomlError("a whole number of too many digits") from None


def _refuse_what_takes_too_long(text: str) -> None:
    """Refuse what takes the parser too long: it recurses at each level, and is quadratic in the parts of a key."""
    depth = parts = 0
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in ('"', "'"):
            return
        depth += (sign in ("[", "{")) - (sign in ("]", "}"))
        if sign == ".":
            parts += 1
        elif sign[0] not in "\"'#":
            parts = 0
        if depth > DEEPEST or parts >= LONGEST_KEY:
            problem = (
                f"arrays or tables more than {DEEPEST} deep" if depth > DEEPEST else f"more than {LONGEST_KEY} names"
            )
            raise BrokenTomlError(
                problem if depth > DEEPEST else f"{problem} in one key", text.count("\n", 0, token.start()) + 1
            )
