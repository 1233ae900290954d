"""The lines that explain the run: its question, what the curves do, and the outcome with what to try next."""

import asyncio
import dataclasses

from engine.as_of import through
from engine.events import Started
from engine.preset import read_preset, write_preset
from engine.view import Lens
from tests.epochs import epoch_of
from tests.tui.dashboard import experiment
from tests.tui.views import finish, lane, moment, shown
from tui.widgets.guide import Guide

QUESTION = "Which of the two generalizes?"
TRY = '[[try]]\ntext = "More of it?"\ntraining.lr = 0.5\n'


def preset(tries=True):
    plain = experiment({"training.seeds": [0, 1]}, question=QUESTION)
    if not tries:
        return plain
    return read_preset(f"{write_preset(plain)}\n{TRY}", "small")


def ended(**fields):
    seeds = (0, 1)
    lanes = [lane("plain", seed) for seed in seeds]
    lanes += [lane("dropped", seed, best_val_loss=0.4, best_epoch=8) for seed in seeds]
    view = moment(
        *lanes,
        base={"training.seeds": seeds},
        finished=[finish("plain", seed) for seed in seeds] + [finish("dropped", seed, 0.9) for seed in seeds],
        started=Started("p", ("plain", "dropped"), seeds, "cpu", 1, 1, 1, 1),
        state="finished",
    )
    return dataclasses.replace(view, **fields)


def memorizing():
    epochs = [
        epoch_of(arm, 0, epoch, train_loss=1 / epoch, val_loss=0.3 + (0.01 * epoch if arm == "plain" else 0))
        for epoch in range(1, 31)
        for arm in ("plain", "dropped")
    ]
    return moment(*epochs, started=Started("p", ("plain", "dropped"), (0,), "cpu", 1, 1, 1, 1))


async def test_while_it_loads_and_trains_the_question_stands_there():
    guide = Guide()
    async with shown(guide, 60, 4) as text:
        guide.update(moment(state="loading"), preset())
        assert text()[0].strip() == QUESTION
        guide.update(moment(lane("plain"), lane("dropped")), preset())
        assert text()[0].strip() == QUESTION
        assert not guide.can_focus


async def test_what_the_curves_do_follows_the_question_or_stands_in_its_place_where_there_is_no_room():
    for width, whole in ((130, True), (76, False)):
        guide = Guide()
        async with shown(guide, width, 4) as text:
            guide.update(memorizing(), preset())
            line = text()[0]
            assert "'plain': train falls, validation rises: memorizing" in line
            assert (QUESTION in line) == whole


async def test_at_the_end_the_outcome_comes_first_and_enter_does_what_is_next():
    guide = Guide()
    async with shown(guide, 76, 6) as text:
        guide.update(ended(), preset())
        while not guide.has_focus:
            await asyncio.sleep(0.01)
        lines = [line.strip() for line in text() if line.strip()]
        assert lines[0].startswith("'dropped' is better than 'plain': val loss 0.400")
        assert len(lines) == 3
        assert lines[-1] == "Try: More of it?  enter does it, x lists all"
        assert guide.has_focus


async def test_without_a_try_there_is_nothing_to_focus_and_a_restart_lets_go():
    guide = Guide()
    async with shown(guide, 76, 6) as text:
        guide.update(ended(), preset(tries=False))
        assert "Try:" not in "".join(text())
        assert not guide.can_focus
        guide.update(ended(version=1), preset())
        while not guide.has_focus:
            await asyncio.sleep(0.01)
        guide.update(moment(lane("plain"), version=2), preset())
        assert guide.screen.focused is None
        assert text()[0].strip() == QUESTION


async def test_where_it_is_narrow_the_outcome_is_said_briefly_and_whole_and_the_try_is_never_cut_in_a_word():
    for width, end in ((60, "Try: More of it?  enter does it, x lists all"), (33, "Try: More of it?  enter does it"),
                       (27, "Try: More of it?  (enter)"), (24, "Try: More of  (enter)")):  # fmt: skip
        guide = Guide()
        async with shown(guide, width, 9) as text:
            guide.update(ended(), preset())
            while not guide.has_focus:
                await asyncio.sleep(0.01)
            lines = [line.strip() for line in text() if line.strip()]
            assert lines[-1].replace("…", "") == end
            assert "best epoch's weights" not in " ".join(lines)
            assert width < 60 or lines[-2].endswith("%")


async def test_as_of_an_earlier_epoch_it_says_what_the_curves_did_then():
    guide = Guide()
    async with shown(guide, 100, 4) as text:
        view = dataclasses.replace(memorizing(), state="finished")
        guide.update(view, preset())
        assert "memorizing" not in " ".join(text())
        guide.update(through(view, Lens(cursor=30)), preset())
        assert "memorizing" in " ".join(text())
        guide.update(through(view, Lens(cursor=5)), preset())
        assert "memorizing" not in " ".join(text())
        assert QUESTION in text()[0]
