"""How much memory there is, and the line that refuses what cannot fit into it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from engine.preset.errors import PresetError

if TYPE_CHECKING:
    import torch

# The message where a device refuses memory, though less was asked for than it had left.
EXHAUSTED = "the memory is not enough: use fewer seeds or arms, or a smaller network, batch or data"
_UNITS = ("kB", "MB", "GB", "TB", "PB", "EB")


def refuse_what_cannot_fit(need: int, free: int | None, what: str, mend: str) -> None:
    """Raise PresetError where `need` bytes are more than there are.

    Parameters
    ----------
    need : what it takes at the least, so that nothing is refused that would have run.
    free : see `free_memory`; None where it is not known, and nothing is refused.
    what, mend : what would take it, and what to use instead.
    """
    if free is not None and need > free:
        raise PresetError(
            f"{what} would take at least {in_words(need)} of memory, and {in_words(free)} are free: use {mend}"
        )


def in_words(count: int) -> str:
    """Bytes in readable units: `3.1 GB`."""
    if count < 1000:
        return f"{count} bytes"
    power = min((len(str(count)) - 1) // 3, len(_UNITS))
    size = count / 1000**power
    if round(size) == 1000 and power < len(_UNITS):
        size, power = 1.0, power + 1
    return f"{size:,.{1 if size < 99.95 else 0}f} {_UNITS[power - 1]}"


def is_exhausted(error: BaseException) -> bool:
    """Whether an error is Python's, NumPy's or torch's way to say that there is no memory left."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"  # of torch, on a GPU
        or (isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error))
    )


def free_on(device: torch.device) -> int | None:
    """Bytes that are free on a device; the system's own where they share its memory."""
    if device.type != "cuda":
        return free_memory()
    import torch

    reserved = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(
        device
    )  # by torch, for the next tensors
    return torch.cuda.mem_get_info(device)[0] + reserved


def free_memory(root: str = "/") -> int | None:
    """Bytes that a new process can have: what the system says, or less where a control group limits this one.

    None where neither is known.

    Parameters
    ----------
    root : where /proc and /sys are.
    """
    found = [free for free in (_of_system(Path(root)), *_of_groups(Path(root))) if free is not None]
    return max(0, min(found)) if found else None


def _of_system(root: Path) -> int | None:
    for line in _lines(root / "proc/meminfo"):
        name, _, rest = line.partition(":")
        if name == "MemAvailable" and (words := rest.split()) and words[0].isdecimal():
            return 1024 * int(words[0])
    try:  # not Linux: all there is
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _of_groups(root: Path) -> Iterator[int | None]:
    """What each control group over this process has left, of both versions of the interface."""
    for line in _lines(root / "proc/self/cgroup"):
        controllers, _, path = line.partition(":")[2].partition(":")
        if controllers == "":
            base, names = root / "sys/fs/cgroup", ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            base = root / "sys/fs/cgroup/memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        # In a container the path is the host's, and the limit lies at the top.
        for group in (PurePosixPath(path), *PurePosixPath(path).parents):
            yield _left(base / str(group).lstrip("/"), *names)


def _left(folder: Path, limit: str, used: str, cache: str) -> int | None:
    most, now = _number(folder / limit), _number(folder / used)
    if most is None or now is None:
        return None
    stat = dict(line.split()[:2] for line in _lines(folder / "memory.stat") if len(line.split()) > 1)
    given_back = int(stat.get(cache, "0"))  # the cache of files counts as used, and goes when it is needed
    return most - now + given_back


def _number(path: Path) -> int | None:
    text = "".join(_lines(path)).strip()
    return int(text) if text.isdecimal() else None  # or "max"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []


def give_back() -> None:
    """Let another process have the memory of a GPU that torch keeps here for later."""
    if (torch := sys.modules.get("torch")) is not None and torch.cuda.is_initialized():
        gc.collect()
        torch.cuda.empty_cache()
