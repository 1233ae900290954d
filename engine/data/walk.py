"""What lies below a folder, whatever its links lead to."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.data.words import shown
from engine.events import Loading
from engine.preset.errors import PresetError
from engine.text import quoted

# Below a link to somewhere else there may be a whole disk.
_MOST_ENTRIES = 2_000_000


class Walk:
    """A walk that takes each file and each folder once, known by device and inode and not by name.

    A link back would be followed for ever, and two of them double the images at each step.

    Parameters
    ----------
    root : no link leads back to it, nor to a folder that it lies in.
    endings : of the files that are looked for, in small letters.
    prefix : how a message begins.
    report : called with how far it is.

    Raises
    ------
    OSError
        A folder cannot be read, or a link with such an ending leads nowhere.
    """

    def __init__(self, root: Path, endings: tuple[str, ...], prefix: str, report: Callable[[Loading], None]) -> None:
        self._endings, self._prefix, self._report = endings, prefix, report
        self._name = shown(root.name, 40)
        self._entries = 0
        here = root.resolve()
        self._above = {_identity(os.stat(folder)) for folder in (here, *here.parents)}
        self._taken = set(self._above)

    def folders(self, root: Path) -> list[Path]:
        """The folders directly in `root`, in alphabetical order, but for those that it lies in itself."""
        return sorted(
            Path(entry.path)
            for entry in os.scandir(root)
            if entry.is_dir() and _identity(os.stat(entry.path)) not in self._above
        )

    def files(self, folders: Sequence[Path]) -> dict[Path, list[Path]]:
        """The files in each folder and in those below it, in alphabetical order folder by folder.

        Links are followed when all that truly lies in the folders has been taken.

        Raises
        ------
        PresetError
            One of the folders is a link to another one.
        """
        files_in: dict[Path, list[str]] = {folder: [] for folder in folders}
        links = [(folder, str(folder)) for folder in folders if folder.is_symlink()]
        for folder in folders:
            if not folder.is_symlink() and self._takes(os.stat(folder)):
                self._below(str(folder), folder, files_in, links)
        for folder, place in links:  # more come while it runs
            status = os.stat(place)
            if stat.S_ISREG(status.st_mode):
                if self._takes(status):
                    files_in[folder].append(place)
            elif stat.S_ISDIR(status.st_mode):
                if self._takes(status):
                    self._below(place, folder, files_in, links)
                elif place == str(folder):
                    raise PresetError(
                        f"{self._prefix}: {quoted(folder.name, 40)} is a link to a folder taken already: remove it"
                    )
        return {
            folder: [Path(place) for place in sorted(places, key=os.path.split)] for folder, places in files_in.items()
        }

    def _below(self, start: str, folder: Path, files_in: dict[Path, list[str]], links: list[tuple[Path, str]]) -> None:
        waiting = [start]
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    self._count()
                    fits = entry.name.lower().endswith(self._endings)
                    if entry.is_symlink():
                        if fits or entry.is_dir():
                            links.append((folder, entry.path))
                    elif entry.is_dir():
                        if self._takes(os.stat(entry.path)):
                            waiting.append(entry.path)
                    elif fits and entry.is_file() and self._takes(os.stat(entry.path)):
                        files_in[folder].append(entry.path)

    def _takes(self, status: os.stat_result) -> bool:
        """Whether it has not been taken before; from now on it has."""
        identity = _identity(status)
        if identity in self._taken:
            return False
        self._taken.add(identity)
        return True

    def _count(self) -> None:
        self._entries += 1
        if self._entries > _MOST_ENTRIES:
            raise PresetError(f"{self._prefix}: has more than {_MOST_ENTRIES:,} files: give a folder of images only")
        if self._entries % 1000 == 0:
            self._report(Loading(f"looking for images in {self._name}: {self._entries:,} files so far"))


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
