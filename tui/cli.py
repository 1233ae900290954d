"""The command line. Nothing heavy is imported here, so that `--help` and `--version` answer at once."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from tui.arguments import COMMANDS, COMPLETE, Parser, UsageError, device, experiment_options, screen_options
from tui.exits import BAD_INPUT, BROKEN_PIPE, DONE, FAILED, INTERRUPTED
from tui.say import complain, note, why_no_dashboard
from tui.usage import ABOUT, EPILOG, USAGE

if TYPE_CHECKING:
    from tui.signals import Signals
    from tui.terminal import Terminal


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
    except UsageError as error:
        return _complain(f"{error}; see regtui --help", BAD_INPUT)
    except BrokenPipeError:
        _silence_stdout()
        return BROKEN_PIPE
    except Exception as error:
        return _unexpected(error)


def _main(argv: Sequence[str]) -> int:
    command, rest = (argv[0], argv[1:]) if argv and argv[0] in COMMANDS else ("", argv)
    if argv and argv[0] == COMPLETE:
        from tui.completion import answer

        return answer(argv[1:], parser_of)
    if command not in ("", "run"):
        return _command(command, rest)
    options = parser_of(command).parse(rest)
    if getattr(options, "resume", None) is not None:
        return _resume(options)
    try:
        os.getcwd()
    except OSError:
        # Torch's libraries end the program in words of their own.
        return _complain("the folder it was started in is not there any more: change to another one (cd)", BAD_INPUT)

    from tui.signals import Ended, Signals

    try:
        with Signals() as signals:
            from engine.preset.built_in import DEFAULT
            from engine.preset.errors import PresetError

            try:
                ref = DEFAULT if options.preset is None else options.preset
                if command == "run" or why_no_dashboard():
                    return _without_screen(command, ref, options, signals)
                from tui.opening_frame import OpeningFrame

                with OpeningFrame(ref, signals, options.ascii) as opening:
                    code = _dashboard(ref, options, signals, opening.terminal)
            except PresetError as error:
                return _complain(str(error), BAD_INPUT)
            signals.check()
            return code
    except Ended as end:
        return _complain("interrupted", end.code) if end.code == INTERRUPTED else end.code


def _without_screen(command: str, ref: str, options: argparse.Namespace, signals: Signals) -> int:
    """Train with progress bars, or with JSON lines. Raises PresetError."""
    from tui import headless
    from tui.opening import preset_of
    from tui.recording import keeper_of

    preset = preset_of(ref, options, note)
    if command != "run":
        complain(f"{why_no_dashboard()}: running {ref!r} without a screen")
    return headless.run(
        preset,
        device=options.device,
        as_json=getattr(options, "json", False),
        ascii_only=options.ascii,
        signals=signals,
        control=getattr(options, "control", False),
        paused=options.paused,
        keeper=keeper_of(options, ["regtui", *sys.argv[1:]])(preset),
    )


def _dashboard(ref: str, options: argparse.Namespace, signals: Signals, terminal: Terminal | None) -> int:
    """Open the dashboard on a terminal that may show the opening frame, and stay in it. Raises PresetError."""
    from engine.preload import preload_torch

    preload_torch()
    from tui.opening import preset_of
    from tui.recording import background, keeper_of

    preset = preset_of(ref, options, note)
    keeper = keeper_of(options, ["regtui", *sys.argv[1:]])
    if options.device not in ("auto", "cpu"):
        # Refused before the dashboard opens. For the usual ones, it does not wait for torch.
        from engine.device import choose_device

        choose_device(options.device)
    from tui.app import run_dashboard

    return run_dashboard(
        preset,
        device=options.device,
        fps=options.fps,
        paused=options.paused,
        ascii_only=options.ascii,
        pictures=options.pictures,
        mouse=not options.no_mouse,
        reproduce=_arguments(ref, options),
        signals=signals,
        terminal=terminal,
        keeper_of=keeper,
        stop_on_hang_up=options.on_hangup == "stop",
        background=background(options),
    )


def _command(command: str, rest: Sequence[str]) -> int:
    """The commands that have a file each."""
    from engine.preset.errors import PresetError
    from tui.commands import run_command

    try:
        return run_command(command, rest)
    except PresetError as error:  # and RunError, which is one
        return _complain(str(error), BAD_INPUT)


def _resume(options: argparse.Namespace) -> int:
    """`run --resume`: a run goes on with the preset that it has."""
    options_given = [
        name for name in ("preset", "target", "set", "arm_set", "seeds", "epochs") if getattr(options, name)
    ]
    if options_given:
        name = "a preset" if options_given[0] == "preset" else f"--{options_given[0].replace('_', '-')}"
        raise UsageError(f"--resume: a run goes on with its own preset, without {name}")
    if getattr(options, "control", False):
        raise UsageError("--resume and --control: one at a time")
    from tui.recording import background

    rest = [options.resume, "--no-screen", *background(options)]
    rest += [f"--{name}" for name in ("anyway", "json", "ascii") if getattr(options, name)]
    return _command("resume", rest)


def parser_of(command: str) -> Parser:
    """Of `regtui run`, or of the dashboard: the same options, so that one becomes the other by a word."""
    if command == "run":
        usage = "regtui run [PRESET | FILE.toml | DATA] [options] [--json | --control]"
        about = (
            "Train without a screen: progress bars, then the table. What a preset's timeline says is\n"
            "printed; at its questions and pauses nothing waits."
        )
        example = "example:\n  regtui run data.csv --target label --seeds 5"
        parser = Parser(prog="regtui run", usage=usage, description=about, epilog=example)
    else:
        parser = Parser(prog="regtui", usage=USAGE, description=ABOUT, epilog=EPILOG)
        parser.add_argument("--version", action=_Version, nargs=0, help="show the version and end")
    parser.add_argument(
        "preset",
        nargs="?",
        metavar="PRESET | FILE",
        help="an experiment that comes with it; or of yours a preset (.toml), a CSV file, a folder of images",
    )
    add = experiment_options(parser).add_argument
    add("--device", type=device, default="auto", metavar="D", help="auto (the default), cpu, cuda, cuda:N or mps")
    from tui.recording import hang_up_option, recording_options

    group = recording_options(parser)
    unused = " (no effect here)" if command == "run" else ""
    add = screen_options(parser, unused).add_argument
    add("--paused", action="store_true", help=f"start paused{' (with --control)' if unused else ''}")
    if command == "run":
        add("--resume", metavar="RUN", help="go on with a run that was left, see `regtui resume`")
        add("--anyway", action="store_true", help="with --resume: do not ask where the machine is another")
        add("--json", action="store_true", help="one JSON object a line on stdout, and nothing else there")
        add("--control", action="store_true", help="the same, and commands as JSON lines on stdin")
    else:
        hang_up_option(group)
    return parser


def _arguments(ref: str, options: argparse.Namespace) -> list[str]:
    """The preset and the options that change its numbers."""
    arguments = [ref] if options.target is None else [ref, "--target", options.target]
    for name in ("set", "arm_set"):
        for value in getattr(options, name):
            arguments += [f"--{name.replace('_', '-')}", value]
    for name in ("seeds", "epochs"):
        if getattr(options, name) is not None:
            arguments += [f"--{name}", str(getattr(options, name))]
    return arguments if options.device == "auto" else [*arguments, "--device", options.device]


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
    return _complain(f"{type(error).__name__}: {error} (log: {path})", FAILED)


def _silence_stdout() -> None:
    """What is still buffered would fail again when Python flushes it at its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
        return
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
