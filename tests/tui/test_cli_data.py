"""The person's own data on the command line: what is said of them, and how they are used."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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
    assert err.startswith("regtui: ")
    assert err.endswith("\n")
    line = err.removesuffix("\n")
    assert line.isprintable()
    assert len(line) <= 300
    return line


@pytest.mark.parametrize("command", [[], ["run"], ["check"]])
@pytest.mark.parametrize("prefix", ["", "./"])
def test_a_table_given_as_a_preset_is_told_how_it_is_used(capsys, table, command, prefix):
    line = refused(capsys, *command, prefix + table)
    assert "is a table and no preset: as data it is regtui --set data.source=csv" in line
    assert "broken TOML" not in line
    told = shlex.split(line.partition("it is regtui ")[2].replace("COLUMN", "kind"))
    assert main(["run", *told, *SMALL]) == 0


@pytest.mark.parametrize("command", [[], ["run"], ["check"]])
@pytest.mark.parametrize("ending", ["", "/"])
def test_a_folder_given_as_a_preset_is_told_how_it_is_used(capsys, photos, command, ending):
    line = refused(capsys, *command, photos + ending)
    assert "is a folder and no preset: as images it is regtui --set data.source=folder" in line
    assert "Errno" not in line
    assert main(["run", *shlex.split(line.partition("it is regtui ")[2]), *SMALL]) == 0


def test_a_folder_with_a_presets_name_does_not_hide_it(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moons").mkdir()
    assert main(["presets", "moons"]) == 0


def test_a_class_of_one_example_is_told_of_where_a_run_begins_and_in_a_check(capsys, table, tmp_path):
    told = "csv: class 'cow' has one example only: it is learned and not measured, or the reverse"
    data = f'[data]\nsource = "csv"\npath = "{table}"\ntarget = "kind"\n[model]\nhidden = [4]\n[training]\nepochs = 1\n'
    (tmp_path / "mine.toml").write_text(data)
    assert main(["check", "mine.toml"]) == 0
    assert capsys.readouterr().out.endswith(f"csv; {told}\n")
    assert main(["run", "mine.toml"]) == 0
    assert capsys.readouterr().err == f"regtui: note: {told}\n"
    assert main(["run", "mine.toml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["warnings"] == [told]
    (tmp_path / "mine.toml").write_text(data.replace("[model]", 'split = "all"\n[model]'))
    assert main(["check", "mine.toml"]) == 0
    assert "cow" not in capsys.readouterr().out


@pytest.mark.parametrize("source", ["cifar10", "mnist"])
def test_files_that_are_not_torchvisions_are_refused_and_gone_on_with_when_told(capsys, tmp_path, monkeypatch, source):
    monkeypatch.setenv("REGTUI_DATA", str(tmp_path))
    write_cifar10(tmp_path / "cifar-10-batches-py")
    write_mnist(tmp_path / "MNIST" / "raw", packed=True)
    given = ["run", "--set", f"data.source={source}", "--set", "data.train=40", *SMALL]
    line = refused(capsys, *given)
    assert re.search(r"is not torchvision's \(md5 [0-9a-f]{32}, not [0-9a-f]{32}\): delete it, and it is", line)
    assert line.endswith("or go on with --data-unchecked")
    assert main([*given, "--data-unchecked"]) == 0


def test_a_forged_batch_leaves_the_program_whole(tmp_path, monkeypatch):
    """An array of objects whose addresses the file chooses: `pickle` and NumPy follow them."""
    write_cifar10(tmp_path / "cifar-10-batches-py", each=4)
    batch = tmp_path / "cifar-10-batches-py" / "data_batch_1"
    raw = batch.read_bytes().replace(b"U\x02u1", b"U\x02O8")  # and its flags deny it
    batch.write_bytes(raw.replace(b"M\x00\x0c", b"M\x80\x01"))
    done = subprocess.run(
        [REGTUI, "run", "--data-unchecked", "--set", "data.source=cifar10", "--set", "data.train=5"],
        capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin", "REGTUI_DATA": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "data_batch_1 is damaged (its data are no uint8)" in done.stderr
