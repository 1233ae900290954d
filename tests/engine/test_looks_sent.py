"""Looks as events: bounded, as lines of JSON, taken by a worker when they are wanted."""

from __future__ import annotations

import contextlib
import time

import pytest
import torch

from engine.commands import Look
from engine.events import Seen, from_json, to_json
from engine.looks import LOOKS, registry, revived, take_look
from engine.looks.pictures import SIDE, pixels
from engine.worker import Worker
from tests.engine.real import DATA, real_lab
from tests.engine.small import Settings, lab_of, preset_of


@pytest.mark.parametrize("name", DATA)
def test_every_look_comes_back_from_a_line_of_json_and_is_bounded(name: str) -> None:
    lab = real_lab(DATA[name])
    lab.run_epoch()
    for look_name in LOOKS:
        seen = take_look(lab, look_name, "base", 0)
        line = to_json(seen)
        assert len(line) < 300_000
        back = from_json(line)
        assert isinstance(back, Seen)
        assert (back.look, back.arm, back.seed, back.epoch) == (look_name, "base", 0, 1)
        assert repr(revived(back)) == repr(seen.data) == repr(revived(seen))


def test_what_is_no_picture_of_that_look_is_refused() -> None:
    for data in ({"counts": 1, "names": [], "part": "x"}, {"odd": 1}, [], "text"):
        with pytest.raises(ValueError, match=r"[Cc]onfusion"):
            revived(Seen("confusion", "a", 0, 1, data))


def test_a_large_image_is_sent_small() -> None:
    image = torch.rand(3, 300, 200, generator=torch.Generator().manual_seed(0))
    shown = pixels(image)
    assert len(shown) <= SIDE
    assert len(shown[0]) <= SIDE
    assert shown[1][2] == tuple(
        ((image[:, 5, 8] - image.min()) / (image.max() - image.min()) * 255).round().int().tolist()
    )


def test_a_look_of_ones_own_is_taken_by_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "LOOKS", LOOKS)
    monkeypatch.setitem(LOOKS, "largest", registry.Registered(lambda lab, arm, seed: lab.epoch * 1.0, float))
    worker = Worker(preset_of(DATA["iris"]), device="cpu", paused=True)
    worker.send(Look((("largest", "base", 0),)))
    worker.start()
    try:
        end = time.monotonic() + 20
        while ("largest", "base", 0) not in worker.view().record.seen:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert worker.view().record.seen["largest", "base", 0].data == 0.0
    finally:
        worker.close()


def test_updates_are_watched_where_a_wanted_look_needs_them_and_nowhere_else() -> None:
    arms: dict[str, Settings] = {"wide": {}, "deep": {"model.hidden": [3]}}
    lab = lab_of({"training.epochs": 9}, arms)
    wide, deep = lab.stack_of("wide"), lab.stack_of("deep")
    lab.watch_updates({("deep", 0)})
    lab.run_epoch()
    assert (wide.before_LP is None, deep.before_LP is None) == (True, False)
    lab.watch_updates(set())
    lab.run_epoch()
    assert not wide.watches_updates
    assert not deep.watches_updates
    assert deep.before_LP is None


def test_what_is_done_to_an_undisturbed_lab_leaves_no_trace() -> None:
    lab, plain = lab_of({"training.epochs": 6}, {"a": {}, "b": {}}), lab_of({"training.epochs": 6}, {"a": {}, "b": {}})
    lab.watch_updates({("a", 0)})
    lab.run_epoch()
    plain.run_epoch()
    before = take_look(lab, "weights", "a", 0)
    with contextlib.suppress(ArithmeticError), lab.undisturbed():
        lab.turn("training.lr", 0.9, "a")
        lab.watch_updates(set())
        for stack in lab.stacks:
            stack.rates.fixed = 3.0
        list(lab.run())
        raise ArithmeticError
    assert take_look(lab, "weights", "a", 0) == before
    assert lab.preset == plain.preset
    assert list(lab.run()) == list(plain.run())
