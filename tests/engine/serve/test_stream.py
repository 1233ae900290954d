"""The newest events by number, in bounded memory."""

from __future__ import annotations

import math

from engine.events import Epoch, Event, Failed, Loading, Receipt, Seen
from engine.serve.lines import event_of, is_event, read_line, write_event
from engine.serve.stream import Stream


def read_after(stream: Stream, after: int, most: int = 1000) -> tuple[list[int], list[Event], int] | None:
    read = stream.lines(after, most)
    if read is None:
        return None
    lines = [read_line(line) for line in read[0].encode().splitlines()]
    numbers, events = zip(*map(event_of, lines), strict=True) if lines else ((), ())
    return list(numbers), list(events), read[1]


def test_events_come_by_their_numbers_and_those_let_go_are_known_to_be_missing() -> None:
    stream = Stream(last=7, kept=4)
    assert read_after(stream, 7) == ([], [], 7)
    events = [Failed(str(number)) for number in range(8, 11)]
    stream.take(events[:2], 9)
    stream.take(events[2:], 10)
    assert read_after(stream, 7) == ([8, 9, 10], events, 10)
    assert read_after(stream, 8, most=1) == ([9], [events[1]], 9)
    assert [stream.has(after) for after in (6, 7, 10, 11)] == [False, True, True, False]
    more = [Failed(str(number)) for number in range(11, 14)]
    stream.take(more, 13)
    assert read_after(stream, 8) is None
    assert read_after(stream, 9) == ([10, 11, 12, 13], [events[2], *more], 13)


def test_events_that_were_told_before_it_listened_are_missing() -> None:
    stream = Stream(last=2)
    stream.take([Failed("3")], 3)
    stream.take([Failed("9")], 9)
    assert [read_after(stream, after) for after in (2, 7)] == [None, None]
    assert read_after(stream, 8) == ([9], [Failed("9")], 9)


def test_of_what_was_seen_only_the_newest_is_kept_and_the_numbers_go_on() -> None:
    stream = Stream()
    old, other, new = Seen("fit", "a", 0, 1, "x" * 1000), Seen("fit", "b", 0, 1, None), Seen("fit", "a", 0, 2, "y")
    stream.take([old, other, Loading("one")], 3)
    assert read_after(stream, 0) == ([1, 2, 3], [old, other, Loading("one")], 3)
    stream.take([new, Loading("two")], 5)
    assert read_after(stream, 0) == ([2, 4, 5], [other, new, Loading("two")], 5)


def test_an_event_comes_back_from_its_line_with_its_number() -> None:
    for event in (Epoch("ä", 1, 2, {"val_loss": 0.1, "penalty.l2": 1 / 3}), Receipt("pause", True, 3, 0, "", 4, "5")):
        fields = read_line(write_event(event, 9).encode())
        assert is_event(fields)
        assert event_of(fields) == (9, event)
    line = write_event(Epoch("a", 1, 2, {"val_loss": math.inf, "gap": math.nan}))
    assert "null" in line
    _, back = event_of(read_line(line.encode()))
    assert isinstance(back, Epoch)
    assert all(map(math.isnan, back.metrics.values()))
