"""`regtui run` as people and scripts meet it: a real process, real pipes, real signals."""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.events import Compared, Epoch, Finished, Reported, Started, Stopped, WouldStop, from_json, to_json
from tests.terminal import Terminal
from tui.cli import main

REGTUI = Path(sys.executable).parent / "regtui"


def preset_file(folder, epochs=3, arms="", top=""):
    path = folder / "small.toml"
    arms = arms or '[[arm]]\nname = "off"\n[[arm]]\nname = "on"\nregularization.dropout = 0.2\n'
    path.write_text(
        f'title = "Small"\n[data]\nsource = "moons"\nsamples = 100\n[model]\nhidden = [4]\n'
        f"[training]\nepochs = {epochs}\nseeds = [0, 1]\n{top}\n{arms}"
    )
    return str(path)


@contextlib.contextmanager
def running(*arguments):
    """A `regtui run` of its own, killed at the end whatever happened."""
    process = subprocess.Popen(
        [REGTUI, "run", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_run_ends_with_the_table_and_the_arms_in_words(tmp_path, capsys):
    assert main(["run", preset_file(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert not err
    against = ("val loss against 'off'", "95 % interval", "same sign")
    for expected in ("Small", "60 training", "off", "on", "full length", "test", "gap of 'off'", *against):
        assert expected in out
    assert "\x1b" not in out


def test_what_others_report_is_told_after_the_table_and_as_events(tmp_path, capsys):
    arms = '[[arm]]\nname = "off"\n[[reported]]\narm = "off"\nmetric = "val_acc"\nvalue = 0.9\nnote = "theirs [1]"\n'
    path = preset_file(tmp_path, arms=arms)
    assert main(["run", path]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert out.index("reported by others") > out.index("full length")
    assert re.search(r"off val acc 0\.9 0\.\d\d ± 0\.\d\d theirs \[1\]", out)
    assert main(["run", path, "--json"]) == 0
    events = [from_json(line) for line in capsys.readouterr().out.splitlines()]
    assert [event.reported for event in events if isinstance(event, Reported)] == [0.9]


def test_a_regression_runs_and_shows_no_accuracy(tmp_path, capsys):
    path = preset_file(tmp_path)
    assert main(["run", path, "--set", "data.source=curve"]) == 0
    out = capsys.readouterr().out
    assert "nan" not in out
    assert "%" not in out.replace("95 %", "").partition("gap of 'off'")[0]
    assert "val loss" in out.partition("with the")[2]


def test_losses_that_blow_up_and_stay_finite_are_told_as_any_others(tmp_path, capsys, monkeypatch):
    """Only what is not finite has diverged: such a run goes on to its end, as lines and as a table."""
    monkeypatch.setenv("COLUMNS", "80")
    blown_up = [preset_file(tmp_path), "--set", "training.lr=1e9"]
    assert main(["run", *blown_up, "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    events = [from_json(line) for line in lines]
    assert [to_json(event) for event in events] == lines
    ends = [event for event in events if isinstance(event, Finished)]
    assert [event.reason for event in ends] == ["epochs"] * 4
    assert max(event.test_loss for event in ends) > 1e6
    assert main(["run", *blown_up]) == 0
    out = capsys.readouterr().out
    assert "full length" in out
    assert "e+" in out
    assert max(map(len, out.splitlines())) <= 80


def test_json_is_nothing_but_events_in_order(tmp_path, capsys):
    path = preset_file(tmp_path, epochs=4, top='[early_stopping]\npatience = 1\nmin_delta = 9.0\naction = "watch"')
    assert main(["run", path, "--json"]) == 0
    out, err = capsys.readouterr()
    assert not err
    events = [from_json(line) for line in out.splitlines()]
    assert isinstance(events[0], Started)
    kinds = [type(event) for event in events]
    assert kinds.count(Epoch) == 4 * 2 * 2
    assert kinds.count(WouldStop) == kinds.count(Stopped) == 4
    assert kinds[-5:] == [*[Finished] * 4, Compared]
    assert (events[-1].arm, events[-1].reference, events[-1].n) == ("on", "off", 2)


class Reader(io.StringIO):
    """A stdout that is read as a pipe is: what is not flushed is not there yet."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def flush(self):
        self.seen.append(self.getvalue()[sum(map(len, self.seen)) :])


def test_what_a_timeline_says_is_printed_and_at_its_questions_nothing_waits(tmp_path, capsys):
    timeline = """
[[timeline]]
at = 1
say = "Look at the gap."
[[timeline]]
at = 1
ask = "Up or down?"
choices = ["up", "down"]
answer = "down"
reveal = "As always."
[[timeline]]
at = 2
pause = true
set.training.lr = 0.5
"""
    path = preset_file(tmp_path, arms=f'[[arm]]\nname = "off"\n{timeline}')
    assert main(["run", path]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said == ["epoch 1: Look at the gap.", "epoch 3: Up or down? down. As always."]
    assert main(["run", path, "--json"]) == 0
    out, err = capsys.readouterr()
    events = [from_json(line) for line in out.splitlines()]
    kinds = [event.kind for event in events if event.kind not in ("epoch", "started", "stopped", "finished")]
    assert kinds == ["said", "asked", "intervention", "halted", "answered"]
    assert err == ""


def test_json_lines_are_there_as_soon_as_they_are_known(tmp_path, monkeypatch):
    reader = Reader()
    monkeypatch.setattr("sys.stdout", reader)
    assert main(["run", preset_file(tmp_path), "--json"]) == 0
    moments = [[type(from_json(line)) for line in text.splitlines()] for text in reader.seen if text]
    assert moments == [[Started], [Epoch] * 4, [Epoch] * 4, [*[Epoch, Stopped] * 4, *[Finished] * 4], [Compared]]


def test_options_change_what_is_trained(tmp_path, capsys):
    path = preset_file(tmp_path)
    assert main(["run", path, "--json", "--seeds", "1", "--epochs", "2", "--arm-set", "on:training.epochs=1"]) == 0
    epochs = [event for line in capsys.readouterr().out.splitlines() if isinstance(event := from_json(line), Epoch)]
    assert {event.seed for event in epochs} == {0}
    assert max(event.epoch for event in epochs) == 2


def test_without_a_terminal_the_dashboard_says_so_and_runs_headless(tmp_path, capsys):
    assert main([preset_file(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert "no terminal on stdout" in err
    assert err.count("\n") == 1
    assert "test" in out


def test_a_run_whose_every_lane_diverged_ends_with_3(tmp_path, capsys):
    path = preset_file(tmp_path, epochs=50)
    assert main(["run", path, "--set", "training.lr=1e9", "--set", "regularization.l2=100"]) == 3
    assert "diverged" in capsys.readouterr().out


def test_one_arm_that_diverged_is_no_failure(tmp_path, capsys):
    path = preset_file(tmp_path, epochs=50)
    assert main(["run", path, "--arm-set", "on:training.lr=1e9", "--arm-set", "on:regularization.l2=100"]) == 0
    assert "only 'off' did not diverge" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("data", "message"),
    [("data.train=3000", "data.train = 3000"), ("data.source=csv", "path"), ("regularization.dropout=2", "below 1")],
)
def test_bad_input_is_one_line_and_2(data, message, tmp_path, capsys):
    assert main(["run", preset_file(tmp_path), "--json", "--set", data]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert message in err
    assert err.count("\n") == 1


def test_a_failure_nobody_foresaw_is_one_line_that_names_the_log(tmp_path, capsys, monkeypatch):
    def fail(_):
        raise RuntimeError("out of memory")

    monkeypatch.setattr("engine.lab.Lab.advance", fail)
    monkeypatch.setattr("engine.log.log_path", lambda: tmp_path / "regtui.log")
    assert main(["run", preset_file(tmp_path)]) == 1
    assert capsys.readouterr().err == f"regtui: RuntimeError: out of memory (log: {tmp_path}/regtui.log)\n"


def test_ctrl_c_ends_a_json_run_with_its_last_events_and_130(tmp_path):
    with running(preset_file(tmp_path, epochs=10_000_000), "--json") as process:
        for _ in range(20):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert not err
        ends = [from_json(line) for line in out.splitlines()][-9:]
        assert [type(event) for event in ends] == [*[Stopped] * 4, *[Finished] * 4, Compared]
        assert {event.reason for event in ends[:-1]} == {"user"}


def test_ctrl_c_ends_a_run_with_the_table_so_far(tmp_path):
    with Terminal([str(REGTUI), "run", preset_file(tmp_path, epochs=10_000_000)], 120, 40) as terminal:
        terminal.wait_for(lambda shown: len(re.findall(r"epoch [1-9]\d*  train 0", shown)) == 2, timeout=60)
        terminal.signal(signal.SIGINT)
        assert terminal.wait(timeout=60) == 130
        assert "Traceback" not in terminal.text
        assert re.search(r"off .* interrupted", terminal.text)
        for arm in ("off", "on"):  # tested: the accuracies are there
            assert re.search(rf"^\W*{arm} .* \d+\.\d %", terminal.text, re.MULTILINE)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_training_without_a_traceback(signum, tmp_path):
    with running(preset_file(tmp_path, epochs=10_000_000), "--json") as process:
        process.stdout.readline()
        process.send_signal(signum)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 128 + signum
        assert not err


@pytest.mark.skipif(sys.platform != "linux", reason="reads what a process has loaded, as Linux tells it")
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_import_of_torch_without_a_traceback(signum, tmp_path):
    with running(preset_file(tmp_path, epochs=10_000_000)) as process:
        while "libtorch" not in Path(f"/proc/{process.pid}/maps").read_text():
            time.sleep(0.01)
        process.send_signal(signum)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 128 + signum
        assert "Traceback" not in err


def test_a_hang_up_is_ignored_under_nohup(tmp_path):
    command = f"trap '' HUP; exec {REGTUI} run {preset_file(tmp_path, epochs=10_000_000)} --json"
    process = subprocess.Popen(["bash", "-c", command], stdout=subprocess.PIPE, text=True)
    try:
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        for _ in range(200):
            assert process.stdout.readline()
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()


def test_a_reader_that_leaves_ends_the_run_quietly(tmp_path):
    with running(preset_file(tmp_path, epochs=10_000_000), "--json") as process:
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate(timeout=60)
        assert process.returncode == 141
        assert not err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_line(tmp_path):
    with open("/dev/full", "w") as full:
        completed = subprocess.run([REGTUI, "presets"], stdout=full, stderr=subprocess.PIPE, text=True, env={**os.environ, "XDG_STATE_HOME": str(tmp_path)}, check=False)  # noqa: E501  # fmt: skip
    assert completed.returncode == 1
    assert completed.stderr.startswith("regtui: OSError")
    assert completed.stderr.count("\n") == 1


def test_others_numbers_and_the_title_are_not_told_of_other_data_or_another_length(tmp_path, capsys):
    arms = '[[arm]]\nname = "off"\n[[reported]]\narm = "off"\nmetric = "val_acc"\nvalue = 0.9\nnote = "theirs"\n'
    path = preset_file(tmp_path, arms=arms)
    for option, others in ((["--set", "data.samples=120"], "data"), (["--epochs", "2"], "epochs")):
        assert main(["run", path, *option]) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert out.startswith(f"small, with other {others}: ")
        assert "theirs" not in out
        assert f"what others report is left out: it speaks of other {others}" in out
        assert main(["run", path, "--json", *option]) == 0
        assert "reported" not in capsys.readouterr().out
    assert main(["run", path, "--set", "training.lr=0.5"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Small: ")
    assert "theirs" in out
    assert "left out" not in out
