"""Commands are JSON and back."""

from __future__ import annotations

import json

import pytest

from engine.commands import (
    KINDS,
    AddArm,
    AddSeeds,
    BringBack,
    Command,
    FindLr,
    Fork,
    Look,
    Pause,
    Predict,
    RemoveArm,
    Restart,
    Resume,
    Rewind,
    SetSpeed,
    StepEpoch,
    Stop,
    Turn,
    from_json,
    to_json,
)  # fmt: skip

COMMANDS = [
    Pause(),
    Resume(),
    StepEpoch(),
    SetSpeed(None),
    SetSpeed(2.5),
    Turn("training.lr", 0.1),
    Turn("early_stopping.action", "watch", "arm ä"),
    Turn("early_stopping.restore_best", False, "a"),
    FindLr(),
    FindLr(1e-4, 1.0, 30),
    Look((("confusion", "a", 0), ("fit", "b", 1))),
    Look(),
    Predict(2, 0),
    Fork("a"),
    Fork("a", "b", 3, {"training.lr": 0.1}),
    AddArm("a", "b", {"model.hidden": [3]}),
    RemoveArm("a"),
    BringBack("a"),
    AddSeeds(2),
    Rewind(4),
    Restart(),
    Stop(),
]


def test_every_kind_is_tried_here() -> None:
    assert {command.kind for command in COMMANDS} == set(KINDS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.kind)
def test_a_command_is_one_line_of_json_and_comes_back_equal(command: Command) -> None:
    line = to_json(command)
    assert "\n" not in line
    assert json.loads(line)["do"] == command.kind
    assert from_json(line) == command
    assert type(from_json(line)) is type(command)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "{}",
        '{"do": "jump"}',
        "[]",
        "5",
        '{"do": []}',
        '{"do": "turn"}',
        '{"do": "turn", "knob": 1, "value": 2}',
        '{"do": "look", "wanted": [["a", "b"]]}',
        '{"do": "set_speed", "speed": "fast"}',
        '{"do": "pause", "x": 1}',
    ],
)
def test_anything_else_is_a_value_error(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the contract names the type only
        from_json(line)


def test_a_script_says_from_which_arm_an_arm_is_added() -> None:
    line = '{"do": "add_arm", "from": "a", "name": "b", "set": {"regularization.l2": 0.1}}'
    assert from_json(line) == AddArm("a", "b", {"regularization.l2": 0.1})
