"""Events are JSON and back."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import events
from engine.events import (
    KINDS,
    Adjusted,
    Answered,
    Asked,
    Change,
    Compared,
    Epoch,
    Event,
    Failed,
    Finished,
    Found,
    Halted,
    Intervention,
    Loading,
    Pointed,
    Predicted,
    Rearranged,
    Receipt,
    Reported,
    Said,
    Seen,
    Started,
    Stopped,
    Travelled,
    WouldStop,
    from_json,
    to_json,
)  # fmt: skip
from engine.state import Parked
from tests.epochs import epoch_of

EPOCH = epoch_of(
    "a", 1, 2, val_loss=0.2, penalty={"l2": 0.5, "l1": 0.25}, weight_norms=(1, 2), averages={"ema_val_loss": 3}
)
EVENTS = [
    Loading("data"),
    Loading("data", 0.5),
    Started("p", ("a", "b"), (0, 1), "cpu", 10, 3, 4, 5, {"a": 10, "b": 20}, {"a": ("hidden 1", "output"), "b": ()}),
    EPOCH,
    Intervention(3, 1, 2, "a", "training.lr", 0.1, 0.2),
    Intervention(3, 1, 0, "a", "early_stopping.action", "stop", "watch", of_all=True),
    Rearranged("rewind", 3, 0, {"name": "p", "arms": []}, Started("p", ("a",), (0,), "cpu", 10, 3, 4, 5)),
    Rearranged(
        "fork", 3, 1, {}, Started("p", ("a", "b"), (0,), "cpu", 10, 3, 4, 5), {"b": Parked(3, 1, True)}, "b", "a"
    ),
    Travelled("fork", 2, 7, "b"),
    Intervention(3, 1, 2, "a", "training.lr", 0.1, 0.2, by="ramp"),
    Said(3, "watch"),
    Said(3, "watch", 2, "a"),
    Asked(1, 3, "which?", ("a", "b"), 0, "a"),
    Predicted(1, 0),
    Answered(1, 9, "a", "because", (Change("a", 0.5, 0.4, 0.8, 0.9),)),
    Halted(3),
    Pointed(3, "surface", 0, "a"),
    Receipt("turn", True, 3, 1, "", 7, "mine"),
    Adjusted("training.lr", 0.5, "a"),
    Adjusted("early_stopping.action", "watch"),
    Receipt("turn", False, refused="no arm 'b'"),
    Seen("confusion", "a", 0, 3, {"counts": [[1, 2], [0, 3]], "names": ["a", "b"], "part": "test"}),
    Seen("fit", "a", 0, 3, None),
    WouldStop("a", 0, 9, 4, 0.5),
    Stopped("ä", 0, 9, "early_stopping", 4, 0.5),
    Finished("a", 0, 9, "epochs", 0.6, 0.9, 4, 0.5),
    Reported("a", "test_acc", 0.2018, 0.21, "", "on the test set"),
    Reported("a", "train_acc", None, 0.9, "near 100 %"),
    Compared("b", "a", "val_loss", -0.2, -0.3, -0.1, 5, 5, None, "better", -0.4, 0.1),
    Compared("b", "a", "val_loss", 0.2, None, None, 1, 1, None, "one_seed"),
    Found("a", (1e-6, 1e-5), (2.3, 2.2), 1e-5),
    Found("a", (), (), None),
    Failed("OSError: x\ny", "/log"),
]


def test_every_kind_is_tried_here() -> None:
    assert {event.kind for event in EVENTS} == set(KINDS)
    declared = {cls for cls in vars(events).values() if isinstance(cls, type) and issubclass(cls, Event)} - {Event}
    assert declared == set(KINDS.values())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_is_one_line_of_json_and_comes_back_equal(event: Event) -> None:
    line = to_json(event)
    assert "\n" not in line
    assert json.loads(line)["event"] == event.kind
    assert from_json(line) == event
    assert type(from_json(line)) is type(event)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_has_no_word_for_becomes_null_and_then_nan(number: float) -> None:
    event = epoch_of(
        "a", 0, 1, train_loss=number, val_loss=number, gap=number, best_val_loss=number, penalty={"l2": number},
        weight_norms=(1.0, number),
    )  # fmt: skip
    line = to_json(event)
    assert "NaN" not in line
    assert "Infinity" not in line
    assert json.loads(line)["val_loss"] is None
    back = from_json(line)
    assert isinstance(back, Epoch)
    assert all(map(math.isnan, (back.train_loss, back.val_loss, back.gap, back.best_val_loss, back.penalty["l2"])))
    assert back.weight_norms[0] == 1.0
    assert math.isnan(back.weight_norms[1])


def test_an_unknown_share_stays_unknown() -> None:
    back = from_json(to_json(Loading("x")))
    assert isinstance(back, Loading)
    assert back.share is None


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(), st.integers())
def test_numbers_and_texts_come_back_exactly(number: float, text: str, whole: int) -> None:
    event = Stopped(text, whole, 1, "user", 2, number)
    assert from_json(to_json(event)) == event


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "{}",
        '{"event": "nothing"}',
        "[]",
        "5",
        "null",
        '{"event": []}',
        '{"event": "stopped"}',
        '{"event": "epoch", "arm": "a", "seed": 0, "epoch": 1, "val_loss": "0.5"}',
        '{"event": "epoch", "seed": 0, "epoch": 1}',
        '{"event": "stopped", "arm": 1, "seed": 0, "epoch": 1, "reason": "user", "best_epoch": 0, "best_val_loss": 1}',
        '{"event": "found", "arm": "a", "rates": 5, "losses": [], "suggestion": null}',
        '{"event": "failed", "message": "x", "odd": 1, "log": ""} x',
    ],
)
def test_anything_else_is_a_value_error(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the contract names the type only
        from_json(line)


def test_an_epoch_reads_its_metrics_as_attributes_and_knows_no_others() -> None:
    assert (EPOCH.val_loss, EPOCH.penalty, EPOCH.weight_norms) == (0.2, {"l2": 0.5, "l1": 0.25}, (1, 2))
    assert EPOCH.averages == {"ema_val_loss": 3}
    with pytest.raises(AttributeError, match="has no 'val_los'"):
        _ = EPOCH.val_los
    fields = json.loads(to_json(EPOCH))
    assert fields["penalty"] == {"l2": 0.5, "l1": 0.25}
    assert fields["weight_norms"] == [1, 2]
    assert fields["val_loss"] == 0.2
