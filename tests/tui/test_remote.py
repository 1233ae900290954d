"""The dashboard on a run that another process trains: what it shows and every key's effect are the same."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.client import RemoteWorker
from engine.serve import living_sockets
from tests.tui.dashboard import LARGE, Person, dashboard
from tui.widgets.knobs import KnobPanel


@pytest.fixture
def runs(monkeypatch):
    """The folder of a run that a process of its own trains, under the id r1."""
    with tempfile.TemporaryDirectory(prefix="rt-", dir="/tmp") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        command = [sys.executable, "-m", "tests.engine.serve.training", f"{folder}/runs", "r1", "60"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout.readline()
            yield Path(folder) / "runs"
        finally:
            process.kill()
            process.communicate()


@contextlib.asynccontextmanager
async def attached(runs: Path) -> AsyncIterator[Person]:
    worker = RemoteWorker.connect(lambda: living_sockets(runs).get("r1"), timeout=20)
    async with dashboard(worker.view().preset, size=LARGE, worker=worker) as person:
        yield person


async def test_a_knob_turned_in_one_dashboard_shows_in_the_other_and_both_pause(runs):
    async with attached(runs) as first:
        await first.sees(lambda: first.view.record.epoch > 2)
        # It is looked back on as one that trains here.
        await first.press("home")
        await first.sees(" as of epoch 1   trains on")
        await first.press("escape")
        await first.sees(lambda: "as of epoch" not in first.text)
        await first.choose("training.lr")
        await first.press("right")
        await first.sees(lambda: first.view.record.interventions)
        (turned,) = first.view.record.interventions
        await first.press("space")
        await first.sees(lambda: first.view.state == "paused")
        await first.press("c")
        await first.sees(lambda: first.view.record.seen)
        await first.sees("confusion")
        await first.sees(lambda: "computing ..." not in first.text)
        assert not first.toasts
    async with attached(runs) as two:
        assert two.view.state == "paused"
        assert two.view.record.interventions == [turned]
        assert two.view.preset.arm(turned.arm).settings.training.lr == turned.new
        epoch = two.view.record.epoch
        await two.press("full_stop")
        await two.sees(lambda: two.view.record.epoch == epoch + 1)
        await two.press("space")
        await two.sees(lambda: two.view.record.epoch > epoch + 5)
        assert not two.toasts
        knob = two.main.query_one(KnobPanel).chosen.key
        before = two.view.turned
        await two.press("right")
        await two.sees(lambda: len(two.view.record.interventions) == 2)
        await two.press("ctrl+z")
        await two.sees(lambda: len(two.view.record.interventions) == 3)
        assert [arm.settings.get(knob) for arm in two.view.preset.arms] == [
            arm.settings.get(knob) for arm in before.arms
        ]
