"""Torch's libraries, loaded beside Python's work at the start of a program.

`import torch` spends about a fifth of its time on loading them, and holds up all of Python's threads for as long. Here
a thread of its own loads them without holding them up.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

# In this order, as torch itself loads them. None of them needs Python; the one that does is left to `import torch`.
_LIBRARIES = ("libtorch_global_deps.so", "libtorch_cpu.so", "libtorch_cuda.so")


def preload_torch() -> threading.Thread | None:
    """Begin to load what `import torch` will need; None where that is not known (not Linux, no torch).

    What cannot be loaded here is left to the import, which says what is wrong.
    """
    found = find_spec("torch") if sys.platform == "linux" and "torch" not in sys.modules else None
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(next(iter(found.submodule_search_locations))) / "lib"
    thread = threading.Thread(target=_load, args=(folder,), name="regtui-libraries", daemon=True)
    thread.start()
    return thread


def _load(folder: Path) -> None:
    # Not ctypes.CDLL, which holds Python's lock while it loads: a function that is called through it does not.
    load = ctypes.CDLL(None).dlopen
    load.restype, load.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
    for name in _LIBRARIES:
        if (path := folder / name).exists():
            load(os.fsencode(path), os.RTLD_LAZY | (os.RTLD_GLOBAL if "global" in name else 0))
