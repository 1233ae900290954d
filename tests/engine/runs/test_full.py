"""A disk of a megabyte: full, then room again, and the run's file has all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SMALL = 'mount -t tmpfs -o size=1m small "$0" && exec "$@"'
FULL = """
import subprocess, sys
from pathlib import Path
from tests.engine.runs.test_trouble import PRESET, begun, go_on, recorded

folder = Path(sys.argv[1])
writer = begun(folder / "run.regtui")
epoch = 1
while writer.trouble is None:
    go_on(writer, epoch + 1, epoch + 200)
    epoch += 200
    writer.flush()
print(writer.trouble)
assert writer.trouble.epoch == epoch - 199, writer.trouble
read = recorded(folder / "run.regtui")  # what was written before is whole, and can be read meanwhile
assert read == list(range(1, epoch - 199)), read[-1]
for _ in range(3):
    go_on(writer, epoch + 1, epoch + 200)
    epoch += 200
    assert not writer.flush()
subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
assert writer.flush() and writer.trouble is None
assert writer.close("finished")
assert recorded(folder / "run.regtui") == list(range(1, epoch + 1))
"""


def test_a_disk_of_a_megabyte_is_full_and_then_has_room_again(tmp_path: Path) -> None:
    alone = ["unshare", "-rm", "sh", "-c", SMALL, str(tmp_path)]
    try:
        subprocess.run([*alone, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk of its own can be mounted here")
    completed = subprocess.run(
        [*alone, sys.executable, "-c", FULL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, completed.stderr
    assert completed.stdout.startswith("not recorded since ")
