"""Its small parts: file systems, processes, levels, thinning, and where files are written."""

from __future__ import annotations

import dataclasses
import itertools
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from engine.data.fingerprint import fingerprints, sha256_of
from engine.history import History, stride_of
from engine.runs.checkpoint import Checkpoint
from engine.runs.filesystem import is_shared
from engine.runs.meta import Environment
from engine.runs.owner import SILENCE, Owner
from engine.runs.reader import RunReader
from engine.runs.thinning import thinned
from engine.runs.writer import RunWriter
from tests.engine.runs.small import small_lab
from tests.engine.runs.synthetic import epoch_events, started_of, wide_preset
from tests.engine.small import task_of

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /home nfs4 rw 0 0
/dev/sdb1 /home/ann/disk\\040one ext4 rw 0 0
cluster@tcp:/lustre /scratch lustre rw 0 0
me@host: /mnt/far fuse.sshfs rw 0 0
/dev/sdc1 /mnt/stick fuseblk rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "shared"),
    [
        ("/var/lib", False),
        ("/home", True),
        ("/home/ann/runs", True),
        ("/homes", False),
        ("/home/ann/disk one/runs", False),
        ("/scratch/ann", True),
        ("/mnt/far/runs", True),
        ("/mnt/stick", False),
    ],
)
def test_a_folder_that_other_hosts_see_is_known(folder: str, shared: bool, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert is_shared(Path(folder), mounts) == shared


def test_where_the_system_does_not_tell_no_folder_is_shared(tmp_path: Path) -> None:
    assert not is_shared(tmp_path, tmp_path / "none")


def test_a_process_lives_until_it_ends_and_no_other_is_taken_for_it() -> None:
    code = "import sys; from engine.runs.owner import Owner; print(repr(Owner.here()), flush=True); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    owner = eval(child.stdout.readline(), {"Owner": Owner})
    assert owner.lives(0.0)
    assert not dataclasses.replace(owner, began=owner.began + 1).lives(time.time())
    assert not dataclasses.replace(owner, boot="another").lives(time.time())
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has taken notice
    assert not owner.lives(time.time())
    child.communicate()
    assert not owner.lives(time.time())


def test_a_process_of_another_host_lives_as_long_as_it_is_heard_of() -> None:
    owner = dataclasses.replace(Owner.here(), host="elsewhere")
    assert owner.lives(time.time())
    assert not owner.lives(time.time() - SILENCE - 1)


def test_the_environment_tells_of_torch_where_it_is_there() -> None:
    import torch

    here = Environment.here("cpu")
    assert here.versions["torch"] == torch.__version__
    assert here.threads == torch.get_num_threads()
    assert here.differences(Environment.here("cpu")) == []


def test_data_are_known_again_and_any_change_is_another() -> None:
    task = task_of([0, 1])
    assert sha256_of(task) == sha256_of(task_of([0, 1]))
    assert sha256_of(task) != sha256_of(task_of([0, 2]))
    other = task_of([0, 1])
    other.test_y_SN[1, 3] = (other.test_y_SN[1, 3] + 1) % 3
    assert sha256_of(task) != sha256_of(other)
    (print_,) = fingerprints(small_lab().stacks)
    assert (print_.source, print_.arms, print_.train) == ("iris", ("plain", "noisy", "wide"), 40)


@pytest.mark.parametrize("count", [70, 1000, 1300, 17_000, 40_000])
def test_the_least_and_the_greatest_of_every_block_are_kept(count: int, tmp_path: Path) -> None:
    preset = wide_preset(1, 1)
    writer = RunWriter(tmp_path / "run.regtui", preset)
    writer.take([started_of(preset)])
    chance = random.Random(count)
    values = np.array([chance.gauss(0, 1) for _ in range(count)])
    values[chance.randrange(count)] = np.nan
    (event,) = epoch_events(preset, 1, 1)
    for epoch, value in enumerate(values, start=1):
        later = {"penalty.later": -value} if epoch > count // 2 else {}
        writer.take([dataclasses.replace(event, epoch=epoch, metrics={"penalty.0": value, **later})])
    writer.close()
    with RunReader(writer.path) as reader:
        epochs, numbers_read = reader.series("penalty.0", "arm 0", 0)
        assert np.array_equal(epochs, np.arange(1, count + 1))
        assert np.array_equal(numbers_read, values, equal_nan=True)
        for points in (20, 100, 700):
            for metric, numbers in (("penalty.0", values), ("penalty.later", -values)):
                first, low, high = reader.envelope(metric, "arm 0", 0, points)
                if metric == "penalty.later":
                    numbers = np.where(np.arange(count) < count // 2, np.nan, numbers)
                    told_low = low[~np.isnan(low)]
                    assert told_low.min() == np.nanmin(numbers)
                    continue
                ends = [*first[1:], count + 1]
                assert first[0] == 1
                for begin, end, least, greatest in zip(first, ends, low, high, strict=True):
                    block = numbers[begin - 1 : end - 1]
                    if np.isfinite(block).any():
                        assert (least, greatest) == (np.nanmin(block), np.nanmax(block))


def checkpoint(number: int, time: float, size: int = 100, loss: float | None = 1.0, **more: bool) -> Checkpoint:
    return Checkpoint(number, 0, number, 0, time, 0, size, "", 0, 0, loss, **more)


def test_checkpoints_are_thinned_with_their_age_and_the_first_and_the_best_stay() -> None:
    remaining: list[Checkpoint] = []
    for number in range(1, 3601):  # thirty hours, one every half minute
        loss = 0.1 if number == 1700 else 1.0
        remaining = thinned([*remaining, checkpoint(number, 30.0 * number, loss=loss)], 10**9)
    numbers = [saved.number for saved in remaining]
    assert numbers[0] == 1
    assert 1700 in numbers
    assert numbers[-10:] == [*range(3591, 3601)]
    assert len(numbers) < 60
    now = remaining[-1].time
    for before, after in itertools.pairwise(remaining):
        assert after.time - before.time <= max(30.0, 0.5 * (now - before.time))


@pytest.mark.parametrize("room", [50, 100, 250, 350, 1000])
def test_checkpoints_keep_within_their_room_and_the_newest_is_always_there(room: int) -> None:
    remaining: list[Checkpoint] = []
    for number in range(1, 200):
        loss = 0.1 if number == 50 else 1.0
        remaining = thinned([*remaining, checkpoint(number, 30.0 * number, loss=loss)], room)
        assert remaining[-1].number == number
        assert sum(saved.bytes for saved in remaining) <= max(room, 100)
    numbers = [saved.number for saved in remaining]
    assert (50 in numbers) == (room >= 250)
    assert (1 in numbers) == (room >= 350)


def test_a_pinned_checkpoint_stays() -> None:
    remaining: list[Checkpoint] = []
    for number in range(1, 1000):
        remaining = thinned([*remaining, checkpoint(number, 30.0 * number, pinned=number == 77)], 10**9)
    assert 77 in [saved.number for saved in remaining]


def test_the_file_does_not_grow_beyond_its_checkpoints(tmp_path: Path) -> None:
    lab = small_lab(**{"model.hidden": [64, 64]})
    writer = RunWriter(tmp_path / "run.regtui", lab.preset, keep_bytes=4_000_000)
    sizes = []
    for _ in range(40):
        writer.checkpoint(lab.state())
        assert writer.flush()
        with RunReader(writer.path) as reader:
            assert sum(saved.bytes for saved in reader.checkpoints()) <= 4_000_000
        sizes.append(writer.path.stat().st_size)
    writer.close()
    assert writer.path.stat().st_size < 6_000_000


@pytest.mark.parametrize("points", [4, 5, 16, 64])
def test_the_pitch_of_a_history_is_a_function_of_its_length(points: int) -> None:
    preset = wide_preset(1, 1)
    history = History([("arm 0", 0)], points)
    for epoch in range(1, 40 * points):
        history.add(epoch_events(preset, epoch, 1)[0])  # type: ignore[arg-type]
        stride = stride_of(epoch, points)
        assert history._stride == stride
        assert history.series("penalty.0", "arm 0", 0)[0].tolist() == sorted({*range(1, epoch + 1, stride), epoch})
