"""What is found in data of the user's, and the preset that is proposed for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.preset import Preset, PresetError, load_preset
from engine.propose import own_data, propose
from engine.propose.proposal import Sizes


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(header, *columns, name="x.csv"):
        rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
        (tmp_path / name).write_text("\n".join([header, *rows]) + "\n")
        return name

    return write


def preset_of(ref: str, *args, **options) -> Preset:
    return load_preset(ref, options.get("sets", ()), text=propose(ref, *args, **options).text)


COUNT = range(60)
CLASSES = [("p", "q")[n % 2] for n in COUNT]


@pytest.mark.parametrize(
    ("header", "target", "why"),
    [
        ("a,label,z", "label", "by its name"),
        ("a,Class,z", "Class", "by its name"),
        ("y,a,target", "target", "by its name"),
        ("Y,a,b", "Y", "by its name"),
        ("a,b,c", "c", "the last column"),
    ],
)
def test_the_column_to_predict_is_known_by_its_name_or_the_last_and_that_is_said(write, header, target, why):
    proposal = propose(write(header, CLASSES, CLASSES, CLASSES))
    assert load_preset("x", text=proposal.text).base.data.target == target
    assert proposal.found[1] == f"target: {target} ({why}; --target takes another): 2 classes: p (30) and q (30)"
    assert propose("x.csv", header[0]).found[1].startswith(f"target: {header[0]} (--target): ")


@pytest.mark.parametrize(
    ("targets", "kind"),
    [
        ([n % 2 for n in COUNT], "classification"),
        ([n % 20 for n in COUNT], "classification"),
        ([n % 21 for n in COUNT], "regression"),
        ([n % 10 + 0.5 for n in COUNT], "classification"),
        ([n % 11 + 0.5 for n in COUNT], "regression"),
        ([f"w{n % 21}" for n in COUNT], "classification"),
    ],
)
def test_many_different_numbers_are_predicted_as_numbers(write, targets, kind):
    preset = preset_of(write("a,b", COUNT, targets))
    assert preset.base.data.kind == kind
    assert preset.base.data.target_scale == ("standard" if kind == "regression" else "none")
    other = {"regression": "classification", "classification": "regression"}[kind]
    if other == "regression" and "w0" not in targets:
        assert preset_of("x.csv", sets=["data.task=regression"]).base.data.kind == other


def test_columns_of_no_use_are_left_out_and_that_is_said(write):
    columns = COUNT, [f"name {n}" for n in COUNT], [""] * 60, [n % 9 for n in COUNT], CLASSES
    proposal = propose(write("row id,name,notes,a,y", *columns))
    assert load_preset("x", text=proposal.text).base.data.drop == ["row id", "name", "notes"]
    assert proposal.found[-3] == (
        "left out: row id (numbers the rows), name (more than 50 different texts) and notes (empty)"
    )
    assert "a" not in load_preset("x", text=propose(write("a,y", COUNT, CLASSES)).text).base.data.drop


def test_what_is_missing_and_what_is_text_is_counted(write):
    ages = ["" if n % 4 == 0 else n for n in COUNT]
    proposal = propose(write("age,city,y", ages, [("Oslo", "Rome", "")[n % 3] for n in COUNT], CLASSES))
    assert proposal.found[2:5] == (
        "inputs: 3: 1 numeric; one-hot: city (2)",
        "missing: age 15 (25.0 %), filled with the training part's median",
        "missing: city 20 (33.3 %), of no category",
    )


def test_how_the_file_is_read_can_be_said(write):
    name = write("a,b,y", [f"{n}:x" for n in COUNT], [n % 7 for n in COUNT], CLASSES)
    preset = preset_of(name, sets=["data.categories=100", "data.categorical=['b']"])
    assert (preset.base.data.categories, preset.base.data.categorical, preset.base.data.drop) == (100, ["b"], [])


def test_the_arms_are_none_l2_dropout_both_and_early_stopping(write):
    none, l2, dropout, both, stopping = preset_of(write("a,y", COUNT, CLASSES)).arms
    assert none.overrides == {}
    assert both.overrides["regularization"] == l2.overrides["regularization"] | dropout.overrides["regularization"]
    assert stopping.settings.early_stopping.patience > 0
    assert stopping.settings.early_stopping.restore_best
    assert {arm.settings.early_stopping.patience for arm in (none, l2, dropout, both)} == {0}
    assert not none.settings.early_stopping.restore_best, "arms are compared by their last weights"


@pytest.mark.parametrize("train", [1, 30, 300, 3_000, 30_000, 300_000, 3_000_000])
@pytest.mark.parametrize("features", [1, 30, 3_000])
def test_sizes_are_sensible_for_any_data(train, features):
    sizes = Sizes.of(train, features)
    steps = -(-train // sizes.batch_size)
    assert 16 <= sizes.batch_size <= 512
    assert 10 <= sizes.epochs <= 200
    assert steps * sizes.epochs <= max(6_000, 10 * steps)
    assert sizes.patience < sizes.epochs
    assert Sizes.of(train, features, steps=400).epochs <= max(10, 800 // steps)


@pytest.mark.parametrize("name", ['a "quoted" name', "a # sign", "back\\slash", "ü = 1", "'", "[x]"])
def test_any_name_of_a_column_or_a_file_can_be_written(write, name):
    quoted = '"' + name.replace('"', '""') + '"'
    ref = write(f"{quoted},b", CLASSES, [n % 21 for n in COUNT], name=f"{name}.csv")
    preset = preset_of(ref, name)
    assert (preset.base.data.target, preset.base.data.path) == (name, ref)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5.1,3.5,p\n4.9,3.0,q\n", "line 1: has the number '5.1' where the name of a column is expected"),
        ("7,8,9\n1,2,3\n", "line 1: has the number '7' where the name of a column is expected"),
        ("a,price\n" + "".join(f"1,{n}\n" for n in range(50)) + "1,cheap\n", "line 52: column 'price' = 'cheap': must"),
        ("a,price\n1,2\n1,\n", "line 3: column 'price', which is to be predicted, is empty"),
        ("name,y\n" + "".join(f"w{n},{n % 2}\n" for n in range(60)), "nothing to predict from: column 'name' is of no"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_line(tmp_path, text, message):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(PresetError, match=message.replace("(", "\\(")):
        propose(str(tmp_path / "x.csv"))


def test_columns_that_are_counted_are_named_by_numbers(write):
    assert preset_of(write("0,1,2", COUNT, COUNT, CLASSES)).base.data.target == "2"


@pytest.mark.parametrize("official", [False, True])
def test_a_folder_of_images_is_trained_on_by_a_small_convolutional_network(tmp_path, official):
    parts = ("train", "test") if official else (".",)
    for part in parts:
        for name in "ab":
            (tmp_path / "pets" / part / name).mkdir(parents=True)
            for number in range(10):
                image = Image.fromarray(np.full((20, 12), 9 * number, np.uint8))
                image.save(tmp_path / "pets" / part / name / f"{number}.png")
    ref = str(tmp_path / "pets")
    assert own_data(ref) == "folder"
    preset = preset_of(ref)
    assert (preset.base.model.kind, preset.base.data.size) == ("cnn", 12)
    assert (preset.base.data.train, preset.base.data.validation) == ((0.8, None) if official else (0.6, 0.2))


def test_a_preset_is_no_data_and_a_folder_does_not_hide_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("moons").mkdir()
    assert [own_data(ref) for ref in ("moons", "mine.toml", "x/mine", "x.CSV", ".")] == ["", "", "", "csv", "folder"]


def test_to_know_that_a_preset_is_none_takes_no_numpy():
    code = "import sys; from engine.propose import own_data; own_data('moons'); print(*sys.modules)"
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy"} & set(completed.stdout.split())


def test_data_are_looked_at_without_torch(write):
    write("a,y", COUNT, CLASSES)
    code = "import sys; from engine.propose import propose; propose('x.csv'); print(*sys.modules)"
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "textual", "sklearn"} & set(completed.stdout.split())
