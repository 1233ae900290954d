"""Files of ours: each is written aside and takes its name when it is whole; and names for them, from any words.

Free of torch and of numpy, so that whoever writes a file can be asked without them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

# The bytes that the name of a file may have, on every usual file system.
LONGEST_NAME = 255


@contextmanager
def written(path: Path, *, replace: bool = True) -> Iterator[IO[bytes]]:
    """A file to write that takes the name `path` only when it is whole and on the disk.

    Whatever goes wrong before that, a full disk or a killed process, a file that was there before stays as it was. It
    is written in the same folder under a name of its own, which is removed where the writing fails (a killed process
    leaves it: `.regtui-*.part`).

    Parameters
    ----------
    replace : whether a file of that name is replaced. Its permissions are kept, and its owner where this is allowed; of
        a link the file it leads to is replaced. Without it nothing that has the name is touched, not even where it
        appears while the file is written.

    Raises
    ------
    FileExistsError
        The name is taken, and not to be replaced.
    OSError, ValueError
        It cannot be written there, or no file can have such a name.
    """
    place = Path(os.path.realpath(path)) if replace else path
    before = _status(place)
    if before is not None:
        if not replace:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        if not os.access(place, os.W_OK):  # which a rename would not ask
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    aside = place.parent / f".regtui-{os.urandom(8).hex()}.part"
    # What replaces a private file is private from its first byte.
    mode = 0o666 if before is None else 0o600
    try:
        with open(aside, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            _make_alike(aside, before)
        if replace:
            os.replace(aside, place)
        else:
            give_new_name(aside, place)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise
    _sync_folder(place.parent)


def _status(place: Path) -> os.stat_result | None:
    """What stands at `place`, None for nothing. Raises OSError where it is nothing that may be replaced."""
    try:
        found = os.stat(place)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(place))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "Not a regular file", str(place))
    return found


def _make_alike(aside: Path, before: os.stat_result) -> None:
    """Give the new file the owner and the permissions of the one it replaces."""
    if hasattr(os, "chown") and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(OSError):  # only the administrator may give a file away
            os.chown(aside, before.st_uid, before.st_gid)
    os.chmod(aside, stat.S_IMODE(before.st_mode))


def give_new_name(aside: Path, place: Path) -> None:
    """Name a finished file in the same folder; fails where the name is taken, which a rename does not."""
    try:
        os.link(aside, place)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links, as on memory sticks: an empty file holds the name until the finished one has it.
        os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.replace(aside, place)
    else:
        os.unlink(aside)


def _sync_folder(folder: Path) -> None:
    """Let the new name outlast a power cut too, where the system can do that for a folder."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


_UNSAFE = re.compile(r"[^\w.+-]+")


def file_name(words: str, ending: str = "") -> str:
    """A name for a file, from any words: letters, digits and `.+-_`, at most 255 bytes with its ending."""
    # No file can have a lone surrogate in its name, and a leading point would hide it.
    plain = _UNSAFE.sub("-", words.encode("utf-8", "replace").decode("utf-8")).strip("-.")
    room = LONGEST_NAME - len(ending.encode("utf-8"))
    return plain.encode("utf-8")[:room].decode("utf-8", "ignore") + ending
