"""The command line. Nothing heavy is imported here, so that `--help` and `--version` answer at once."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from tui.exits import BAD_INPUT, BROKEN_PIPE, DONE, FAILED, INTERRUPTED
from tui.say import complain, say

_COMMANDS = ("run", "presets", "check")
_USAGE = """regtui [PRESET | FILE.toml] [options]
       regtui run [PRESET | FILE.toml] [options] [--json]
       regtui presets [NAME]
       regtui check FILE...
"""
_ABOUT = "A laboratory for regularization in a terminal: paired arms train side by side, live."
_EPILOG = """commands:
  run             train without a screen: progress bars, then the table of results
  presets         list the built-in experiments, or show one
  check           say whether a preset of yours is fine

examples:
  regtui                                                 the default experiment, dropout off and on
  regtui dropout --arm-set 'dropout 0.2:regularization.dropout=0.5'
  regtui run mine.toml --seeds 5 --set training.lr=0.1
  regtui run dropout --json | head -3

exit codes of a run: 0 done, 2 bad input, 3 every lane diverged, 130 interrupted
"""


class _UsageError(Exception):
    """The command line cannot be understood: one line for the user."""


class _Parser(argparse.ArgumentParser):
    """Argparse whose errors are one line that names the nearest option."""

    def __init__(self, **given: Any) -> None:
        super().__init__(
            allow_abbrev=False, add_help=False, formatter_class=argparse.RawDescriptionHelpFormatter, **given
        )
        self.add_argument("-h", "--help", action="help", help="show this and end")

    def error(self, message: str) -> NoReturn:
        raise _UsageError(message.removeprefix("argument "))

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """The options; raises _UsageError."""
        options, unknown = self.parse_known_args(argv)
        for word in unknown:
            if word.startswith("-") and len(word) > 1:
                name = word.partition("=")[0]
                raise _UsageError(f"unknown option {name!r}{_nearest(name, self._option_string_actions)}")
        if unknown:
            words = [word for word in (getattr(options, "preset", None), *unknown) if word]
            if command := next((word for word in words if word in _COMMANDS), None):
                raise _UsageError(f"the command comes first: regtui {command} ...")
            raise _UsageError(f"unexpected {unknown[0]!r}{_nearest(words[0], _COMMANDS)}")
        return options


class _Version(argparse.Action):
    """Reads the installed version only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"regtui {version('regtui')}")
        except PackageNotFoundError:
            print("regtui (not installed)")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (`sys.argv` unless given) and return the exit code; nothing but that leaves it."""
    if argv is None and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Before there is anything to clean up, and after the last output, Ctrl-C ends the program as it ends any
        # other, without a traceback of what is being imported or taken down.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a sign gets a question mark, not a traceback.
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = _main(sys.argv[1:] if argv is None else argv)
        if sys.stdout is not None:
            sys.stdout.flush()
        if argv is None and code > 128:
            os._exit(code)  # ended by a signal: an orderly exit of torch would take as long again
        return code
    except SystemExit as end:  # of --help and --version
        return end.code if isinstance(end.code, int) else DONE
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except _UsageError as error:
        return _complain(f"{error}; see regtui --help", BAD_INPUT)
    except BrokenPipeError:
        _silence_stdout()
        return BROKEN_PIPE
    except Exception as error:
        return _unexpected(error)


def _main(argv: Sequence[str]) -> int:
    command, rest = (argv[0], argv[1:]) if argv and argv[0] in _COMMANDS else ("", argv)
    if command in ("presets", "check"):
        return _look(command, rest)
    options = _parser(command).parse(rest)
    try:
        os.getcwd()
    except OSError:
        # Torch's libraries end the program in words of their own.
        return _complain("the folder it was started in is not there any more: change to another one (cd)", BAD_INPUT)

    from tui.signals import Ended, Signals

    try:
        with Signals() as signals:
            from engine.preset import DEFAULT, PresetError, load_preset

            try:
                ref = DEFAULT if options.preset is None else options.preset
                preset = load_preset(ref, options.set, options.arm_set, options.seeds, options.epochs)
                if command == "run" or not _has_terminal(ref):
                    from tui import headless

                    return headless.run(
                        preset,
                        device=options.device,
                        as_json=getattr(options, "json", False),
                        ascii_only=options.ascii,
                        signals=signals,
                    )
                if options.device not in ("auto", "cpu"):
                    # Refused before a screen opens. For the usual ones, the first frame does not wait for torch.
                    from engine.device import choose_device

                    choose_device(options.device)
            except PresetError as error:
                return _complain(str(error), BAD_INPUT)

            from tui.app import run_dashboard

            code = run_dashboard(
                preset,
                device=options.device,
                fps=options.fps,
                paused=options.paused,
                ascii_only=options.ascii,
                mouse=not options.no_mouse,
                reproduce=_arguments(ref, options),
                signals=signals,
            )
            signals.check()
            return code
    except Ended as end:
        return _complain("interrupted", end.code) if end.code == INTERRUPTED else end.code


def _look(command: str, rest: Sequence[str]) -> int:
    """`presets` and `check`: nothing is trained."""
    if command == "presets":
        parser = _Parser(prog="regtui presets", description="List the built-in experiments, or show one.")
        parser.add_argument("name", nargs="?", metavar="NAME", help="the preset to show")
    else:
        parser = _Parser(prog="regtui check", description="Say whether presets are fine: exit code 0, or 2.")
        parser.add_argument("files", nargs="+", metavar="FILE", help="a preset of yours, ending in .toml")
    options = parser.parse(rest)

    from engine.preset import PresetError
    from tui import catalog

    try:
        if command == "check":
            return BAD_INPUT if [ref for ref in options.files if not _is_fine(ref)] else DONE
        catalog.show_all() if options.name is None else catalog.show(options.name)
    except PresetError as error:
        return _complain(str(error), BAD_INPUT)
    return DONE


def _is_fine(ref: str) -> bool:
    from engine.preset import PresetError
    from engine.text import printable
    from tui import catalog

    try:
        say(f"{printable(ref)}: fine: {catalog.check(ref)}")
    except PresetError as error:
        _complain(str(error), BAD_INPUT)
        return False
    return True


def _parser(command: str) -> _Parser:
    """Of `regtui run`, or of the dashboard: the same options, so that one becomes the other by a word."""
    if command == "run":
        usage = "regtui run [PRESET | FILE.toml] [options] [--json]"
        about = "Train without a screen: progress bars, then the table."
        parser = _Parser(prog="regtui run", usage=usage, description=about)
    else:
        parser = _Parser(prog="regtui", usage=_USAGE, description=_ABOUT, epilog=_EPILOG)
        parser.add_argument("--version", action=_Version, nargs=0, help="show the version and end")
    parser.add_argument(
        "preset", nargs="?", metavar="PRESET | FILE.toml", help="an experiment that comes with it, or one of yours"
    )
    add = parser.add_argument_group("the experiment").add_argument
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting, such as training.lr=0.1")
    add("--arm-set", action="append", default=[], metavar="ARM:KEY=VALUE", help="change a setting of one arm")
    add("--seeds", type=_count, metavar="N", help="train every arm under N seeds")
    add("--epochs", type=_count, metavar="N", help="train for N epochs")
    add("--data-unchecked", action="append_const", dest="set", const="data.unchecked=true",
        help="use downloaded files as they are, even where their md5 is not torchvision's")  # fmt: skip
    add("--device", type=_device, default="auto", metavar="D", help="auto (the default), cpu, cuda, cuda:N or mps")
    unused = " (no effect here)" if command == "run" else ""
    add = parser.add_argument_group("the screen").add_argument
    add("--fps", type=_rate, metavar="N", help=f"draw at most N times a second{unused}")
    add("--paused", action="store_true", help=f"start paused{unused}")
    add("--ascii", action="store_true", help="draw with ASCII only")
    add("--no-mouse", action="store_true", help=f"leave the mouse to the terminal{unused}")
    if command == "run":
        add("--json", action="store_true", help="one JSON object a line on stdout, and nothing else there")
    return parser


def _count(text: str) -> int:
    if not re.fullmatch(r"\+?\d{1,9}", text.strip()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: must be a whole number of at least 1")
    return int(text)


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1000:
        raise argparse.ArgumentTypeError(f"{text}: must be a number of frames per second above 0")
    return value


def _device(text: str) -> str:
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", text):
        near = _nearest(text, ("auto", "cpu", "cuda", "mps"))
        raise argparse.ArgumentTypeError(f"{text}: must be auto, cpu, cuda, cuda:N or mps{near}")
    return text


def _arguments(ref: str, options: argparse.Namespace) -> list[str]:
    """The preset and the options that change its numbers."""
    arguments = [ref]
    for name in ("set", "arm_set"):
        for given in getattr(options, name):
            arguments += [f"--{name.replace('_', '-')}", given]
    for name in ("seeds", "epochs"):
        if getattr(options, name) is not None:
            arguments += [f"--{name}", str(getattr(options, name))]
    return arguments if options.device == "auto" else [*arguments, "--device", options.device]


def _has_terminal(ref: str) -> bool:
    """Whether a dashboard can be shown; says on stderr why not."""
    for name, stream in (("stdout", sys.stdout), ("stdin", sys.stdin)):
        if stream is None or not stream.isatty():
            _complain(f"no terminal on {name} for the dashboard: running {ref!r} without a screen", DONE)
            return False
    if (term := os.environ.get("TERM")) in ("dumb", "unknown"):
        _complain(f"no dashboard on a terminal that cannot draw (TERM={term}): running {ref!r} without a screen", DONE)
        return False
    return True


def _nearest(given: str, names: Any) -> str:
    import difflib

    near = difflib.get_close_matches(given, list(names), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _complain(message: str, code: int) -> int:
    """One line on stderr; the exit code."""
    complain(message)
    return code


def _unexpected(error: Exception) -> int:
    """An unexpected error: one line for the user, the traceback in the log."""
    from engine.log import write_log
    from engine.memory import EXHAUSTED, is_exhausted

    if is_exhausted(error):
        _silence_stdout()
        return _complain(EXHAUSTED, BAD_INPUT)

    path = write_log(f"regtui {' '.join(sys.argv[1:])}")
    _silence_stdout()
    return _complain(f"{type(error).__name__}: {error} (the whole story is in {path})", FAILED)


def _silence_stdout() -> None:
    """What is still buffered would fail again when Python flushes it at its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
        return
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
