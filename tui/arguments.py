"""What every command line of the program is read with. Imports nothing heavy."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

# Those that look at runs in their files, and go on with them.
RUN_COMMANDS = ("runs", "open", "attach", "compare", "export", "resume", "replay")
COMMANDS = ("run", "demo", "presets", "new", "check", *RUN_COMMANDS, "completion")
# What a shell calls to complete a word (`regtui completion`).
COMPLETE = "__complete"
# How pictures may be shown (`--pictures`): as the terminal can, in half-blocks, or by a protocol.
PICTURES = ("auto", "blocks", "kitty", "sixel")


class UsageError(Exception):
    """The command line cannot be understood: one line for the user."""


class Parser(argparse.ArgumentParser):
    """Argparse whose errors are one line that names the nearest option."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            allow_abbrev=False, add_help=False, formatter_class=argparse.RawDescriptionHelpFormatter, **options
        )
        self.add_argument("-h", "--help", action="help", help="show this and end")

    def error(self, message: str) -> NoReturn:
        raise UsageError(message.removeprefix("argument "))

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """The options; raises UsageError."""
        options, unknown = self.parse_known_args(argv)
        for word in unknown:
            if word.startswith("-") and len(word) > 1:
                name = word.partition("=")[0]
                raise UsageError(f"unknown option {name!r}{nearest(name, self._option_string_actions)}")
        if unknown:
            words = [word for word in (getattr(options, "preset", None), *unknown) if word]
            if command := next((word for word in words if word in COMMANDS), None):
                raise UsageError(f"the command comes first: regtui {command} ...")
            raise UsageError(f"unexpected {unknown[0]!r}{nearest((words or unknown)[0], COMMANDS)}")
        return options


def count(text: str) -> int:
    """A whole number of at least 1."""
    if not re.fullmatch(r"\+?\d{1,9}", text.strip()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: must be a whole number of at least 1")
    return int(text)


def nearest(word: str, names: Any) -> str:
    """` (did you mean '...'?)`, or nothing where no name is near."""
    import difflib

    near = difflib.get_close_matches(word, list(names), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def size(text: str) -> int:
    """Bytes, such as 512MB or 2G."""
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)\s*([kmgt]?)b?", text.strip().casefold())
    if not found:
        raise argparse.ArgumentTypeError(f"{text}: must be a size, such as 512MB or 2GB")
    return int(float(found[1]) * _UNITS[found[2]])


def rate(text: str) -> float:
    """A number of frames a second."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1000:
        raise argparse.ArgumentTypeError(f"{text}: must be a number of frames per second above 0")
    return value


def seconds(text: str) -> float:
    """A time in seconds."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"{text}: must be a number of seconds, 0 to 3600")
    return value


def pictures(text: str) -> str:
    """How pictures are shown; kitty and sixel take the extra `images`."""
    if text not in PICTURES:
        near = nearest(text, PICTURES)
        raise argparse.ArgumentTypeError(f"{text}: must be auto, blocks, kitty or sixel{near}")
    if text in ("kitty", "sixel"):
        from tui.graphics.terminals import installed

        if not installed():
            raise argparse.ArgumentTypeError(f"{text} takes textual-image: pip install 'regtui[images]'")
    return text


def screen_options(parser: argparse.ArgumentParser, unused: str = "") -> argparse._ArgumentGroup:
    """Add how a screen is drawn; `unused` stands in the options' help where they have no effect. The group of them."""
    group = parser.add_argument_group("the screen")
    group.add_argument("--fps", type=rate, metavar="N", help=f"draw at most N times a second{unused}")
    group.add_argument("--ascii", action="store_true", help="draw with ASCII only")
    group.add_argument("--pictures", type=pictures, default="auto", metavar="HOW",
                       help=f"auto (the default), blocks, kitty or sixel: how images are drawn{unused}")  # fmt: skip
    group.add_argument("--no-mouse", action="store_true", help=f"leave the mouse to the terminal{unused}")
    return group


def experiment_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add what is changed of an experiment. The group of them."""
    group = parser.add_argument_group("the experiment")
    add = group.add_argument
    add("--target", metavar="COLUMN", help="the column of a CSV file to predict; else its last, or one named label, y")
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting, such as training.lr=0.1")
    add("--arm-set", action="append", default=[], metavar="ARM:KEY=VALUE", help="change a setting of one arm")
    add("--seeds", type=count, metavar="N", help="train every arm under N seeds")
    add("--epochs", type=count, metavar="N", help="train for N epochs")
    add("--data-unchecked", action="append_const", dest="set", const="data.unchecked=true",
        help="use downloaded files as they are, even where their md5 is not torchvision's")  # fmt: skip
    return group


def device(text: str) -> str:
    """A device of torch, or auto."""
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", text):
        near = nearest(text, ("auto", "cpu", "cuda", "mps"))
        raise argparse.ArgumentTypeError(f"{text}: must be auto, cpu, cuda, cuda:N or mps{near}")
    return text
