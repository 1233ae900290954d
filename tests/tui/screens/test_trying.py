"""Lesson, result and tries on the main screen: the question first, the result at the end or on a key."""

import re

from engine.preset import read_preset, write_preset
from tests.tui.dashboard import FOUR, dashboard, experiment
from tui.screens.messages import OpenPreset
from tui.screens.trying import TryList

LATER = """[[try]]
text = "Turn it: does it hold?"
arm = "plain"
epoch = 3
regularization.l2 = 0.25
reveal = "It held."
"""
ANEW = '[[try]]\ntext = "Eleven units: enough?"\nmodel.hidden = [11]\nreveal = "Enough."\n'


def preset(tries=LATER + ANEW, epochs=1_000_000, **top):
    plain = experiment({"training.epochs": epochs}, question="Which one?", reveal="It was plain.", **top)
    return read_preset(f"{write_preset(plain)}\n{tries}", "small")


def l2(person):
    return [arm.settings.regularization.l2 for arm in person.view.preset.arms]


async def test_the_lesson_hides_its_result_until_it_is_asked_for():
    async with dashboard(preset(), (80, 24), paused=True) as person:
        assert "Which one?" in person.text
        await person.press("i")
        await person.sees("i shows it now")
        assert "It was plain." not in person.text
        await person.press("i")
        await person.sees("It was plain.")
        await person.press("i")
        await person.sees(lambda: "It was plain." not in person.text and "Look at the gap." not in person.text)


async def test_when_the_run_has_ended_the_result_is_there_and_the_outcome_stands_on_top():
    async with dashboard(preset(epochs=3)) as person:
        await person.sees("Try: Turn it: does it hold?")
        await person.press("i")
        await person.sees("It was plain.")


async def test_a_number_of_the_list_turns_the_knob_of_a_running_lab_at_its_epoch():
    async with dashboard(preset(), paused=True) as person:
        await person.press("x")
        await person.sees("from epoch 3: regularization.l2 = 0.25 in 'plain'")
        await person.press("1")
        await person.sees(lambda: "will be turned at epoch 3" in person.toasts)
        assert l2(person) == [0, 0]
        await person.press("space")
        await person.sees(lambda: l2(person) == [0.25, 0])
        (turn,) = [turn for turn in person.view.record.interventions if turn.knob == "regularization.l2"]
        assert (turn.epoch, turn.batch, turn.arm) == (3, 0, "plain")
        await person.press("x")
        await person.sees(lambda: isinstance(person.app.screen, TryList))
        await person.press("enter")
        await person.sees(lambda: "it is so already" in person.toasts)


async def test_a_try_of_another_structure_trains_a_preset_of_its_own_with_its_sentence_as_the_question():
    async with dashboard(preset(), paused=True) as person:
        await person.press("x", "down", "enter")
        await person.sees(lambda: person.view.preset.base.model.hidden == [11])
        await person.sees("Eleven units: enough?")
        assert [chosen.text for chosen in person.app.original.tries] == ["Turn it: does it hold?"]


async def test_a_run_that_has_trained_is_left_for_a_try_only_after_a_question():
    async with dashboard(preset()) as person:
        await person.sees(lambda: person.view.record.epoch > 0)
        await person.press("x", "2")
        await person.sees("try it")
        await person.press("enter")
        await person.sees(lambda: person.view.preset.base.model.hidden == [11])


async def test_at_the_end_enter_trains_again_and_turns_the_knob_at_its_epoch():
    async with dashboard(preset(LATER, epochs=6)) as person:
        await person.sees("enter does it")
        for size in FOUR:  # the outcome first, then what to try
            await person.pilot.resize_terminal(*size)
            await person.sees(lambda size=size: person.main.size == size)
            await person.sees(lambda: re.search(r"^ .*'?(plain|dropped|No arm|ahead).*$", person.text.splitlines()[2]))
            await person.sees(lambda: any(row.startswith(" Try: ") for row in person.text.splitlines()[3:6]))
        await person.press("enter")
        await person.sees(lambda: person.app.original.question == "Turn it: does it hold?")
        await person.sees(lambda: person.view.state == "finished" and l2(person) == [0.25, 0])
        assert person.app.original.arms[0].settings.regularization.l2 == 0
        await person.press("i")
        await person.sees("It held.")


async def test_without_tries_the_key_says_what_else_there_is_to_do():
    async with dashboard(paused=True) as person:
        await person.press("x")
        await person.sees(lambda: "nothing to try" in person.toasts)


# The boundary ---------------------------------------------------------------------------------------------------------


async def test_data_in_the_plane_open_their_boundary_by_themselves():
    async with dashboard(size=(80, 24), looks=True) as person:
        for size in FOUR:
            await person.pilot.resize_terminal(*size)
            await person.sees(lambda size=size: person.app.size == size and "▀▀▀▀▀▀" in person.text)
            assert person.main.has_class("-look")


async def test_other_data_open_nothing_and_a_boundary_that_was_open_is_closed():
    async with dashboard(looks=True, paused=True) as person:
        assert person.main.has_class("-look")
        other = experiment({"data.source": "iris"})
        person.main.post_message(OpenPreset(other))
        await person.sees(lambda: person.app.original is other and not person.main.has_class("-look"))


async def test_without_colours_the_boundary_is_made_of_letters(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with dashboard(looks=True, paused=True) as person:
        await person.sees(lambda: person.main.has_class("-look") and "░░░░" in person.text)
        await person.sees("points are classes; bold: train")
