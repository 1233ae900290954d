"""The states of the installed program in a real terminal in which a signal may meet it."""

from __future__ import annotations

from pathlib import Path

from tests.small import PRESET, trains
from tests.terminal import Terminal

# Of a data file, this takes the better part of a minute to read.
ROWS = 400_000


def opening(terminal: Terminal) -> None:
    terminal.wait_for("opening")


def importing(terminal: Terminal) -> None:
    terminal.wait_for("importing torch")


def loading(terminal: Terminal) -> None:
    terminal.wait_for("loading the data")


def training(terminal: Terminal) -> None:
    terminal.wait_for(trains)


def sweeping(terminal: Terminal) -> None:
    terminal.wait_for(trains)
    terminal.press("f")
    terminal.wait_for("sweep")


def exporting(terminal: Terminal) -> None:
    terminal.wait_for(trains)
    terminal.press("e")
    terminal.wait_for("export as")
    terminal.press("enter")
    terminal.watch(0.05)


def quitting(terminal: Terminal) -> None:
    terminal.wait_for(trains)
    terminal.press("q")
    terminal.wait_for("stop and keep")
    terminal.press("enter")


STATES = [opening, importing, loading, training, sweeping, exporting, quitting]


def write_large(folder: Path) -> None:
    """`large.toml`, and the data file that it takes long to load."""
    with (folder / "large.csv").open("w") as file:
        file.write(",".join(f"x{column}" for column in range(40)) + ",y\n")
        row = ",".join(["0.25"] * 40)
        file.writelines(f"{row},{number % 2}\n" for number in range(ROWS))
    preset = PRESET.replace('source = "moons"\nsamples = 120', 'source = "csv"\npath = "large.csv"\ntarget = "y"')
    (folder / "large.toml").write_text(preset)
