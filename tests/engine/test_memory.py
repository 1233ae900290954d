"""What there is of memory, read from files as the system lays them out, and what cannot fit into it is refused."""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from engine.lab import Lab
from engine.memory import EXHAUSTED, free_memory, in_words, refuse_what_cannot_fit
from engine.preset import PresetError
from tests.engine.small import preset_of
from tui.cli import main

GB = 1_000_000_000


def system(root: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)


MEMINFO = "MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    8000000 kB\n"


def test_without_a_limit_it_is_what_the_system_says(tmp_path: Path) -> None:
    assert free_memory(system(tmp_path, {"proc/meminfo": MEMINFO})) == 8_000_000 * 1024


@pytest.mark.parametrize("folder", ["", "a", "a/b"])
def test_a_limit_of_any_group_above_counts_less_what_is_used_and_cannot_be_given_back(
    folder: str, tmp_path: Path
) -> None:
    group = f"sys/fs/cgroup/{folder}"
    files = {
        "proc/meminfo": MEMINFO,
        "proc/self/cgroup": "0::/a/b\n",
        f"{group}/memory.max": "2000000000\n",
        f"{group}/memory.current": "1500000000\n",
        f"{group}/memory.stat": "anon 1000000000\ninactive_file 400000000\n",
        "sys/fs/cgroup/other/memory.max": "1\n",
    }
    assert free_memory(system(tmp_path, files)) == 900_000_000


def test_the_older_control_groups_count_too_and_no_limit_is_none(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/memory/box"
    files = {
        "proc/meminfo": MEMINFO,
        "proc/self/cgroup": "5:cpu,cpuacct:/box\n4:memory:/box\n0::/\n",
        f"{group}/memory.limit_in_bytes": "3000000000\n",
        f"{group}/memory.usage_in_bytes": "1000000000\n",
        "sys/fs/cgroup/memory.max": "max\n",
        "sys/fs/cgroup/memory.current": "5\n",
    }
    assert free_memory(system(tmp_path, files)) == 2 * GB


def test_more_used_than_allowed_leaves_nothing(tmp_path: Path) -> None:
    files = {"proc/meminfo": MEMINFO, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "5", "sys/fs/cgroup/memory.current": "9"}  # fmt: skip  # noqa: E501
    assert free_memory(system(tmp_path, files)) == 0


def test_this_machine_has_some() -> None:
    free = free_memory()
    assert free is not None
    assert 10_000_000 < free < 100_000 * GB


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (22_340_000_000, "22.3 GB"), (999_600_000, "1.0 GB"),
     (123_456_000_000, "123 GB"), (10**25, "10,000,000 EB")],
)  # fmt: skip
def test_bytes_are_told_in_three_figures(count: int, words: str) -> None:
    assert in_words(count) == words


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ({"data.source": "moons", "data.samples": 10**11}, "000,000 examples of moons would take at least 4.4 TB of"),
        ({"data.source": "curve", "data.samples": 10**18}, "examples of curve would take at least"),
        ({"data.source": "exam", "data.samples": 10**11}, "examples of exam"),
        ({"data.source": "thumbtack", "data.samples": 10**11, "model.kind": "bernoulli"}, "examples of thumbtack"),
        ({"model.hidden": [65536] * 64}, "1 lane of 270,5"),
        ({"model.hidden": [65536] * 8, "training.optimizer": "adam", "model.norm": "batch"}, "1 lane of 30,"),
        ({"data.source": "digits", "model.kind": "cnn", "model.channels": [4096] * 3, "model.hidden": [65536] * 3},
         "1 lane of"),
        ({"training.seeds": list(range(1_000)), "model.hidden": [20_000] * 3}, "1,000 lanes of 800,"),
    ],
)  # fmt: skip
def test_what_cannot_fit_is_refused_before_it_is_made_with_both_numbers(base: dict, message: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PresetError) as raised:
        Lab(preset_of(base), "cpu")
    assert message in str(raised.value)
    assert " of memory, and " in str(raised.value)
    assert " are free: use fewer " in str(raised.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # kB


def test_seeds_beyond_counting_end_the_program_with_2_and_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["run"], []):
        assert main([*command, "dropout", "--seeds", "999999999"]) == 2
        out, err = capsys.readouterr()
        assert not out
        assert err == "regtui: --seeds 999999999: must be at least 1 and at most 10,000\n"


@pytest.mark.parametrize(("need", "free", "refused"), [(101, 100, True), (100, 100, False), (9**9, None, False)])
def test_what_is_more_than_there_is_is_refused_and_nothing_else(need: int, free: int | None, refused: bool) -> None:
    context = pytest.raises(PresetError) if refused else contextlib.nullcontext()
    with context as raised:
        refuse_what_cannot_fit(need, free, "This", "less")
    if raised is not None:
        assert str(raised.value) == "This would take at least 101 bytes of memory, and 100 bytes are free: use less"


MEASURE = """
import os, resource, sys
from pathlib import Path
from engine.lab import Lab
from tests.engine.small import preset_of
needs = []
def noted(need, free, what, mend):
    needs.append(need)
import engine.data.task, engine.stack.size
engine.data.task.refuse_what_cannot_fit = engine.stack.size.refuse_what_cannot_fit = noted
Lab(preset_of({"training.epochs": 1}), "cpu").run_epoch()
for base in eval(sys.argv[1]):
    if os.fork():  # so that each begins with the same memory, and its peak is its own
        assert os.wait()[1] == 0
        continue
    needs.clear()
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    lab = Lab(preset_of({"training.epochs": 1, **base}), "cpu")
    lab.run_epoch()
    *data, stacks = needs
    # Not getrusage's ru_maxrss, in which there is what the tests themselves held when they started this process.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(max(data) + stacks, 1024 * int(peak.split()[1]) - before, flush=True)
    os._exit(0)
"""
BASES = [
    {"model.hidden": [2000, 2000], "training.optimizer": "adam", "training.batch_size": 90},
    {"data.source": "moons", "data.samples": 1_000_000, "training.batch_size": 500_000, "model.hidden": [16]},
    {"data.source": "digits", "model.kind": "cnn", "model.channels": [128], "model.hidden": [],
     "training.batch_size": 1000, "training.seeds": [0, 1, 2]},
]  # fmt: skip


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux what a process takes")
def test_the_estimate_is_no_more_than_what_it_takes_and_not_far_below() -> None:
    """Where weights, examples, or activations take the most."""
    completed = subprocess.run(
        [sys.executable, "-c", MEASURE, repr(BASES)],
        capture_output=True, text=True, check=True, env={"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    measured = [tuple(map(int, line.split())) for line in completed.stdout.splitlines()]
    assert len(measured) == len(BASES)
    for base, (need, took) in zip(BASES, measured, strict=True):
        assert need < took, base
        assert need > 0.15 * took, base


LIMITED = """
import resource, sys, time
from pathlib import Path
import engine.lab
from tui.cli import main
held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + 300_000_000,) * 2)
wide, long = ["model.hidden=[5000,5000]"], ["data.source=moons", "data.samples=10000000"]
for settings in (wide, long):
    assert main(["run", "dropout", *(word for setting in settings for word in ("--set", setting))]) == 2
from engine.preset import load_preset
from engine.worker import Worker
worker = Worker(load_preset("dropout", wide), "cpu")
worker.start()
while worker.view().state != "failed":
    time.sleep(0.01)
print(worker.view().record.failed.message, worker.view().record.failed.log, file=sys.stderr)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits a process as Linux does")
def test_a_machine_that_gives_less_than_it_had_left_is_told_in_a_line() -> None:
    """To torch, to numpy, and to the thread beside the screen."""
    completed = subprocess.run(
        [sys.executable, "-c", LIMITED],
        capture_output=True, text=True, check=False, timeout=60, env={"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert [line.removeprefix("regtui: ").strip() for line in completed.stderr.splitlines()] == [EXHAUSTED] * 3
    assert completed.returncode == 0
