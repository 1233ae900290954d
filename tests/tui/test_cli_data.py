"""The person's own data on the command line: messages about them, and how they are used."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.preset import load_preset, read_preset
from tests.engine.data.common import write_cifar10, write_mnist
from tui.cli import main

REGTUI = Path(sys.executable).parent / "regtui"
SMALL = ["--epochs", "1", "--seeds", "1", "--set", "model.hidden=[4]"]


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A CSV of 40 lines in the working folder, with a class of one example."""
    monkeypatch.chdir(tmp_path)
    lines = [f"{number},{number % 7},{'cat' if number % 2 else 'dog'}" for number in range(40)]
    (tmp_path / "my data.csv").write_text("\n".join(["age,size,kind", *lines, "3,3,cow"]) + "\n")
    return "my data.csv"


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(10):
            Image.fromarray(np.full((4, 4), 20 * number, np.uint8)).save(tmp_path / "photos" / name / f"{number}.png")
    return "photos"


def refused(capsys, *arguments: str) -> str:
    """The one line that the command is refused with."""
    assert main(list(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    line = err.splitlines()[-1]  # behind what was found in the data
    assert line.startswith("regtui: ")
    assert line.isprintable()
    assert len(line) <= 300
    return line


FOUND = (
    "my data.csv: 41 rows, 3 columns, parted by commas, UTF-8",
    "target: kind (the last column; --target takes another): 3 classes: cat (20), cow (1) and dog (20)",
    "inputs: 2: 2 numeric",
    "missing: nothing",
)


@pytest.mark.parametrize("prefix", ["", "./"])
def test_a_table_is_looked_at_and_trained_on(capsys, table, prefix):
    assert main(["run", prefix + table, *SMALL]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("\n".join(FOUND))
    assert "none" in out
    assert "early stopping" in out
    assert main(["check", prefix + table, "--epochs", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("\n".join(FOUND))
    assert f"{prefix}{table}: valid: 5 arms, 3 seeds, 1 epoch, csv" in out


@pytest.mark.parametrize("ending", ["", "/"])
def test_a_folder_of_images_is_looked_at_and_trained_on(capsys, photos, ending):
    assert main(["run", photos + ending, *SMALL]) == 0
    err = capsys.readouterr().err
    assert err.startswith("photos: 20 images, usually 4 pixels on the shorter side, read as 8 x 8\n")
    assert "2 classes: a (10) and b (10)\n" in err
    assert main(["check", photos + ending]) == 0


def test_json_on_stdout_is_not_mixed_with_what_was_found(capsys, table):
    assert main(["run", table, "--json", *SMALL]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["event"] == "started"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "my data.csv", "--target", "kin"], "--target 'kin': no such column in data.path = 'my data.csv'"),
        (["run", "my data.csv", "--target", "size", "--set", "data.drop=['age', 'kind']"], "has no column but"),
        (["run", "moons", "--target", "kind"], "--target is for a CSV file; of the preset moons it is"),
        (["run", "none.csv"], "data.path = 'none.csv': no such file"),
        (["run", "photos", "--target", "kind"], "--target kind: the classes of a folder of images are its folders"),
        (["run", "my data.csv", "--set", "training.lrr=1"], "--set training.lrr=1: unknown setting 'training.lrr'"),
        (["run", "my data.csv", "--set", "data.missing=no"], "data.missing = 'no': must be one of median | refuse"),
        (["new", "moons"], "moons: is neither a CSV file nor a folder of images"),
        (["new", "my data.csv", "-o", "mine.txt"], "-o mine.txt: the name of a preset ends in .toml"),
        (["new", "my data.csv", "-o", "none/mine.toml"], "none/mine.toml: not written: No such file or directory"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_with_data_is_one_line(capsys, table, photos, arguments, message):
    assert message in refused(capsys, *arguments)


BROKEN = {
    "ragged": "a,b,y\n1,2,p\n1,p\n",
    "a typing error": "a,b,y\n" + "1,2,p\n3,4,q\n" * 9 + "1,x,p\n",
    "too large": "a,b,y\n" + "1,2,p\n3,4,q\n" * 9 + "1,1e40,p\n",
    "no class": "a,b,y\n" + "1,2,p\n3,4,q\n" * 9 + "1,2,\n",
    "one class": "a,b,y\n" + "1,2,p\n" * 9,
    "no rows": "a,b,y\n",
    "no header": "5.1,3.5,p\n4.9,3.0,q\n",
    "two alike": "a,a,y\n1,2,p\n",
    "empty": "",
    "no text": "a,b,y\n1,2,\0\n",
    "two rows": "a,b,y\n1,2,p\n1,2,q\n",
    "texts that never repeat": "a,y\n" + "".join(f"word{n},{'pq'[n % 2]}\n" for n in range(60)),
    "a target that never repeats": "a,y\n" + "".join(f"{n % 7},word{n}\n" for n in range(60)),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_check_refuses_in_the_same_line_what_a_run_refuses(capsys, tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text(content)
    line = refused(capsys, "run", "x.csv", "--no-record")
    assert main(["check", "x.csv"]) == 2
    checked = capsys.readouterr().err.removesuffix("\n")
    assert checked.replace("regtui: x.csv: ", "regtui: ") == line


@pytest.mark.parametrize(
    "options", [["--set", "data.train=1000"], ["--seeds", "0"], ["--arm-set", "nothing:data.size=3"]]
)
def test_check_takes_the_options_of_a_run_and_refuses_what_they_break(capsys, table, options):
    message = refused(capsys, "run", table, *options).removeprefix("regtui: ").splitlines()[-1]
    capsys.readouterr()
    assert main(["check", table, *options]) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(message.rpartition("regtui: ")[2])


def test_a_new_preset_explains_every_line_passes_the_check_and_runs_as_the_data_do(capsys, table):
    assert main(["new", table, "-o", "mine.toml"]) == 0
    assert capsys.readouterr().out == "mine.toml: written; `regtui mine.toml` trains on it\n"
    settings = [line for line in Path("mine.toml").read_text().splitlines() if re.match(r"[a-z_.0-9]+ +=", line)]
    assert len(settings) > 25
    assert [line for line in settings if "  # " not in line and not line.startswith("lesson")] == []
    assert main(["check", "mine.toml"]) == 0
    capsys.readouterr()
    ended = []
    for ref in (table, "mine.toml"):
        assert main(["run", ref, "--json", "--no-record", *SMALL]) == 0
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        ended.append([event for event in events if event["event"] == "epoch"])
    assert ended[0] == ended[1] != []


def test_a_new_preset_replaces_no_file_unless_it_is_forced(capsys, table):
    Path("my data.toml").write_text("mine")
    assert main(["new", table, "-o", "my data.toml"]) == 2
    assert "my data.toml: already exists: -o takes another name, --force replaces it" in capsys.readouterr().err
    assert Path("my data.toml").read_text() == "mine"
    assert main(["new", table, "-o", "my data.toml", "--force"]) == 0
    assert load_preset("my data.toml").arm_names[0] == "none"


def test_a_new_preset_goes_to_stdout_where_that_is_asked_for(capsys, table):
    assert main(["new", table, "-o", "-"]) == 0
    assert read_preset(capsys.readouterr().out).base.data.target == "kind"


def test_a_folder_with_a_presets_name_does_not_hide_it(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moons").mkdir()
    assert main(["presets", "moons"]) == 0


def test_a_class_of_one_example_is_told_of_where_a_run_begins_and_in_a_check(capsys, table, tmp_path):
    message = "csv: class 'cow' has one example only: it is learned and not measured, or the reverse"
    data = f'[data]\nsource = "csv"\npath = "{table}"\ntarget = "kind"\n[model]\nhidden = [4]\n[training]\nepochs = 1\n'
    (tmp_path / "mine.toml").write_text(data)
    assert main(["check", "mine.toml"]) == 0
    assert capsys.readouterr().out.endswith(f"csv; {message}\n")
    assert main(["run", "mine.toml"]) == 0
    assert capsys.readouterr().err == f"regtui: note: {message}\n"
    assert main(["run", "mine.toml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["warnings"] == [message]
    (tmp_path / "mine.toml").write_text(data.replace("[model]", 'split = "all"\n[model]'))
    assert main(["check", "mine.toml"]) == 0
    assert "cow" not in capsys.readouterr().out


@pytest.mark.parametrize("source", ["cifar10", "mnist"])
def test_files_that_are_not_torchvisions_are_refused_and_gone_on_with_when_told(capsys, tmp_path, monkeypatch, source):
    monkeypatch.setenv("REGTUI_DATA", str(tmp_path))
    write_cifar10(tmp_path / "cifar-10-batches-py")
    write_mnist(tmp_path / "MNIST" / "raw", packed=True)
    arguments = ["run", "--set", f"data.source={source}", "--set", "data.train=40", *SMALL]
    line = refused(capsys, *arguments)
    assert re.search(r"is not torchvision's \(md5 [0-9a-f]{32}, not [0-9a-f]{32}\): delete it, and it is", line)
    assert line.endswith("or go on with --data-unchecked")
    assert main([*arguments, "--data-unchecked"]) == 0


def test_a_forged_batch_leaves_the_program_whole(tmp_path, monkeypatch):
    """An array of objects whose addresses the file chooses: `pickle` and NumPy follow them."""
    write_cifar10(tmp_path / "cifar-10-batches-py", images=4)
    batch = tmp_path / "cifar-10-batches-py" / "data_batch_1"
    raw = batch.read_bytes().replace(b"U\x02u1", b"U\x02O8")  # and its flags deny it
    batch.write_bytes(raw.replace(b"M\x00\x0c", b"M\x80\x01"))
    completed = subprocess.run(
        [REGTUI, "run", "--data-unchecked", "--set", "data.source=cifar10", "--set", "data.train=5"],
        capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin", "REGTUI_DATA": str(tmp_path)},
    )  # fmt: skip
    assert (completed.returncode, completed.stdout) == (2, "")
    assert completed.stderr.count("\n") == 1
    assert "data_batch_1 is damaged (its data are no uint8)" in completed.stderr
