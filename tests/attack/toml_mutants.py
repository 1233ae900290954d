"""Mutated presets: a built-in one with something wrong in it, from single bytes to settings that are legal but extreme.

Each is a pure function of its random generator, so that a number names it for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from engine.preset.schema import settings_by_key
from tests.attack.hostile import PLACES, TEXTS, VALUES, junk

_TOKEN = re.compile(r'"""|"[^"\n]*"|[\w.+-]+|\s+|.')
_ASSIGNED = re.compile(r"(?m)^(\s*[\w.\"-]+\s*=\s*)([^\n]+)$")


def mutant(rng: Random, originals: Sequence[str]) -> bytes:
    """A preset that went through one to three mutations."""
    text = rng.choice(originals).encode()
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        text = rng.choice(_MUTATIONS)(rng, text)
    return text


def _decoded(text: bytes) -> str:
    return text.decode(errors="surrogateescape")


def _encoded(text: str) -> bytes:
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # half a pair of surrogates, which no UTF-8 has
        return text.encode(errors="surrogatepass")


def _bytes(rng: Random, text: bytes) -> bytes:
    """A few bytes are changed, put in, or taken out."""
    data = bytearray(text)
    for _ in range(rng.randint(1, 8)):
        place = rng.randrange(len(data) + 1)
        data[place : place + rng.choice((0, 0, 1, 1, 5))] = rng.choice((b"", junk(rng, rng.randint(1, 4))))
    return bytes(data)


def _cut(rng: Random, text: bytes) -> bytes:
    """A part is missing, or there twice."""
    first, last = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    return rng.choice((text[:first], text[:first] + text[last:], text[:last] + text[first:]))


def _tokens(rng: Random, text: bytes) -> bytes:
    """Tokens change places, vanish, or come twice."""
    tokens = _TOKEN.findall(_decoded(text)) or [""]
    for _ in range(rng.randint(1, 4)):
        first, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
        tokens[first], tokens[other] = rng.choice(
            ((tokens[other], tokens[first]), ("", tokens[other]), (tokens[other],) * 2)
        )
    return _encoded("".join(tokens))


def _lines(rng: Random, text: bytes) -> bytes:
    """Lines change places, vanish, or come twice."""
    lines = text.split(b"\n")
    for _ in range(rng.randint(1, 4)):
        line = lines.pop(rng.randrange(len(lines))) if lines else b""
        for _ in range(rng.randint(0, 2)):
            lines.insert(rng.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


def _value(rng: Random, text: bytes) -> bytes:
    """A setting of the preset's gets a value that it was not meant for."""
    content = _decoded(text)
    found = list(_ASSIGNED.finditer(content))
    if not found:
        return text
    match = rng.choice(found)
    return _encoded(content[: match.start(2)] + rng.choice(VALUES)(rng) + content[match.end(2) :])


def _setting(rng: Random, text: bytes) -> bytes:
    """Any setting at all, in the base or in an arm: beside its bounds, far beyond them, or legal and extreme."""
    knob = rng.choice(list(settings_by_key().values()))
    if knob.choices and rng.random() < 0.7:
        value = rng.choice(
            [f'"{choice}"' if isinstance(choice, str) else str(choice).lower() for choice in knob.choices]
        )
    elif rng.random() < 0.6:
        value = rng.choice(PLACES)(rng, knob)
    else:
        value = rng.choice(VALUES)(rng)
    content = _decoded(text)
    line = f"{knob.section}.{knob.name} = {value}\n"
    if rng.random() < 0.5:
        return _encoded(
            content + "\n" * (not content.endswith("\n")) + line if "[[arm]]" in content else line + content
        )
    header = f"[{knob.section}]\n"
    if header in content:
        content = re.sub(rf"(?m)^{knob.name}\s*=.*\n", "", content)
        return _encoded(content.replace(header, f"{header}{knob.name} = {value}\n", 1))
    return _encoded(line + content)


def _text(rng: Random, text: bytes) -> bytes:
    """A text has signs that act on a terminal, or cannot be printed."""
    content = _decoded(text)
    found = list(re.finditer(r'"[^"\n]*"', content))
    if not found:
        return text
    match = rng.choice(found)
    return _encoded(f"{content[: match.end() - 1]}{rng.choice(TEXTS)(rng)}{content[match.end() - 1 :]}")


def _nested(rng: Random, text: bytes) -> bytes:
    """Something lies very deep, or is very long."""
    many = rng.choice((3, 100, 1000, 20_000))
    nested = rng.choice((
        lambda: f"deep = {'[' * many}1{']' * many}\n",
        lambda: f"{'.'.join(['a'] * many)} = 1\n",
        lambda: f"deep = {'{a=' * many}1{'}' * many}\n",
        lambda: f"training.{'.'.join(['seeds'] * many)} = [1]\n",
        lambda: f"training.seeds = {list(range(many))}\n",
        lambda: f"model.hidden = [{', '.join(['8'] * many)}]\n",
        lambda: f"speed = {'9' * many}\n",
        lambda: f'"{"k" * many}" = 1\n',
        lambda: f'title = "{"t" * many}"\n',
    ))()  # fmt: skip
    return nested.encode() + text


def _arms(rng: Random, text: bytes) -> bytes:
    """Many arms, arms of one name, arms with tables where values belong."""
    content = text + b"\n" * (not text.endswith(b"\n"))
    many = rng.choice((1, 2, 50, 500, 3000))
    name = rng.choice(("arm {}", "arm", "", "{}" * 100))
    return content + b"".join(f'[[arm]]\nname = "{name.format(*[number] * 100)}"\n'.encode() for number in range(many))


def _file(rng: Random, text: bytes) -> bytes:
    """As other editors, or other systems, would have written it."""
    return rng.choice((
        lambda: b"\xef\xbb\xbf" + text,
        lambda: text.decode(errors="replace").encode("utf-16"),
        lambda: text.decode(errors="replace").encode("latin-1", "replace"),
        lambda: text.replace(b"\n", b"\r\n"),
        lambda: text.replace(b"\n", b"\r"),
        lambda: text + b"\0" * 100,
        lambda: b"",
        lambda: junk(rng, 2000),
        lambda: text * 2,
    ))()  # fmt: skip


_MUTATIONS: tuple[Callable[[Random, bytes], bytes], ...] = (
    _bytes, _bytes, _cut, _tokens, _lines, _value, _value, _value, _setting, _setting, _setting, _setting, _text, _text,
    _nested, _arms, _file,
)  # fmt: skip
