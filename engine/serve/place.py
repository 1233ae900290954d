"""Where the sockets of living runs lie, which of them are stale, and whose process is at the other end."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import stat
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# A socket's whole path, bytes: Linux takes 107, macOS 103.
_LONGEST = 100
_SUFFIX = ".sock"
_NAME = 32 + len(".1234567")  # of the longest socket, while it is made
_PATIENCE = 0.5  # seconds


def socket_folder(runs: Path) -> Path:
    """A folder of mode 0700 of this person for sockets, made where it is missing.

    The first of `socket_folders` that can be used. Raises OSError where there is none.
    """
    why: OSError | None = None
    for folder in socket_folders(runs):
        try:
            _make_private(folder)
            return folder
        except OSError as error:
            why = why or error
    raise why or FileNotFoundError(f"no folder for a socket: {runs} has too long a name")


def socket_folders(runs: Path) -> Iterator[Path]:
    """Where sockets may lie, the best first: in XDG_RUNTIME_DIR, beside the runs, in the folder of temporary files.

    XDG_RUNTIME_DIR may be set in one session and not in another, and is emptied when the last one ends: whoever looks
    for a socket looks in all of them.
    """
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(given) and os.path.isdir(given):
        yield Path(given) / "regtui"
    if len(os.fsencode(runs.absolute())) + len("/sockets/") + _NAME <= _LONGEST:
        yield runs.absolute() / "sockets"
    yield Path(tempfile.gettempdir()) / f"regtui-{os.geteuid()}"


def socket_path(folder: Path, run: str) -> Path:
    """The socket of a run. Raises ValueError where its id is no name of a file."""
    if not re.fullmatch(r"[\w.-]{1,32}", run, re.ASCII) or run.startswith("."):
        raise ValueError(f"run id {run!r}: must be up to 32 letters, digits, dots, dashes and underscores")
    return folder / f"{run}{_SUFFIX}"


def living_sockets(runs: Path) -> dict[str, Path]:
    """The sockets of runs that are in training now, by the runs' ids. Stale ones are removed."""
    found: dict[str, Path] = {}
    for folder in socket_folders(runs):
        if _is_private(folder):
            for path in sorted(folder.glob(f"*{_SUFFIX}")):
                if path.stem not in found and not remove_if_stale(path):
                    found[path.stem] = path
    return found


def remove_if_stale(path: Path) -> bool:
    """Remove a socket that nobody listens at; whether there is none now. What is no socket is left alone."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_PATIENCE)
            probe.connect(str(path))
        return False
    except FileNotFoundError:
        return True
    except ConnectionRefusedError:
        with contextlib.suppress(OSError):
            path.unlink()
        return True
    except OSError:  # it is there, and busy
        return False


def bind(path: Path) -> socket.socket:
    """A listening socket at this path, for this person only. Raises OSError where another process listens there."""
    if not remove_if_stale(path):
        raise FileExistsError(f"{path}: another process trains this run, or a file is in the way")
    # Under another name until it listens: at no moment is it there and refuses.
    new = path.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        new.unlink()
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(new))
        new.chmod(0o600)
        listener.listen(16)
        listener.setblocking(False)
        new.rename(path)
    except BaseException:
        listener.close()
        raise
    return listener


def is_of_this_person(connection: socket.socket) -> bool:
    """Whether the process at the other end runs as the same user; where a system cannot say, the folder's mode does."""
    uid = _peer_uid(connection)
    return uid is None or uid == os.geteuid()


def _peer_uid(connection: socket.socket) -> int | None:
    if hasattr(socket, "SO_PEERCRED"):
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[1])  # pid, uid, gid
    if sys.platform == "darwin" or "bsd" in sys.platform:
        credentials = connection.getsockopt(0, 1, struct.calcsize("2I"))  # LOCAL_PEERCRED: version, uid, groups
        return int(struct.unpack("2I", credentials)[1])
    return None


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.lstat().st_uid == os.geteuid() and stat.S_ISDIR(folder.lstat().st_mode):
        folder.chmod(0o700)
    if not _is_private(folder):
        raise PermissionError(f"{folder}: must be a folder of yours that nobody else can enter")


def _is_private(folder: Path) -> bool:
    try:
        about = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid() and not about.st_mode & 0o077
