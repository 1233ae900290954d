"""Forged data files through a whole short run: trained on, or refused in one line, and nothing in them carried out."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from tests.attack import forged_files, forged_images, forged_pickles, forged_tables
from tests.attack.judge import BAD_INPUT, Case, fault
from tests.attack.pool import Limits, forked
from tests.attack.program import warm
from tui.exits import DIVERGED, DONE

COUNT = 2_000
ABOUT = "IDX, pickles, tar, gzip, CSV and folders of images: damaged, forged, blown up, linked"
_PRESET = """\
[data]
{data}
train = 10
validation = 4
test = 4
[model]
hidden = [4]
[training]
epochs = 1
"""
_CIFAR = "cifar-10-batches-py"
_BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


def attack(numbers: Sequence[int], seed: int, workers: int, keep: Path | None) -> Iterator[Case]:
    """Try the files of these numbers, each in a folder and a process of its own."""
    main = warm()
    with tempfile.TemporaryDirectory(prefix="regtui-attack-") as scratch:
        home = keep or Path(scratch)
        os.environ["REGTUI_DATA"] = "data"
        # A set of which a file is missing is not fetched.
        os.environ.update(dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9"))

        def attempt(number: int) -> int:
            rng = Random(f"{seed}/data/{number}")
            folder = home / str(number)
            (folder / "data").mkdir(parents=True)
            os.chdir(folder)
            lines, downloaded = rng.choice(_KINDS)(rng)
            Path("case.toml").write_text(_PRESET.format(data=lines), encoding="utf-8")
            # Files of the downloaded sets are read only if they are the ones expected, or if one insists.
            insists = downloaded and rng.random() < 0.9
            code = main(["run", "case.toml", *(["--data-unchecked"] if insists else [])])
            return _left_alone(folder) or code

        for number, outcome in forked(numbers, attempt, workers, Limits(cases=1)):
            yield Case(number, fault(outcome, (DONE, BAD_INPUT, DIVERGED)))
            if keep is None:
                shutil.rmtree(home / str(number), ignore_errors=True)


def _left_alone(folder: Path) -> int:
    """Whether nothing appeared beside the data: 0, or 1 after saying what did."""
    if new := sorted({path.name for path in folder.iterdir()} - {"data", "case.toml"}):
        print(f"a file was carried out, or written outside of the data folder: {new}", file=sys.stderr)
        return 1
    return 0


def _mnist(rng: Random) -> tuple[str, bool]:
    victim = rng.randrange(4)
    folder = Path("data/MNIST/raw")
    folder.mkdir(parents=True)
    for number, name in enumerate(("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")):
        raw = forged_files.idx(rng if number == victim else _Honest(), images="images" in name)
        packed = rng.random() < 0.4
        if packed and (number == victim or rng.random() < 0.5):
            raw = forged_files.gzipped(rng, raw)
        (folder / f"{name}-ubyte{'.gz' if packed else ''}").write_bytes(raw)
    return 'source = "mnist"', True


class _Honest(Random):
    """Chooses the case in which nothing is wrong."""

    def __init__(self) -> None:
        super().__init__(0)

    def randrange(self, *_: object) -> int:
        return 9


def _cifar(rng: Random) -> tuple[str, bool]:
    folder = Path("data", _CIFAR)
    folder.mkdir()
    for name, raw in _members(rng, forged=True).items():
        (folder / name).write_bytes(raw)
    return 'source = "cifar10"', True


def _archive(rng: Random) -> tuple[str, bool]:
    members = {f"{_CIFAR}/{name}": raw for name, raw in _members(rng, forged=False).items()}
    Path("data/cifar-10-python.tar.gz").write_bytes(forged_files.archive(rng, members))
    return 'source = "cifar10"', True


def _members(rng: Random, forged: bool) -> dict[str, bytes]:
    """The files of a CIFAR-10, one of them forged."""
    members = {name: forged_pickles.honest(rng) for name in _BATCHES}
    members["batches.meta"] = forged_pickles.names(rng)
    if forged:
        # The first is read first: what comes behind a forged one is seldom reached.
        members[rng.choice((*_BATCHES, "data_batch_1", "batches.meta"))] = forged_pickles.batch(rng)
    return members


def _csv(rng: Random) -> tuple[str, bool]:
    Path("data/table.csv").write_bytes(forged_tables.csv(rng))
    path = rng.choice(("data/table.csv",) * 9 + ("data", "/dev/zero", "data/gone.csv", ""))
    task = rng.choice(("", "", 'task = "regression"\n'))
    return f'source = "csv"\npath = "{path}"\ntarget = "{forged_tables.TARGET}"\n{task}', False


def _images(rng: Random) -> tuple[str, bool]:
    forged_images.folder(rng, Path("data/images"))
    return f'source = "folder"\npath = "data/images"\nsize = {rng.choice((1, 8, 32))}', False


_KINDS: tuple[Callable[[Random], tuple[str, bool]], ...] = (
    _mnist, _mnist, _cifar, _cifar, _cifar, _archive, _csv, _csv, _images, _images,
)  # fmt: skip
