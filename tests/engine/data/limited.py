"""Loading in a process of its own that may take little memory, and has so long for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

_CODE = """
import json, os, resource, sys
import torch, PIL.Image
from engine.data import load_task
from engine.preset.errors import PresetError
from engine.preset.schema import Data

more, cases = json.loads(sys.stdin.read())
now = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
resource.setrlimit(resource.RLIMIT_AS, (now + more, now + more))
for settings in cases:
    root = settings.pop("root", None)
    if root:
        os.environ["REGTUI_DATA"] = root
    try:
        load_task(Data(**settings), [0], torch.device("cpu"), torch.float32)
        print("loaded")
    except PresetError as error:
        print(json.dumps(str(error)))
"""


def refusals(cases: Sequence[Mapping[str, Any]], megabytes: int, seconds: float = 60) -> list[str]:
    """What each of these settings is refused with, or `loaded`, in a process that may take so much more memory.

    `root` among the settings is the data folder. Nothing but that comes from the process.
    """
    completed = subprocess.run(
        [sys.executable, "-c", _CODE],
        input=json.dumps([megabytes << 20, list(cases)]),
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert completed.stderr == "", completed.stderr
    assert completed.returncode == 0
    lines = [json.loads(line) if line.startswith('"') else line for line in completed.stdout.splitlines()]
    assert len(lines) == len(cases)
    for line in lines:
        assert line.isprintable()
        assert len(line) <= 300
    return lines
