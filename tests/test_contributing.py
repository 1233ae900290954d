"""The examples of CONTRIBUTING.md work as they stand: all of them together, in a copy of the program."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```python\n# (?P<path>\S+\.py)(?:, in (?P<where>[^\n]*))?\n(?P<code>.*?)^```", re.DOTALL | re.M)
# Where an example changes a file that is there: what its lines stand before, and the import that they need.
_BEFORE = {
    ("engine/preset/training.py", "class Training"): ("    epochs: int", ""),
    ("engine/preset/regularization.py", "class Regularization"): ("    dropout: float", ""),
    ("engine/stack/trainer.py", "Trainer._update, after the penalties' gradients"): (
        "        self._unclipped_norm_L = None\n        if",
        "",
    ),
    ("engine/stack/penalties.py", "penalties_of, in the tuple that it returns"): (
        '        Penalty("orthogonal"',
        "from engine.regularizers.group_lasso import add_group_lasso_gradient, group_lasso_penalty",
    ),
    ("engine/stack/modules/noise.py", None): (
        "# In the order in which they act.",
        "from engine.regularizers.hidden_noise import add_hidden_noise",
    ),
    ("engine/stack/modules/noise.py", "ON_ACTIVATIONS"): ("    lambda place: Drop(", ""),
}
_PROGRAM = """
import asyncio, dataclasses, json
from engine.events import Epoch
from engine.lab import Lab
from engine.looks import take_look
from engine.preset import read_preset
from tui.app import RegtuiApp
from tui.screens.main import MainScreen

ARMS = {"plain": "", "noise": "regularization.hidden_noise = 0.5", "lasso": "regularization.group_lasso = 0.01",
        "clip": "training.clip_value = 0.001"}
preset = read_preset('''
[data]
source = "rings"
samples = 120
[model]
hidden = [8]
[training]
epochs = 3
lr = 0.1
''' + "".join(f'[[arm]]\\nname = "{name}"\\n{line}\\n' for name, line in ARMS.items()), name="all")
lab = Lab(preset, "cpu")
last = {event.arm: dict(event.metrics) for event in lab.run() if isinstance(event, Epoch)}
seen = {
    "stacks": len(lab.stacks),
    "classes": lab.stacks[0].task.class_names,
    "last": last,
    "look": dataclasses.asdict(take_look(lab, "spectrum", "plain", 0)),
}


async def screen():
    app = RegtuiApp(preset, device="cpu")
    async with app.run_test(size=(160, 45)) as pilot:
        def text():
            return "\\n".join(strip.text for strip in app.screen._compositor.render_strips())

        async def sees(*words):
            for _ in range(600):
                if all(word in text() for word in words):
                    return
                await pilot.pause(0.02)
            raise AssertionError(f"{words} not in\\n{text()}")

        await sees("finished")
        await pilot.press("b")  # the boundary, which data in the plane open by themselves
        await sees("7 calibration error")
        await pilot.press("j")
        await sees("singular values", "largest", "hidden 1", "output")


asyncio.run(screen())
print(json.dumps(seen))
"""


def _with_examples(folder: Path) -> None:
    """A copy of the program with every example in its place."""
    for part in ("engine", "tui", "presets"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for block in _BLOCK.finditer((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        path, where, code = folder / block["path"], block["where"], block["code"]
        if not path.exists():
            path.write_text(code, encoding="utf-8")
            continue
        before, imported = _BEFORE[block["path"], where]
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{before!r} in {block['path']}"
        text = text.replace(before, code + ("\n\n" if where is None else "") + before)
        path.write_text(text.replace("import annotations\n", f"import annotations\n{imported}\n", 1), encoding="utf-8")
    metrics = folder / "engine/metrics/__init__.py"
    metrics.write_text(metrics.read_text(encoding="utf-8") + "\nfrom engine.metrics import brier\n", encoding="utf-8")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a lab and a screen with all the examples show."""
    folder = tmp_path_factory.mktemp("with-examples")
    _with_examples(folder)
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    result: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return result


def test_a_source_is_trained_on(seen: dict[str, Any]) -> None:
    assert seen["classes"] == ["inner", "middle", "outer"]


def test_a_metric_is_measured(seen: dict[str, Any]) -> None:
    assert all(0 < metrics["val_brier"] < 2 for metrics in seen["last"].values())


def test_settings_penalties_and_regularizers_change_their_own_arm_within_one_stack(seen: dict[str, Any]) -> None:
    assert seen["stacks"] == 1
    losses = [metrics["train_loss"] for metrics in seen["last"].values()]
    assert len(set(losses)) == 4
    assert [arm for arm, metrics in seen["last"].items() if metrics.get("penalty.group_lasso")] == ["lasso"]
    assert seen["last"]["clip"]["weight_norm"] != seen["last"]["plain"]["weight_norm"]


def test_a_look_sees_every_layer(seen: dict[str, Any]) -> None:
    assert [layer["layer"] for layer in seen["look"]["data"]] == ["hidden 1", "output"]
