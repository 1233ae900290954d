"""Commands as lines: what is one, what is none and why, and when each is due."""

from __future__ import annotations

import random

import pytest

from engine.commands import FindLr, Look, Pause, SetSpeed, StepEpoch, Turn
from engine.control import LONGEST, Lines, Order, Orders, read_order
from engine.text import LONGEST_LINE


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ('{"do": "pause"}', Order(Pause())),
        ('{"do": "step", "at": 0}', Order(StepEpoch(), at=0, do="step")),
        ('{"do": "step_epoch", "id": 7}', Order(StepEpoch(), id="7")),
        ('{"do": "set_speed", "speed": null}', Order(SetSpeed(None))),
        (
            '{"do": "turn", "arm": "ä", "knob": "training.lr", "value": 0.1, "at": 12, "id": "x"}',
            Order(Turn("training.lr", 0.1, "ä"), at=12, id="x"),
        ),
        ('{"do": "find_lr", "steps": 20}', Order(FindLr(steps=20))),
        ('{"do": "look", "wanted": [["fit", "a", 0]]}', Order(Look((("fit", "a", 0),)))),
    ],
)
def test_a_line_is_a_command_and_when_it_is_due(line: str, order: Order) -> None:
    assert read_order(line.encode()) == order
    assert not order.refused


@pytest.mark.parametrize(
    ("line", "do", "message"),
    [
        ("pause", "", "not JSON: 'pause': expected a line such as"),
        ('"pause"', "", "expected an object"),
        ("{}", "", '"do" = None: expected one of pause, resume, step_epoch'),
        ('{"do": "fly"}', "fly", "\"do\" = 'fly': expected one of pause"),
        ('{"do": "pause", "at": -1}', "pause", '"at" = -1: expected a whole number'),
        ('{"do": "pause", "at": true}', "pause", '"at" = True: expected a whole number'),
        ('{"do": "pause", "at": 1.5}', "pause", '"at" = 1.5: expected a whole number'),
        ('{"do": "pause", "id": []}', "pause", '"id" = []: expected a text'),
        ('{"do": "turn", "knob": "training.lr"}', "turn", '"value": any, "arm": text or null}'),
        ('{"do": "turn", "nob": 1, "value": 2}', "turn", "no field 'nob'"),
        ('{"do": "set_speed", "speed": "fast"}', "set_speed", '{"do": "set_speed", "speed": number or null}'),
        ('{"do": "set_speed", "speed": NaN}', "", "not JSON"),
        ('{"do": "look", "wanted": [["fit"]]}', "look", "[[look, arm, seed], ...]"),
    ],
)
def test_what_is_no_command_is_told_what_was_expected(line: str, do: str, message: str) -> None:
    order = read_order(line.encode())
    assert (order.command, order.do) == (None, do)
    assert message in order.refused


def test_hostile_lines_are_refused_in_a_line_that_a_terminal_can_show() -> None:
    chance = random.Random(5)
    lines = [b"[" * 60_000, b'{"do":' * 9_000, b'{"do": "\x1b[2J\\u001b[2J"}', b"\xff\xfe", b"\0" * 100, b"9" * 9_000]
    lines += [b'{"do": "pause", "id": "' + b"x" * 60_000 + b'"}', b'{"do": "pause", "at": ' + b"9" * 4_000 + b"}"]
    lines += [b'{"do": "turn", "knob": ' + b"[" * 200 + b"]" * 200 + b', "value": 1}', b"x" * 10_000_000]
    lines += [chance.randbytes(chance.randrange(1, 200)) for _ in range(1_000)]
    for line in lines:
        order = read_order(line)
        assert order.command is None
        assert 0 < len(order.refused) <= LONGEST_LINE
        assert order.refused.isprintable()
        assert order.do.isprintable()


def test_lines_are_cut_wherever_the_bytes_come_apart_and_a_long_one_costs_no_memory() -> None:
    text = b'{"do": "pause"}\n\nsecond\n' + b"x" * 1_000_000 + b"\nlast\nrest"
    for size in (1_000, 65_536, 10_000_000):
        lines, cut = Lines(), []
        for begin in range(0, len(text), size):
            cut += lines.feed(text[begin : begin + size])
        cut += lines.end()
        assert [line[:10] for line in cut] == [b'{"do": "pa', b"", b"second", b"x" * 10, b"last", b"rest"]
        assert max(map(len, cut)) == LONGEST + 1
        assert "more than 65,536 bytes" in read_order(cut[3]).refused


def test_orders_come_in_the_order_sent_and_none_before_its_epoch() -> None:
    orders = Orders()
    sent = {
        orders.put(Order(Pause(), at_epoch, id=name)): name
        for at_epoch, name in [(3, "a"), (None, "b"), (3, "c"), (1, "d")]
    }

    def due(epoch: int) -> list[str]:
        names = []
        while (next_order := orders.due(epoch)) is not None:
            names.append(sent[next_order[0]])
            orders.done(next_order[0])
        return names

    assert list(sent) == [1, 2, 3, 4]
    assert (len(orders), orders.waiting) == (4, 1)
    assert due(0) == ["b"]
    orders.put(Order(Pause(), id="e"))
    assert [orders.due(3), [order.id for order in orders.immediate()]] == [(4, Order(Pause(), 1, "d")), ["e"]]
    sent[5] = "e"
    assert due(3) == ["d", "a", "c", "e"]


def test_orders_can_be_let_go() -> None:
    orders = Orders()
    for epoch in (9, None, 5, None):
        orders.put(Order(Pause(), epoch))
    assert [number for number, _ in orders.let_go(only_later=True)] == [1, 3]
    assert [number for number, _ in orders.let_go()] == [2, 4]
    assert not orders
