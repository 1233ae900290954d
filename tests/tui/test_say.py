"""Whatever is printed without a screen is printable where it leaves, and an error is one line of a bounded length."""

import subprocess
import sys
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from engine.preset import read_preset
from engine.text import LONGEST_LINE, harmful
from tui.bars import Bars
from tui.cli import main
from tui.say import complain, say
from tui.stdout import StdoutConsole

REGTUI = Path(sys.executable).parent / "regtui"
OSC = "\x1b]52;c;aGk=\x07"
HOSTILE = f"a{OSC}\x9b31m\u202eb\udcff"


def test_lines_on_stdout_and_stderr_are_printable(capsys):
    say(f"one {HOSTILE}\n\ttwo")
    complain(f"three {HOSTILE}\nfour")
    out, err = capsys.readouterr()
    assert out == "one a\\x1b]52;c;aGk=\\x07\\x9b31m\\u202eb\\udcff\n\ttwo\n"
    assert err == "regtui: three a\\x1b]52;c;aGk=\\x07\\x9b31m\\u202eb\\udcff four\n"


def test_a_complaint_keeps_both_ends_of_what_is_too_long(capsys):
    complain("begin " + "x" * 100_000 + " end")
    (line,) = capsys.readouterr().err.splitlines()
    assert len(line) == LONGEST_LINE
    assert line.startswith("regtui: begin ")
    assert line.endswith(" end")


def test_rich_prints_no_part_of_a_table_as_a_command(capsys):
    table = Table(title=HOSTILE, caption=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(Text(HOSTILE, style="bold"))
    for renderable in (HOSTILE, Text(f"{HOSTILE}\nnext"), table):
        StdoutConsole().print(renderable)
    out = capsys.readouterr().out
    assert harmful(out, lines=True) is None
    assert out.count("\\x1b]52;c;") == 6


def test_a_bar_of_an_arm_is_no_command(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    preset = read_preset('[[arm]]\nname = "a"')
    arm = preset.arms[0].model_copy(update={"name": HOSTILE})
    with Bars(preset.model_copy(update={"arms": (arm,)}), shown=True) as bars:
        bars.start()
    assert "\x1b]52" not in (err := capsys.readouterr().err)
    assert "\\x1b]52" in err


@pytest.mark.parametrize(
    "arguments",
    [
        [f"--{HOSTILE}"],
        [HOSTILE],
        [f"{HOSTILE}.toml"],
        ["dropout", "--device", HOSTILE],
        ["dropout", "--set", HOSTILE],
        ["dropout", "--set", f"training.lr={HOSTILE}"],
        ["dropout", "--set", f"title={HOSTILE}"],
        ["dropout", "--arm-set", f"{HOSTILE}:training.lr=1"],
        ["presets", HOSTILE],
        ["check", f"{HOSTILE}.toml"],
        ["dropout", f"--{'x' * 100_000}"],
        ["x" * 100_000],
        [f"{'x' * 100_000}.toml"],
        ["dropout", "--epochs", "9" * 100_000],
        ["dropout", "--set", "x" * 100_000],
        ["dropout", "--arm-set", f"{'x' * 100_000}:training.lr=1"],
    ],
    ids=lambda arguments: " ".join(arguments)[:24].encode("unicode_escape").decode(),
)
def test_whatever_is_typed_is_told_in_one_printable_line(arguments, capsys):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.count("\n") == 1
    assert harmful(err.rstrip("\n")) is None
    assert len(err.rstrip("\n")) <= LONGEST_LINE


def test_a_file_that_is_shown_is_shown_with_its_controls_written_out(capsys, tmp_path):
    path = tmp_path / f"x{OSC}.toml"
    path.write_text('title = "x"  # \x9b31m\u202e\n')
    assert main(["presets", str(path)]) == 0
    assert main(["check", str(path)]) == 0
    out = capsys.readouterr().out
    assert harmful(out, lines=True) is None
    assert "# \\x9b31m\\u202e" in out
    assert f"{tmp_path}/x\\x1b]52;c;aGk=\\x07.toml: valid: " in out


def test_a_hostile_name_and_file_reach_no_real_stream(tmp_path):
    folder = tmp_path / f"d{OSC}"
    folder.mkdir()
    (folder / f"t{OSC}.csv").write_text(f"x,y\n1,a\n{HOSTILE[:-1]},b\n")
    preset = folder / "mine.toml"
    preset.write_text('[data]\nsource = "csv"\npath = "t.csv"\ntarget = "y"\n')
    setting = f"data.path={folder}/t{OSC}.csv"
    for arguments in ([str(preset), "--set", setting], [str(preset)], [str(folder)]):
        completed = subprocess.run([REGTUI, "run", *arguments], capture_output=True, check=False, cwd=folder)
        assert completed.returncode == 2
        assert b"\x1b" not in completed.stdout + completed.stderr
        assert completed.stderr.startswith(b"regtui: ")


@pytest.mark.parametrize("arguments", [["run", ""], [""], ["run", " "], ["presets", ""], ["check", ""]])
def test_an_empty_name_is_refused_and_is_not_the_default(arguments, capsys):
    assert main(arguments) == 2
    assert "no preset is named" in capsys.readouterr().err
