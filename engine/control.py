"""Commands as lines of JSON: read and checked, separated from noise, and kept in their order until they are due."""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import json
import types
import typing
from collections import deque
from dataclasses import dataclass
from typing import Any, NoReturn

from engine.commands import KINDS, Command, with_field_names
from engine.events import Receipt
from engine.plain import from_plain
from engine.text import LONGEST_LINE, printable, quoted, shortened

# The longest line that is read, bytes.
LONGEST = 65_536
# No run is longer, epochs.
_LAST_EPOCH = 10**9
# The longest id that comes back with a receipt, characters.
_LONGEST_ID = 100
# So many commands may wait for an epoch.
_MOST_LATER = 10_000
# Other words for a command.
_ALIASES = {"step": "step_epoch"}
_EXAMPLE = '{"do": "pause"}'


@dataclass(frozen=True, slots=True)
class Order:
    """A command on its way to the lab, or a line that was none.

    Attributes
    ----------
    command : what is to be done; None where the line was no command.
    at : wait until the run has trained exactly so many whole epochs, as a receipt counts them: 0 is before the first
        step. None for at once.
    id : what the sender calls it; the receipt has it too.
    viewer : whose closer looks a `Look` speaks of; each viewer has its own.
    do : the command's kind, or what stood there.
    refused : why the line is no command.
    """

    command: Command | None
    at: int | None = None
    id: str = ""
    viewer: str = ""
    do: str = ""
    refused: str = ""

    def __post_init__(self) -> None:
        if self.command is not None and not self.do:
            object.__setattr__(self, "do", self.command.kind)

    def too_late(self, epoch: int, batch: int, finished: bool) -> str:
        """Why it cannot act at the beginning of the epoch that it has waited for; nothing where it can."""
        if self.at is None:
            return ""
        if finished:
            return f"the run has ended after epoch {epoch}"
        if (epoch, batch) == (self.at, 0):
            return ""
        return f'"at": {self.at} is past: the run is at epoch {epoch}, batch {batch}'

    def receipt(self, number: int, refused: str, epoch: int = 0, batch: int = 0) -> Receipt:
        """The answer to it, at that place of the run."""
        return Receipt(self.do, not refused, epoch, batch, refused, number, self.id)


def read_order(line: bytes) -> Order:
    """The order of one line. Never raises: what is no command says so in `refused`, and what was expected."""
    do, name = "", ""
    try:
        if len(line) > LONGEST:
            raise ValueError(f"a line of more than {LONGEST:,} bytes: expected one short command, such as {_EXAMPLE}")
        fields = _fields(line)
        word = fields.pop("do", None)
        do = shortened(printable(word), 40) if isinstance(word, str) else ""
        name = _id(fields)
        kind = KINDS.get(_ALIASES.get(word, word)) if isinstance(word, str) else None
        if kind is None:
            raise ValueError(f'"do" = {quoted(word, 40)}: expected one of {", ".join([*KINDS, *_ALIASES])}')
        at = fields.pop("at", None)
        if at is not None and (type(at) is not int or not 0 <= at <= _LAST_EPOCH):
            raise ValueError(f'"at" = {quoted(at, 40)}: expected a whole number of epochs trained before, 0 or more')
        try:
            return Order(from_plain(kind, with_field_names(fields)), at, name, do=do)
        except ValueError as error:
            raise ValueError(f"{error}: expected {_usage(kind)}") from None
    except ValueError as error:
        return Order(None, id=name, do=do, refused=shortened(printable(str(error)), LONGEST_LINE))


def _fields(line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(line.decode(), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise ValueError(f"not UTF-8: expected a line of JSON, such as {_EXAMPLE}") from None
    except (ValueError, RecursionError):
        head = quoted(line[:40].decode(errors="replace"), 60)
        raise ValueError(f"not JSON: {head}: expected a line such as {_EXAMPLE}") from None
    if not isinstance(fields, dict):
        raise ValueError(f"{quoted(fields, 40)}: expected an object, such as {_EXAMPLE}")
    return fields


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _id(fields: dict[str, Any]) -> str:
    value = fields.pop("id", "")
    if not isinstance(value, str | int) or len(quoted(value, 2 * _LONGEST_ID)) > _LONGEST_ID + 2:
        raise ValueError(f'"id" = {quoted(value, 40)}: expected a text of at most {_LONGEST_ID} characters')
    return printable(str(value))


def _usage(kind: type[Command]) -> str:
    """How a command is written: `{"do": "turn", "knob": text, "value": any, "arm": text or null}`."""
    words = {str: "text", int: "whole number", float: "number", Any: "any", dict[str, Any]: "{knob: value, ...}"}
    hints = typing.get_type_hints(kind)
    fields = [f'"do": "{kind.kind}"']
    for spec in dataclasses.fields(kind):
        name = "from" if spec.name == "source" else spec.name
        hint = hints[spec.name]
        kinds = typing.get_args(hint) if typing.get_origin(hint) is types.UnionType else (hint,)
        if spec.name == "wanted":
            fields.append('"wanted": [[look, arm, seed], ...]')
        else:
            fields.append(f'"{name}": {" or ".join(words.get(hint, "null") for hint in kinds)}')
    return f"{{{', '.join(fields)}}}"


class Lines:
    """Bytes as they come, cut into lines, in bounded memory."""

    def __init__(self) -> None:
        self._begun = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are whole now, without their ends; of one that is too long, enough to report it."""
        *whole, rest = data.split(b"\n")
        lines = []
        for part in whole:
            self._add(part)
            lines.append(bytes(self._begun))
            self._begun.clear()
        self._add(rest)
        return lines

    def end(self) -> list[bytes]:
        """A last line that has no end."""
        return [bytes(self._begun)] if self._begun else []

    def _add(self, part: bytes) -> None:
        self._begun += part[: LONGEST + 1 - len(self._begun)]


class Orders:
    """Orders in waiting: first those that were sent first, each no earlier than it is due. It knows no lock."""

    def __init__(self) -> None:
        self._count = 0
        self._now: deque[tuple[int, Order]] = deque()
        self._later: list[tuple[int, int, Order]] = []

    def __len__(self) -> int:
        return len(self._now) + len(self._later)

    @property
    def waiting(self) -> int:
        """How many could be taken at once."""
        return len(self._now)

    def put(self, order: Order) -> int:
        """Its number. Where too many wait for an epoch, one more of them is refused."""
        self._count += 1
        if order.at is not None and len(self._later) >= _MOST_LATER:
            why = f"{_MOST_LATER:,} commands wait for an epoch already: expected no more of them before some are taken"
            order = dataclasses.replace(order, command=None, at=None, refused=why)
        if order.at is None:
            self._now.append((self._count, order))
        else:
            heapq.heappush(self._later, (order.at, self._count, order))
        return self._count

    def due(self, epoch: int) -> tuple[int, Order] | None:
        """The next order of a run that has trained so many epochs, and its number; it stays until `done`."""
        if self._later and self._later[0][0] <= epoch:
            _, number, order = self._later[0]
            if not self._now or number < self._now[0][0]:
                return number, order
        return self._now[0] if self._now else None

    def done(self, number: int) -> None:
        """Let the order go that `due` has given."""
        if self._now and self._now[0][0] == number:
            self._now.popleft()
        else:
            heapq.heappop(self._later)

    def immediate(self) -> list[Order]:
        """Those that wait for no epoch, in their order."""
        return [order for _, order in self._now]

    def let_go(self, only_later: bool = False) -> list[tuple[int, Order]]:
        """All of them, or all that wait for an epoch, which do not wait any longer."""
        gone = [(number, order) for _, number, order in self._later]
        self._later.clear()
        if not only_later:
            gone = list(itertools.chain(gone, self._now))
            self._now.clear()
        return sorted(gone, key=lambda numbered: numbered[0])
