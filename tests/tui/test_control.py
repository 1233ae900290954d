"""`regtui run --control`: a script drives an experiment over real pipes, and every line gets its answer."""

import contextlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

from engine.events import Epoch, Finished, Intervention, Receipt, Seen, Started, from_json, to_json
from engine.preset import load_preset
from engine.worker import Worker
from tests.tui.test_headless import preset_file
from tui.control import Control

REGTUI = Path(sys.executable).parent / "regtui"
LONG = 10_000_000


@contextlib.contextmanager
def steered(*arguments):
    """A `regtui run --control` of its own, killed at the end whatever happened."""
    process = subprocess.Popen(
        [REGTUI, "run", "--control", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def script(folder, *commands, epochs=12):
    """The events of a run that was given all of a script at once, and its exit code."""
    lines = "".join(f"{command if isinstance(command, str) else json.dumps(command)}\n" for command in commands)
    completed = subprocess.run(
        [REGTUI, "run", "--control", preset_file(folder, epochs)], input=lines, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert not completed.stderr
    return [from_json(line) for line in completed.stdout.splitlines()], completed.returncode


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


def answer(process, **command):
    """Send a command, and the events up to its receipt."""
    process.stdin.write(f"{json.dumps(command)}\n")
    events = []
    for line in process.stdout:
        events.append(from_json(line))
        if isinstance(events[-1], Receipt) and events[-1].do == command["do"]:
            return events
    raise AssertionError(f"no answer to {command}")


def test_a_script_turns_knobs_exactly_where_it_says_and_is_the_same_again_bit_for_bit(tmp_path):
    commands = [
        {"do": "turn", "arm": "on", "knob": "training.lr", "value": 0.4, "at": 3, "id": "third"},
        {"do": "turn", "knob": "regularization.l2", "value": 0.01, "at": 0},
        {"do": "pause", "at": 5},
        {"do": "find_lr", "steps": 20, "at": 5},
        {"do": "stop", "at": 9},
        {"do": "pause", "at": 11},
    ]
    events, code = script(tmp_path, *commands)
    assert code == 130
    assert isinstance(events[0], Started)
    turned = only(events, Intervention)
    assert [(event.arm, event.knob, event.epoch, event.batch) for event in turned] == [
        ("off", "regularization.l2", 0, 0), ("on", "regularization.l2", 0, 0), ("on", "training.lr", 3, 0)
    ]  # fmt: skip
    receipts = {receipt.number: receipt for receipt in only(events, Receipt) if receipt.number <= len(commands)}
    assert receipts[1] == Receipt("turn", True, 3, 0, "", 1, "third")
    assert [receipts[number].epoch for number in (2, 3, 4, 5)] == [0, 5, 5, 9]
    assert receipts[6].refused == "the run has ended after epoch 9"
    assert {end.epoch for end in only(events, Finished)} == {9}
    lr = {epoch.epoch: epoch.lr for epoch in only(events, Epoch) if (epoch.arm, epoch.seed) == ("on", 0)}
    assert lr[4] == 0.4
    assert lr[3] != 0.4
    again, _ = script(tmp_path, *commands)
    assert [to_json(event) for event in again] == [to_json(event) for event in events]


def test_a_script_in_a_file_is_read_before_the_first_step(tmp_path):
    (tmp_path / "script").write_text(
        '{"do": "turn", "knob": "training.lr", "value": 0.4, "at": 0}\n{"do": "stop", "at": 2}'
    )
    with open(tmp_path / "script") as file:
        completed = subprocess.run(
            [REGTUI, "run", "--control", preset_file(tmp_path, LONG)], stdin=file, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
    events = [from_json(line) for line in completed.stdout.splitlines()]
    assert {epoch.lr for epoch in only(events, Epoch)} == {0.4}
    assert {end.epoch for end in only(events, Finished)} == {2}


def test_what_has_been_written_is_read_before_it_trains(tmp_path):
    worker = Worker(load_preset(preset_file(tmp_path)), "cpu")
    (tmp_path / "script").write_text('{"do": "pause"}\n' * 500)
    with open(tmp_path / "script") as file:
        Control(worker, file.fileno()).start()
        assert worker.waiting == 500
    read, write = os.pipe()
    os.write(write, b'{"do": "pause"}\n' * 500)
    Control(worker, read).start()  # though its end is still to come
    assert worker.waiting == 1000
    os.close(write)


def test_wrong_lines_are_refused_with_what_was_expected_and_the_run_goes_on(tmp_path):
    wrong = [
        "nonsense",
        "[1",
        '{"do": "fly"}',
        '{"do": "turn"}',
        '{"do": "restart"}',
        '{"do": "set_speed", "speed": 0}',
    ]
    wrong += ['{"do": "turn", "knob": "model.hidden", "value": [3]}', '{"do": "look", "wanted": [["fit", "c", 0]]}']
    events, code = script(tmp_path, *wrong, "", "   ")
    assert code == 0
    receipts = sorted(only(events, Receipt), key=lambda receipt: receipt.number)
    assert [receipt.taken for receipt in receipts] == [False] * len(wrong)
    expected = [
        "not JSON",
        "not JSON",
        "expected one of",
        "expected {",
        "ends once",
        "above 0",
        "while training",
        "no lane",
    ]
    assert [part in receipt.refused for part, receipt in zip(expected, receipts, strict=True)] == [True] * len(wrong)
    assert {end.epoch for end in only(events, Finished)} == {12}


def test_hostile_bytes_are_answered_and_harmless(tmp_path):
    chance = random.Random(9)
    lines = [b"[" * 1_000_000, b"x" * 10_000_000, b'{"do": ' * 100_000, b"\xff\xfe\x00", b'{"do": "\x1b]0;x\x07"}']
    lines += [chance.randbytes(50).replace(b"\n", b"") or b"-" for _ in range(1_000)]
    completed = subprocess.run(
        [REGTUI, "run", "--control", preset_file(tmp_path, 12)], input=b"\n".join(lines), capture_output=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert (completed.returncode, completed.stderr) == (0, b"")
    assert completed.stdout.isascii()
    events = [from_json(line) for line in completed.stdout.decode().splitlines()]
    receipts = only(events, Receipt)
    assert len(receipts) == len([line for line in lines if line.strip()])
    assert not any(receipt.taken for receipt in receipts)
    assert len(only(events, Finished)) == 4


def test_a_conversation_over_pipes(tmp_path):
    with steered(preset_file(tmp_path, LONG), "--paused") as process:
        assert only(answer(process, do="turn", knob="training.lr", value=0.2), Intervention)[0].epoch == 0
        assert answer(process, do="step", id="one")[-1].taken
        events = answer(process, do="look", wanted=[["confusion", "on", 0]])
        while not only(events, Seen) or not only(events, Epoch):
            events.append(from_json(process.stdout.readline()))
        assert only(events, Seen)[-1].look == "confusion"
        assert {epoch.epoch for epoch in only(events, Epoch)} == {1}
        assert answer(process, do="set_speed", speed=50)[-1].taken
        assert answer(process, do="resume")[-1].epoch == 1
        process.stdin.write('{"do": "pause", "at": 4}\n')
        events = answer(process, do="stop", at=4)
        assert {end.epoch for end in only(events + [from_json(line) for line in process.stdout], Finished)} == {4}
        assert process.wait(timeout=10) == 130


def test_at_the_end_of_stdin_a_paused_run_goes_on_to_its_end(tmp_path):
    with steered(preset_file(tmp_path, 12), "--paused") as process:
        answer(process, do="step")
        process.stdin.close()
        events = [from_json(line) for line in process.stdout]
        assert {end.epoch for end in only(events, Finished)} == {12}
        assert process.wait(timeout=10) == 0
        process.stdin = None
