"""Arms are renamed, hidden and shown again, by keys and by mouse, while they train."""

from __future__ import annotations

from textual.widgets import Input, OptionList

from tests.tui.dashboard import dashboard, experiment
from tests.tui.vision import contrast
from tui.picture import _colours
from tui.screens.arms import ArmsScreen

THREE = {"none": {}, "some": {"regularization.dropout": 0.2}, "much": {"regularization.dropout": 0.5}}


async def opened(person):
    await person.press("A")
    await person.sees(lambda: isinstance(person.app.screen, ArmsScreen))
    await person.sees(lambda: isinstance(person.app.focused, OptionList))


async def types(person, name):
    """Type another name into the field, once it listens with its old one selected."""
    await person.sees(lambda: isinstance(person.app.focused, Input) and not person.app.focused.selection.is_empty)
    await person.press(*name, "enter")


async def closed(person):
    await person.press("escape")
    await person.sees(lambda: person.app.screen is person.main)


async def test_a_hidden_arm_leaves_every_pane_trains_on_and_comes_back():
    async with dashboard(experiment(arms=THREE), size=(160, 45)) as person:
        await opened(person)
        await person.press("up", "up", "up", "up")  # the list goes round
        await person.press("home", "space")
        await person.sees(lambda: "[ ] none" in person.text)
        await closed(person)
        await person.sees(lambda: len(person.main.query(".loss")) == 2)
        await person.sees("hidden: none (A shows it again)")
        assert "loss: none" not in person.text
        epoch = person.view.record.last["none", 0].epoch
        await person.sees(lambda: person.view.record.last["none", 0].epoch > epoch + 2)
        await opened(person)
        await person.press("home", "enter")
        await person.sees(lambda: "[x] none" in person.text)
        await closed(person)
        await person.sees("1 loss: none")
        assert len(person.main.query(".loss")) == 3


async def test_the_last_arm_in_sight_cannot_be_hidden_and_the_chosen_ones_name_is_legible():
    async with dashboard(paused=True) as person:
        await opened(person)
        listed = person.app.screen.query_one(OptionList)
        chosen = [segment for segment in listed.render_line(listed.highlighted) if "dropped" in segment.text]
        assert [contrast(*_colours(segment.style)) >= 4.5 and segment.style.underline for segment in chosen] == [True]
        await person.press("home", "space")
        await person.sees(lambda: "[ ] plain" in person.text)
        await person.press("end", "space")
        await person.sees("cannot be hidden")
        assert "[x] dropped" in person.text


async def test_a_renamed_arm_is_called_so_in_every_pane_and_its_knobs_turn_the_same_arm():
    async with dashboard(paused=True) as person:
        await opened(person)
        await person.click("#arms-rename")
        await person.sees("Rename 'dropped' to")
        await person.press("ctrl+u", *"plain", "enter")
        await person.sees("another arm is called 'plain'")
        await person.press("ctrl+u", *"hindered", "enter")
        await person.sees("'dropped' in the preset")
        await closed(person)
        await person.sees("5 knobs: hindered")
        await person.sees("loss: hindered")
        await person.press("right")
        await person.sees(lambda: person.view.preset.arm("dropped").settings.regularization.dropout == 0.25)
        await person.sees("5 knobs: hindered, now 0.25")


async def test_an_arm_is_added_as_a_copy_that_catches_up():
    async with dashboard(experiment(arms=THREE), size=(160, 45)) as person:
        await person.sees(lambda: person.view.record.epoch > 2)
        await opened(person)
        await person.press("home", "down", "a")
        await person.sees("Add a copy of 'some', called")
        await types(person, "none")
        await person.sees("another arm is called 'none'")
        await types(person, "more")
        await person.sees("What is different in 'more'")
        await person.sees(lambda: isinstance(person.app.focused, Input) and not person.app.focused.value)
        await person.press(*"regularization.dropout=0.4", "enter")
        await person.sees(lambda: person.view.preset.arm_names == ("none", "some", "much", "more"))
        await person.sees(lambda: not person.view.record.parked)
        await person.sees("5 knobs: more")
        assert person.view.preset.arm("more").settings.regularization.dropout == 0.4
        assert person.view.preset.arm("some").settings.regularization.dropout == 0.2


async def test_a_copy_of_an_arm_of_the_longest_name_gets_a_name_that_can_be_had():
    async with dashboard(experiment(arms={"x" * 60: {}, "other": {}}), paused=True) as person:
        await opened(person)
        await person.press("home", "a")
        await person.sees(lambda: isinstance(person.app.focused, Input))
        assert person.app.focused.value == "x" * 55 + " 2"
