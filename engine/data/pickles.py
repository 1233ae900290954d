"""Pickles of plain values, read without `pickle`: nothing is imported, called or built but what is named here.

Even with its callables blocked, `pickle` hands bytes of the file to NumPy as an array's dtype and state, and they can
say where in memory an array's objects lie. So the few opcodes that CIFAR's files have are read by this interpreter,
and an array stays a record of how it was described, for the reader to check.

The format: CPython's Lib/pickletools.py. Protocol 2, as Python 2 wrote CIFAR, and what Python 3 writes since.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.data.words import shown

# CIFAR-100's train takes 200,000. Each makes at most one small object, which bounds time (1 s) and memory (50 MB).
OPCODES = 500_000
_LONGEST_TEXT = 1 << 16  # UTF-8; names of classes and of images

_FORMS = {kind: struct.Struct(f"<{kind}") for kind in "BHIQi"}
_NUMPY = ("numpy.core", "numpy._core")
_NAMES = {("numpy", "ndarray"), ("numpy", "dtype")}
_NAMES |= {(f"{numpy}.multiarray", "_reconstruct") for numpy in _NUMPY}
_NAMES |= {(f"{numpy}.numeric", "_frombuffer") for numpy in _NUMPY}


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A name of NumPy's, as text. It is never resolved."""

    name: str


@dataclass(slots=True, eq=False)
class Said:
    """An object as a pickle describes it: `name(*arguments)`, then its state. The object itself is never built."""

    name: str
    arguments: tuple[Any, ...]
    state: Any = None


def read_plain(raw: bytes) -> Any:
    """The value of a pickle: bytes (texts of Python 2 too), str, int, bool, None, list, tuple, dict, `Named`, `Said`.

    Keys of a dict are text, those of Python 2 read as latin1.

    Raises
    ------
    ValueError
        It holds anything else, is cut, or is larger than the files this is for.
    """
    return _Reader(raw).value()


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._position = 0
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def value(self) -> Any:
        """Run the opcodes up to the stop."""
        try:
            for _ in range(OPCODES):
                code = self._raw[self._position]
                self._position += 1
                if code == _STOP:
                    return self._pop()
                action = _ACTIONS.get(code)
                if action is None:
                    raise ValueError(f"opcode {code:#04x} does not belong in it")
                action(self)
        except (struct.error, IndexError):
            raise ValueError("is cut, or no such file") from None
        except KeyError:
            raise ValueError("refers to what it does not hold") from None
        raise ValueError(f"has more than {OPCODES:,} opcodes")

    def _number(self, kind: str) -> int:
        form = _FORMS[kind]
        number: int = form.unpack_from(self._raw, self._position)[0]
        self._position += form.size
        return number

    def _bytes(self, length: int) -> bytes:
        if not 0 <= length <= len(self._raw) - self._position:
            raise ValueError(f"claims {length:,} bytes where {len(self._raw) - self._position:,} are left")
        self._position += length
        return self._raw[self._position - length : self._position]

    def _line(self) -> str:
        end = self._raw.index(b"\n", self._position, self._position + 100)
        line = self._raw[self._position : end].decode("ascii")
        self._position = end + 1
        return line

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _pop(self) -> Any:
        # What lies below a mark belongs to a collection that is still being made.
        if self._marks and len(self._stack) <= self._marks[-1]:
            raise ValueError("takes more than it has put down")
        return self._stack.pop()

    def _pop_marked(self) -> list[Any]:
        mark = self._marks.pop()
        values = self._stack[mark:]
        del self._stack[mark:]
        return values

    def _top(self, kind: type[Any]) -> Any:
        if not isinstance(self._stack[-1], kind):
            raise ValueError(f"adds to what is no {kind.__name__}")
        return self._stack[-1]

    def mark(self) -> None:
        self._marks.append(len(self._stack))

    def tuple_of(self, length: int) -> None:
        self._push(tuple(reversed([self._pop() for _ in range(length)])))

    def append(self, values: list[Any]) -> None:
        self._top(list).extend(values)

    def put_items(self, values: list[Any]) -> None:
        table = self._top(dict)
        if len(values) % 2:
            raise ValueError("has a key without a value")
        for key, value in zip(values[::2], values[1::2], strict=True):
            # Numbers as keys can be chosen to collide, and many of them then take for ever.
            if not isinstance(key, (bytes, str)):
                raise ValueError("has a key that is no text")
            table[key.decode("latin1") if isinstance(key, bytes) else key] = value

    def text(self, length: int) -> None:
        if length > _LONGEST_TEXT:
            raise ValueError(f"has a text of {length:,} bytes")
        self._push(self._bytes(length).decode("utf-8", "surrogatepass"))

    def small_int(self) -> None:
        length = self._number("B")
        if length > 8:
            raise ValueError(f"has a number of {length} bytes")
        self._push(int.from_bytes(self._bytes(length), "little", signed=True))

    def name(self, module: str, name: str) -> None:
        if (module, name) not in _NAMES:
            raise ValueError(f"{shown(f'{module}.{name}', 60)} does not belong in it")
        self._push(Named(name))

    def name_on_stack(self) -> None:
        name, module = self._pop(), self._pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise ValueError("has a name that is no text")
        self.name(module, name)

    def call(self) -> None:
        arguments, named = self._pop(), self._pop()
        if not isinstance(named, Named) or not isinstance(arguments, tuple):
            raise ValueError("calls what is no name")
        self._push(Said(named.name, arguments))

    def build(self) -> None:
        state = self._pop()
        self._top(Said).state = state

    def put(self, place: int) -> None:
        self._memo[place] = self._stack[-1]


_STOP = ord(".")
_ACTIONS: dict[int, Callable[[_Reader], None]] = {
    0x80: lambda r: _known_protocol(r._number("B")),
    0x95: lambda r: _nothing(r._number("Q")),  # a frame's length: of use to those who read from a stream
    ord("("): _Reader.mark,
    ord("N"): lambda r: r._push(None),
    0x88: lambda r: r._push(True),
    0x89: lambda r: r._push(False),
    ord("K"): lambda r: r._push(r._number("B")),
    ord("M"): lambda r: r._push(r._number("H")),
    ord("J"): lambda r: r._push(r._number("i")),
    0x8A: _Reader.small_int,
    ord("U"): lambda r: r._push(r._bytes(r._number("B"))),
    ord("T"): lambda r: r._push(r._bytes(r._number("i"))),
    ord("C"): lambda r: r._push(r._bytes(r._number("B"))),
    ord("B"): lambda r: r._push(r._bytes(r._number("I"))),
    0x8E: lambda r: r._push(r._bytes(r._number("Q"))),
    0x96: lambda r: r._push(r._bytes(r._number("Q"))),
    0x8C: lambda r: r.text(r._number("B")),
    ord("X"): lambda r: r.text(r._number("I")),
    ord("]"): lambda r: r._push([]),
    ord("}"): lambda r: r._push({}),
    ord(")"): lambda r: r._push(()),
    0x85: lambda r: r.tuple_of(1),
    0x86: lambda r: r.tuple_of(2),
    0x87: lambda r: r.tuple_of(3),
    ord("t"): lambda r: r._push(tuple(r._pop_marked())),
    ord("a"): lambda r: r.append([r._pop()]),
    ord("e"): lambda r: r.append(r._pop_marked()),
    ord("s"): lambda r: r.put_items([r._pop(), r._pop()][::-1]),
    ord("u"): lambda r: r.put_items(r._pop_marked()),
    ord("c"): lambda r: r.name(r._line(), r._line()),
    0x93: _Reader.name_on_stack,
    ord("R"): _Reader.call,
    ord("b"): _Reader.build,
    ord("q"): lambda r: r.put(r._number("B")),
    ord("r"): lambda r: r.put(r._number("I")),
    0x94: lambda r: r.put(len(r._memo)),
    ord("h"): lambda r: r._push(r._memo[r._number("B")]),
    ord("j"): lambda r: r._push(r._memo[r._number("I")]),
}


def _known_protocol(number: int) -> None:
    if not 2 <= number <= 5:
        raise ValueError(f"is a pickle of protocol {number}, and 2 to 5 are read")


def _nothing(_: int) -> None:
    pass
