"""From a terminal's bytes to Textual's events: whatever the bytes.

Mends Textual 8.2.8 and older, whose input thread dies of a byte that is no UTF-8, whose parser takes what follows an
escape inside pasted text for keys, waits forever for the end of pasted text, and believes any size it is sent.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable

from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message
from textual.messages import InBandWindowResize

_BEGIN, _END = "\x1b[200~", "\x1b[201~"
# What is pasted goes into a field of one line. The longest path that systems take has 4,096 characters.
PASTE_LIMIT = 4096
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Ends of pasted text that might be the beginning of its closing bracket.
_HELD = re.compile("\x1b(\\[(2(0(1)?)?)?)?$")


class Keys:
    """Reads what the user types, pastes and points at."""

    def __init__(self, debug: bool = False) -> None:
        self._debug = debug
        self._decode = getincrementaldecoder("utf-8")("ignore").decode
        self._parser = XTermParser(debug)
        self._tail = ""  # of what was passed on: a bracket comes in pieces
        self._pasted: str | None = None
        self._held = ""

    def feed(self, data: bytes) -> list[Message]:
        """The events in the next bytes, as many as are complete."""
        text = self._decode(data)
        passed: list[str] = []
        while text:
            if self._pasted is None:
                piece, text = self._until_a_paste(text)
            else:
                piece, text = self._rest_of_the_paste(text)
            passed.append(piece)
        return self._parse("".join(passed))

    def tick(self) -> list[Message]:
        """Nothing has come for a moment: an escape alone was the key."""
        found = self._events(self._parser.tick)
        if found:
            self._tail = ""  # what came so far was no bracket to the parser
        return found

    def end_paste(self) -> list[Message]:
        """Nothing has come for long: a paste whose end was lost is over, or every later key would belong to it."""
        if self._pasted is None:
            return []
        pasted, self._pasted, self._held = self._pasted, None, ""
        return self._parse(pasted + _END)

    def _until_a_paste(self, text: str) -> tuple[str, str]:
        """What goes on to the parser, the opening bracket with it, and what is left."""
        seen = self._tail + text
        place = seen.find(_BEGIN)
        if place < 0:
            self._tail = seen[1 - len(_BEGIN) :]
            return text, ""
        end = place + len(_BEGIN) - len(self._tail)
        self._tail, self._pasted = "", ""
        return text[:end], text[end:]

    def _rest_of_the_paste(self, text: str) -> tuple[str, str]:
        """Pasted text is let through when it is complete: bounded, and without what a terminal would obey."""
        text, self._held = self._held + text, ""
        content, bracket, rest = text.partition(_END)
        if not bracket and (held := _HELD.search(content)):
            content, self._held = content[: held.start()], held[0]
        pasted_before = self._pasted or ""
        self._pasted = pasted_before + _CONTROLS.sub("", content[: 2 * PASTE_LIMIT])[: PASTE_LIMIT - len(pasted_before)]
        if not bracket:
            return "", ""
        pasted, self._pasted = self._pasted, None
        return pasted + _END, rest

    def _parse(self, text: str) -> list[Message]:
        return self._events(lambda: self._parser.feed(text)) if text else []  # no text is the end to the parser

    def _events(self, read: Callable[[], Iterable[Message]]) -> list[Message]:
        found: list[Message] = []
        try:
            found.extend(read())
        except Exception:
            # The parser has raised at a sequence that it does not know, and cannot go on.
            self._parser = XTermParser(self._debug)
        # The size comes from the system. Bytes from the keyboard could claim a million columns.
        self._parser.mouse_pixels = False
        return [event for event in found if not isinstance(event, events.Resize | InBandWindowResize)]
