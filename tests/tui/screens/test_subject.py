"""On the screen the title and others' numbers stand beside what they speak of."""

from __future__ import annotations

from tests.tui.dashboard import LARGE, dashboard, experiment

REPORTED = {"arm": "dropped", "metric": "val_acc", "value": 0.5, "note": "theirs"}


def preset():
    return experiment({"training.epochs": 40}, speed=None, reported=[REPORTED])


async def test_a_turned_length_takes_the_title_and_their_numbers_and_its_return_brings_them_back():
    async with dashboard(preset(), size=LARGE, paused=True) as person:
        await person.sees("Two moons")
        await person.choose("training.epochs")
        await person.press("left")
        await person.sees("small, with other epochs")
        assert "Two moons" not in person.text
        await person.press("right")
        await person.sees("Two moons")
        await person.press("left", "space")
        await person.sees(lambda: person.view.state == "finished")
        await person.sees("what others report is left out: it speaks of other epochs")
        assert "reported by others" not in person.text


async def test_as_it_was_written_they_stand_beside_ours():
    async with dashboard(preset(), size=LARGE) as person:
        await person.sees(lambda: person.view.state == "finished")
        await person.sees("reported by others")
        await person.sees("Two moons")
        assert "left out" not in person.text
