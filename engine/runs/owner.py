"""Which process writes a run's file, and whether it still lives."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

# A writer on another host, or in another container, is taken for dead when it has written nothing for so long, seconds.
SILENCE = 120.0
# So often it says that it lives where there is nothing else to write, seconds.
HEARTBEAT = 30.0


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, such that another one which is given its number later is not taken for it.

    Attributes
    ----------
    host, boot : the machine, and which of its starts; `boot` is empty where the system does not tell.
    space : which processes its number counts among: each container has its own.
    began : when the process began, in the system's own ticks; 0 where it does not tell.
    """

    pid: int
    host: str
    boot: str = ""
    space: str = ""
    began: int = 0

    @classmethod
    def here(cls) -> Owner:
        """This process."""
        pid = os.getpid()
        return cls(pid, socket.gethostname(), _boot(), _space(), _began(pid))

    def lives(self, heard: float) -> bool:
        """Whether it runs. `heard` is when it last wrote, seconds since 1970; asked where it is out of sight."""
        if self.host != socket.gethostname() or self.space != _space():
            return time.time() - heard < SILENCE
        if self.boot != _boot():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except (OSError, OverflowError):
            pass  # another user's: it is there
        return self.began == _began(self.pid) and not _has_ended(self.pid)


def _boot() -> str:
    return _text("/proc/sys/kernel/random/boot_id").strip()


def _space() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _fields(pid: int) -> list[str]:
    # The name, in parentheses, may hold anything: what counts comes after the last one.
    return _text(f"/proc/{pid}/stat").rpartition(")")[2].split()


def _began(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[19]) if len(fields) > 19 else 0


def _has_ended(pid: int) -> bool:
    """Whether it only waits for its parent to take notice."""
    return _fields(pid)[:1] in (["Z"], ["X"])


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
