"""What Tab offers: by the program itself, and in the shells that are here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tui.cli import main

REGTUI = Path(sys.executable).parent / "regtui"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my data.csv").write_text("Age;Fare paid;class\n1;2;x\n")
    (tmp_path / "mine.toml").write_text('[[arm]]\nname = "no rule: none"\n')
    (tmp_path / "notes.md").write_text("")
    (tmp_path / "photos").mkdir()


def offered(capsys, *words: str, shell: str = "fish") -> list[str]:
    assert main(["__complete", shell, *words]) == 0
    return [line.partition("\t")[0] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["moo"], ["moons"]),
        (["at"], ["attach"]),
        (["run", "moo"], ["moons"]),
        (["presets", "l1"], ["l1-vs-l2"]),
        (["mi"], ["mixing", "mine.toml"]),
        (["ph"], ["photos/"]),
        (["new", ""], ["my data.csv", "photos/"]),
        (["--set", "training.lr"], ["training.lr="]),
        (["run", "moons", "--set=training.lr"], ["--set=training.lr="]),
        (["--set", "training.optimizer=a"], [f"training.optimizer={name}" for name in ("adagrad", "adam", "adamw")]),
        (["new", "my data.csv", "--set", "data.dec"], ["data.decimal="]),
        (["moons", "--seeds", ""], []),
        (["moons", "--arm-set", "d"], ["dropout 0.5:"]),
        (["moons", "--arm-set", "dropout 0.5:training.lr"], ["dropout 0.5:training.lr="]),
        (["moons", "--arm-set", "'dropout 0.5:training.lr"], ["dropout 0.5:training.lr="]),
        (["mine.toml", "--arm-set", ""], ["no rule: none:"]),
        (["my data.csv", "--target", ""], ["Age", "Fare paid", "class"]),
        (["my data.csv", "--target", "F"], ["Fare paid"]),
        (["run", "--device", "c"], ["cpu", "cuda"]),
        (["run", "--js"], ["--json"]),
        (["runs", "--sort", "b"], ["best"]),
        (["export", "--ht"], ["--html"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["nothing.csv", "--target", ""], []),
        (["nowhere/x"], []),
    ],
)
def test_a_word_goes_on_with_what_can_stand_there(capsys, here, words, expected):
    assert offered(capsys, *words) == expected


def test_recorded_runs_are_offered_by_their_ids(capsys, here, monkeypatch, tmp_path):
    monkeypatch.setenv("REGTUI_RUNS", str(tmp_path / "runs"))
    assert main(["run", "moons", "--epochs", "1", "--seeds", "1", "--set", "model.hidden=[4]"]) == 0
    capsys.readouterr()
    (id,) = [path.stem.rpartition("-")[2] for path in (tmp_path / "runs").glob("*.regtui")]
    for words in (["open"], ["resume"], ["export"], ["run", "--resume"], ["runs", "--delete"]):
        assert id in offered(capsys, *words, "")[0]


def test_every_command_completes_its_options(capsys, here):
    from tui.arguments import COMMANDS

    for command in COMMANDS:
        assert "--help" in offered(capsys, command, "--")


def test_an_unknown_shell_is_refused_in_one_line(capsys):
    assert main(["completion", "fsh"]) == 2
    assert "fsh: must be one of bash, zsh, fish (did you mean 'fish'?)" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("regtui moo", ["moons"]),
        ("regtui run --set training.optimizer=adam", ["adam", "adamw"]),
        ("regtui run moons --arm-set dropout\\ 0.5:training.lr", ["training.lr="]),
        ("regtui my\\ data.csv --target F", ["Fare\\ paid"]),
        ("regtui 'my data.csv' --target ", ["Age", "Fare\\ paid", "class"]),
    ],
)
def test_bash_replaces_the_word_that_it_parts_itself(here, line, expected):
    script = (
        'eval "$(regtui completion bash)"; compopt() { :; }\n'
        f"COMP_LINE={_quoted(line)}; COMP_POINT=${{#COMP_LINE}}; _regtui\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{REGTUI.parent}:{os.environ['PATH']}"
    completed = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert completed.stdout.splitlines() == expected
    assert completed.stderr == ""


def _quoted(line: str) -> str:
    return "$'" + line.replace("\\", "\\\\").replace("'", "\\'") + "'"
