"""What no test may touch, the person's own log and data; and how the tests run, whatever else the machine does."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.small import PRESET, opening
from tests.terminal import Terminal

# Before torch is imported: on networks this small a second thread costs more than it brings.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Python counts what was made since it last looked for cycles, and looks through all there is. With torch, Textual and
# the tests themselves in one process that is a sixth of the processor: look less often, still soon enough for memory.
gc.set_threshold(20_000, 10, 10)

# How long an example takes says something of the hour, and nothing of the program.
hypothesis.settings.register_profile(
    "without a clock", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("without a clock")


@pytest.fixture(scope="session", autouse=True)
def _nothing_outside_of_the_tests_is_written(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small experiment in it."""
    path = tmp_path_factory.mktemp("experiments")
    (path / "small.toml").write_text(PRESET)
    return path


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts the program in that folder, in a real terminal; all of them are closed behind the test."""
    with opening(folder) as started:
        yield started
