"""Random experiments: every setting of the schema, at sane values, in several arms that differ in number and shape.

The strategies are read off the schema, so that a new setting is drawn without a word here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from hypothesis import strategies as st
from PIL import Image

from engine.preset import DOWNLOADED, IMAGES, Setting, settings_by_key
from engine.preset.schema import MEASURED, TRUTH_TABLES
from tests.engine.small import Settings, _nested

# The settings that others have an effect with, such as the kind of model: gone through one by one.
HUBS = list(dict.fromkeys(knob.only_with[0] for knob in settings_by_key().values() if knob.only_with))
# What says which examples there are. Arms share it, for most sources fit only one choice of the rest.
WHICH_DATA = ("data.source", "data.task", "data.path", "data.target", "data.split")
SIZES = ("data.train", "data.validation", "data.test")
# Given with the source or the seeds, not drawn.
GIVEN = ("data.path", "data.target", "data.split", "training.seeds")
# Kinds of models that no value of a setting goes with: a round of them would be refused as a whole.
REFUSED_BY = {
    "regularization.dropout_layers": ("softmax", "bernoulli"),
    "regularization.activity_layers": ("softmax", "bernoulli"),
    "data.features": ("cnn", "resnet"),
}
BINARY = ("breast_cancer", "moons", "circles", "gauss", "xor", "thumbtack", "csv", "folder", *TRUTH_TABLES)

# Where what the schema allows is more than what is quick, or sane within a few steps.
NARROWER: dict[str, st.SearchStrategy[Any]] = {
    "data.size": st.sampled_from([4, 7, 8]),
    "data.samples": st.sampled_from([60, 90]),
    # Raw numbers of some hundreds blow up any network within three steps.
    "data.scale": st.sampled_from(["unit", "standard"]),
    # What goes with the table that `write_data` writes.
    "data.drop": st.sampled_from([[], ["b"]]),
    "data.categorical": st.sampled_from([[], ["c"]]),
    "data.categories": st.sampled_from([3, 50]),
    "data.delimiter": st.sampled_from(["auto", "comma"]),
    "data.decimal": st.sampled_from(["auto", "point"]),
    "data.encoding": st.sampled_from(["auto", "utf-8", "latin-1"]),
    "data.train": st.sampled_from([18, 20, 24, 25]),
    "data.validation": st.sampled_from([9, 12, 0.15]),
    "data.train_eval": st.sampled_from([10, 15, 10_000]),
    "data.test": st.sampled_from([9, 12, 0.15]),
    "data.features": st.sampled_from([0, 1, 2]),
    "data.noise": st.sampled_from([0.0, 0.1, 0.5]),
    "model.hidden": st.lists(st.sampled_from([2, 4, 6]), max_size=2),
    "model.channels": st.lists(st.sampled_from([2, 4, 6]), min_size=1, max_size=2),
    "model.norm_groups": st.sampled_from([1, 2, 2, 2, 3]),
    # Most networks have a first layer, not all a second.
    "regularization.dropout_layers": st.sampled_from([[], [1], [1], [1], [2]]),
    "regularization.l2_layers": st.sampled_from([[], [1], [1], [1], [1, 2]]),
    "regularization.l1_layers": st.sampled_from([[], [1], [1], [1], [2]]),
    "regularization.activity_layers": st.sampled_from([[], [1], [1], [1], [2]]),
    "training.epochs": st.sampled_from([2, 3]),
    "training.batch_size": st.sampled_from([8, 10, 12, 100]),
    # Below that, whether a loss improved is decided by its last digits.
    "training.lr": st.sampled_from([1e-3, 3e-3, 0.01, 0.03, 0.1]),
    # Below that, Adam steps along the rounding of gradients that are 0.
    "training.eps": st.sampled_from([1e-8, 1e-7, 1e-4]),
}


def values_of(knob: Setting) -> st.SearchStrategy[Any]:
    """Sane values of a setting: its default, its closed bounds, and some steps of its own size from there."""
    if knob.key in NARROWER:
        return NARROWER[knob.key]
    if knob.choices:
        return st.sampled_from(knob.choices)
    if isinstance(knob.default, list):
        return st.lists(st.integers(1, 3), max_size=2)
    if not isinstance(knob.default, (int, float)):
        raise TypeError(f"{knob.key}: say in NARROWER what is to be drawn")
    low = knob.minimum or 0
    if knob.scale == "log":
        raised = (knob.step * 10**power for power in range(12))
        tried = [low, knob.step, *(value for value in raised if value <= 0.1), knob.default]
    else:
        tried = [low, *(low + knob.step * count for count in (1, 2, 4, 7)), knob.default]
    kind = int if knob.whole else float
    return st.sampled_from(list(dict.fromkeys(kind(value) for value in tried if knob.refuse(kind(value)) is None)))


@dataclass(frozen=True)
class Experiment:
    """A drawn preset, the knob that is turned on the way, and the lane that is trained alone as well."""

    base: Settings
    arms: dict[str, Settings]
    seeds: tuple[int, ...]
    turned: tuple[str, Any] | None
    lane: tuple[str, int]

    def toml(self, arms: tuple[str, ...] = (), seeds: tuple[int, ...] = ()) -> str:
        """As a preset of all arms and seeds, or of some."""
        base: Settings = {"training.epochs": 2, "training.batch_size": 10, "model.norm_groups": 2}
        base |= {"model.hidden": [4], "model.channels": [4], "data.train": 20, "data.validation": 9, "data.test": 9}
        if self.base["data.split"] == "all":
            base = {key: value for key, value in base.items() if key not in SIZES}
        table = _nested({**base, **self.base, "training.seeds": list(seeds or self.seeds)})
        table["arm"] = [{"name": name, **_nested(self.arms[name])} for name in arms or self.arms]
        return tomli_w.dumps(table)


@dataclass(frozen=True)
class Round:
    """What the experiments of a round have in common: the hubs, the task, and settings that none leaves out."""

    hubs: Settings
    keys: tuple[str, ...]
    rest: tuple[str, ...]


def rounds(count: int, keys: int = 8) -> list[Round]:
    """All values of all hubs in turn, and with each the settings that the rounds before it had least."""
    knobs = {key: knob for key, knob in settings_by_key().items() if key not in GIVEN}
    had = dict.fromkeys(knobs, 0)
    all_rounds = []
    for number in range(count):
        hubs = {key: knobs[key].choices[number % len(knobs[key].choices)] for key in HUBS}
        task = knobs["data.task"].choices[number % len(knobs["data.task"].choices)]
        fit = [
            (source, kind)
            for source in knobs["data.source"].choices
            for kind in (task, "auto")
            if source not in DOWNLOADED and _fits(source, kind, hubs["model.kind"])
        ]
        # The least used source first, and the task as it came where some source has it.
        used = [round_.hubs["data.source"] for round_ in all_rounds]
        hubs["data.source"], hubs["data.task"] = min(fit, key=lambda pair: (used.count(pair[0]), pair[1] != task))
        if hubs["model.norm"] == "instance" and hubs["model.kind"] == "mlp":
            hubs["model.norm"] = "layer"
        acting = [key for key, knob in knobs.items() if key not in hubs and _acts(knob, hubs)]
        chosen = sorted(acting, key=lambda key: had[key])[:keys]
        for key in chosen:
            had[key] += 1
        all_rounds.append(Round(hubs, tuple(chosen), tuple(key for key in acting if key not in chosen)))
    return all_rounds


def _fits(source: str, task: str, kind: str) -> bool:
    """Whether a source has such a task, and examples for such a model."""
    task_of_auto = {
        "auto": "binary" if source in (*TRUTH_TABLES, "thumbtack") else "regression" if source in MEASURED else ""
    }
    task = task_of_auto.get(task, task)
    numeric = source in MEASURED
    fits_task = {"binary": source in BINARY, "regression": numeric or source == "csv"}.get(task, not numeric)
    return fits_task and {"bernoulli": task == "binary", "cnn": source in IMAGES, "resnet": source in IMAGES}.get(
        kind, True
    )


def _acts(knob: Setting, hubs: Settings) -> bool:
    if hubs["model.kind"] in REFUSED_BY.get(knob.key, ()):
        return False
    if knob.key == "data.target_scale" and hubs["data.task"] != "regression" and hubs["data.source"] not in MEASURED:
        return False
    if knob.needs_images and hubs["data.source"] not in IMAGES:
        return False
    return knob.only_with is None or hubs[knob.only_with[0]] in knob.only_with[1]


@st.composite
def experiments(draw: st.DrawFn, round_: Round, folder: Path) -> Experiment:
    """An experiment of up to 4 arms and 2 seeds: a base, and arms with other numbers and other shapes."""
    base = dict(round_.hubs)
    source = base["data.source"]
    base |= {
        "csv": {"data.path": str(folder / "table.csv"), "data.target": "y"},
        "folder": {"data.path": str(folder / "images")},
    }.get(source, {})
    splits = ["all"] if source in TRUTH_TABLES else ["random", "first"]
    base["data.split"] = draw(st.sampled_from(splits))
    keys, rest = ([key for key in few if splits != ["all"] or key not in SIZES] for few in (round_.keys, round_.rest))
    base |= {
        key: draw(
            values_of(settings_by_key()[key]).filter(lambda value, key=key: value != settings_by_key()[key].default)
        )
        for key in keys
    }
    base |= _some(draw, rest, 6)
    varied = [key for key in (*keys, *rest, *HUBS) if key not in WHICH_DATA]
    arms = {name: _some(draw, varied, 8) for name in ("a", "b", "c", "d")[: draw(st.integers(1, 4))]}
    seeds = draw(st.sampled_from([(0,), (3, 1), (7, 0)]))
    key = draw(st.sampled_from([key for key in varied if settings_by_key()[key].live]))
    turned = (key, draw(values_of(settings_by_key()[key]))) if draw(st.booleans()) else None
    return Experiment(base, arms, seeds, turned, (draw(st.sampled_from(sorted(arms))), draw(st.sampled_from(seeds))))


def _some(draw: st.DrawFn, keys: list[str], most: int) -> Settings:
    chosen = draw(st.lists(st.sampled_from(keys), unique=True, max_size=most))
    return {key: draw(values_of(settings_by_key()[key])) for key in chosen}


def write_data(folder: Path) -> None:
    """A table of two numbers, a category and an outcome of 0 or 1, and images of two classes."""
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{int(3 * a)},{int(a + b > 1)}" for a, b in rng.random((60, 2))]
    (folder / "table.csv").write_text("\n".join(["a,b,c,y", *rows]))
    for name in ("ants", "bees"):
        (folder / "images" / name).mkdir(parents=True)
        for number in range(30):
            Image.fromarray(rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)).save(
                folder / "images" / name / f"{number}.png"
            )
