"""A title and others' numbers are shown beside what they speak of, and beside nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.events import Reported
from engine.lab import Lab
from engine.preset import changed, load_preset, read_preset, speaks_of, title_of, with_value, write_preset
from tests.engine.small import load_small, only

TEXT = """
title = "Iris by itself"
[data]
source = "iris"
[model]
hidden = [8]
[training]
epochs = 4
[[arm]]
name = "a"
[[arm]]
name = "b"
training.epochs = 3
[[reported]]
arm = "a"
metric = "val_acc"
value = 0.9
[[reported]]
arm = "b"
metric = "val_acc"
value = 0.8
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "mine.toml").write_text(TEXT)
    return str(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("options", "of_a", "of_b", "title"),
    [
        ({}, (), (), "Iris by itself"),
        ({"sets": ["training.lr=0.5", "regularization.dropout=0.2"], "seeds": 3}, (), (), "Iris by itself"),
        ({"sets": ["data.source=iris", "training.epochs=4", "model.hidden=[8]"]}, (), (), "Iris by itself"),
        ({"sets": ["data.source=wine"]}, ("data",), ("data",), "mine, with other data"),
        ({"sets": ["model.hidden=[9]"]}, ("model",), ("model",), "mine, with other model"),
        ({"sets": ["training.epochs=9"]}, ("epochs",), (), "mine, with other epochs"),
        ({"epochs": 4}, (), ("epochs",), "mine, with other epochs"),
        ({"arm_sets": ["b:data.noise=1"]}, (), ("data",), "mine, with other data"),
        (
            {"sets": ["data.source=wine", "model.kind=softmax"], "epochs": 1},
            ("data", "model", "epochs"), ("data", "model", "epochs"), "mine, with other data, model and epochs",
        ),
        ({"sets": ['title="Mine"']}, (), (), "Mine"),
    ],
)  # fmt: skip
def test_an_option_leaves_what_speaks_of_something_else(
    options: dict[str, Any], of_a: tuple[str, ...], of_b: tuple[str, ...], title: str, file: str
) -> None:
    preset = load_preset(file, **options)
    assert (changed(preset, "a"), changed(preset, "b")) == (of_a, of_b)
    assert (speaks_of(preset, "a"), speaks_of(preset, "b")) == (not of_a, not of_b)
    assert title_of(preset) == title
    assert speaks_of(preset) == (not of_a and not of_b)


def test_a_turned_knob_leaves_it_and_brings_it_back() -> None:
    preset = read_preset(TEXT)
    longer = with_value(preset, "training.epochs", 40, "a")
    assert (speaks_of(longer, "a"), speaks_of(longer, "b")) == (False, True)
    assert with_value(longer, "training.epochs", 4, "a") == preset.model_copy(
        update={"arms": with_value(preset, "training.epochs", 4, "a").arms}
    )
    assert speaks_of(with_value(longer, "training.epochs", 4, "a"))
    assert speaks_of(with_value(preset, "training.lr", 1.0))


def test_what_no_longer_speaks_of_it_is_not_written_and_what_is_written_speaks_of_itself() -> None:
    read = read_preset(write_preset(with_value(read_preset(TEXT), "training.epochs", 40, "a")))
    assert read.title == "preset, with other epochs"
    assert [number.arm for number in read.reported] == ["b"]
    assert speaks_of(read)


def test_the_lab_tells_others_numbers_of_what_it_trained_alone(file: str) -> None:
    def arms_reported(lab: Lab) -> list[str]:
        return [number.arm for number in only(list(lab.run()), Reported)]

    assert arms_reported(Lab(load_preset(file), "cpu", load=load_small)) == ["a", "b"]
    assert arms_reported(Lab(load_preset(file, epochs=4), "cpu", load=load_small)) == ["a"]
    assert arms_reported(Lab(load_preset(file, sets=["data.source=wine"]), "cpu", load=load_small)) == []
    turned = Lab(load_preset(file), "cpu", load=load_small)
    turned.run_epoch()
    turned.turn("training.epochs", 5, "b")
    assert arms_reported(turned) == ["a"]
    turned = Lab(load_preset(file), "cpu", load=load_small)
    turned.turn("training.epochs", 9)
    turned.turn("training.epochs", 4, "a")
    assert arms_reported(turned) == ["a"]


def test_a_preset_that_needs_its_options_was_written_with_them(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('title = "Of mine"\n[data]\nsource = "csv"\ntarget = "y"\n')
    preset = load_preset(str(tmp_path / "mine.toml"), ["data.path=x.csv"])
    assert title_of(preset) == "Of mine"
    assert title_of(with_value(preset, "data.path", "z.csv")) == "mine, with other data"
