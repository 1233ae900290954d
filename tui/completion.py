"""What a word of the command line can go on with: options, presets, recorded runs, settings, files, columns.

The shells' own completion calls `regtui __complete SHELL WORD...`, the last word being the one that is typed, and gets
a line `WORD<tab>what it is` for each possibility.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tui.arguments import COMMANDS, PICTURES, Parser
from tui.exits import DONE

Found = Iterator[tuple[str, str]]
ParserOf = Callable[[str], Parser]
SHELLS = ("bash", "zsh", "fish")
_SPECIAL = re.compile(r"([^\w@%+=:,./-])")
_DATA = (".csv", ".tsv", ".tab", ".txt", ".data")
_RUNS = ("open", "attach", "compare", "export", "resume", "replay")


def answer(words: Sequence[str], parser_of: ParserOf) -> int:
    """Print what the last word can be; the exit code. What fails finds nothing: a shell shows no errors."""
    with contextlib.suppress(Exception):
        shell, *arguments = words
        # In a word with spaces its quote is still open: shells match what is behind it.
        typed = (arguments or [""])[-1].lstrip("\"'")
        arguments = [*arguments[:-1], typed]
        for word, help in possible(arguments, parser_of):
            if word.startswith(typed):
                print(_for_bash(word, typed) if shell == "bash" else f"{word}\t{' '.join(help.split())}")
    return DONE


def _for_bash(word: str, typed: str) -> str:
    """What takes the typed word's place: bash takes what is behind a = or : for a word, and it quotes nothing."""
    behind = max(typed.rfind("="), typed.rfind(":")) + 1
    return _SPECIAL.sub(r"\\\1", word[behind:])


def possible(words: Sequence[str], parser_of: ParserOf) -> Found:
    """Words that can stand where the last one is, and more that it does not begin."""
    *before, typed = words or [""]
    command = before[0] if before and before[0] in COMMANDS else ""
    parser = parser_of(command) if command in ("", "run") else _module(command).parser()
    rest = before[1:] if command else before
    options = {name: action for action in parser._actions for name in action.option_strings}
    name, equals, _ = typed.partition("=")
    if equals and name in options:
        for word, help in _values(options[name], command, rest):
            yield f"{name}={word}", help
        return
    if (action := _waiting(rest, options)) is not None:
        yield from _values(action, command, rest, typed)
        return
    if typed.startswith("-"):
        for name, action in options.items():
            if action.help != argparse.SUPPRESS:
                yield name, action.help or ""
        return
    if not command and not rest:
        for word in COMMANDS:
            yield word, "a command"
    yield from _words(command, typed)


def _module(command: str) -> Any:
    return importlib.import_module(f"tui.commands.{command}")


def _waiting(rest: Sequence[str], options: dict[str, argparse.Action]) -> argparse.Action | None:
    """The option whose value the typed word is."""
    for distance in (1, 2):
        action = options.get(rest[-distance]) if len(rest) >= distance else None
        if action is not None:
            takes = action.nargs if isinstance(action.nargs, int) else 1 if action.nargs in (None, "?") else 0
            return action if takes >= distance else None
    return None


def _words(command: str, typed: str) -> Found:
    """What stands without an option."""
    if command in ("", "run", "presets", "check"):
        yield from _presets()
    if command in ("", "run", "check"):
        yield from _files(typed, (".toml", *_DATA))
    elif command == "new":
        yield from _files(typed, _DATA)
    elif command in _RUNS:
        yield from _runs()
        yield from _files(typed, (".regtui",))
    elif command == "completion":
        for shell in SHELLS:
            yield shell, "a shell"


def _values(action: argparse.Action, command: str, rest: Sequence[str], typed: str = "") -> Found:
    """What an option can be given."""
    dest = action.dest
    if dest == "set":
        yield from _settings("data." if command == "new" else "", typed)
    elif dest == "arm_set":
        yield from _settings_of_arms(rest, typed)
    elif dest == "pictures":
        for word in PICTURES:
            yield word, "how images are drawn"
    elif dest == "device":
        for word in ("auto", "cpu", "cuda", "mps"):
            yield word, "a device"
    elif dest == "target":
        yield from _columns(rest)
    elif dest == "sort":
        from tui.runs.rows import SORTS

        for word in SORTS:
            yield word, "a column of the list"
    elif dest in ("resume", "rename", "note", "delete"):
        yield from _runs()
    elif dest in ("output", "record"):
        yield from _files(typed, ("",))


def _presets() -> Found:
    from engine.preset import builtin_list

    for preset in builtin_list():
        yield preset.name, preset.title


def _runs() -> Found:
    from engine.runs.library import listed

    for run in listed():
        if run.meta is not None:
            yield run.meta.id, f"{run.meta.name or run.meta.identity.preset}, {run.meta.state}"


def _settings(section: str, typed: str) -> Found:
    """`KEY=`, and behind it the words that a setting can be."""
    from engine.preset import settings_by_key

    key, equals, _ = typed.partition("=")
    for name, setting in settings_by_key().items():
        if not name.startswith(section):
            continue
        if not equals:
            yield f"{name}=", setting.help
        elif name == key:
            for choice in setting.choices:
                yield f"{name}={str(choice).lower() if isinstance(choice, bool) else choice}", setting.help


def _settings_of_arms(rest: Sequence[str], typed: str) -> Found:
    """`ARM:`, and behind it `KEY=`."""
    from engine.preset import DEFAULT, load_preset

    names = [*(word for word in rest if not word.startswith("-")), DEFAULT]
    for arm in load_preset(names[0]).arm_names:
        if typed.startswith(f"{arm}:"):
            for word, help in _settings("", typed[len(arm) + 1 :]):
                yield f"{arm}:{word}", help
            return
    for arm in load_preset(names[0]).arm_names:
        yield f"{arm}:", "an arm"


def _columns(rest: Sequence[str]) -> Found:
    """The columns of the first of the words that is a table."""
    from engine.data.csv_text import opened
    from engine.preset.data import Data

    for word in rest:
        if word.lower().endswith(_DATA) and os.path.isfile(word):
            with opened(Data(source="csv", path=word, target="?")) as lines:
                for name in next(lines.rows())[1][:1000]:
                    yield name, "a column"
            return


def _files(typed: str, endings: tuple[str, ...]) -> Found:
    """Files with these endings, and folders, where the typed path leads."""
    folder = typed[: typed.rfind("/") + 1]
    with os.scandir(Path(folder or ".").expanduser()) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith(".") and not typed[len(folder) :].startswith("."):
                continue
            if entry.is_dir():
                yield f"{folder}{entry.name}/", "a folder"
            elif entry.name.lower().endswith(endings):
                yield f"{folder}{entry.name}", "a file"
