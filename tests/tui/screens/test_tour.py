"""The guided tour on the screen: by keys forth and back, and by itself to its end."""

from unittest import mock

from engine.events import Asked
from tests.tui.dashboard import LARGE, SMALL, dashboard, experiment
from tests.tui.screens.test_timeline import preset
from tui.screens.main import MainScreen
from tui.screens.script import Outcome, Prediction

QUICK = """
[[timeline]]
at = 1
ask = "Up or down?"
choices = ["up", "down"]
answer = "down"
reveal_after = 2
[[timeline]]
at = 4
pause = true
"""


def stops():
    return tuple(preset(QUICK, 6, title=f"Tour {number} of 3: moons", speed=None) for number in (1, 2, 3))


def of_three():
    """A tour of three quick experiments."""
    some = stops()
    place = {stop.title: number for number, stop in enumerate(some)}
    return some, (
        mock.patch("tui.screens.tour.tour", return_value=some),
        mock.patch("tui.screens.tour.stop_of", lambda preset: place.get(preset.title)),
    )


async def test_keys_go_to_the_next_experiment_and_back_and_no_further():
    some, patches = of_three()
    with patches[0], patches[1]:
        async with dashboard(some[0], SMALL) as person:
            await person.sees(lambda: isinstance(person.app.screen, Prediction))
            await person.press("1")
            await person.sees(lambda: isinstance(person.app.screen, Outcome))
            await person.press("enter")
            await person.sees(lambda: isinstance(person.app.screen, MainScreen))
            await person.press("left_parenthesis")
            await person.sees(lambda: "the first experiment of the tour" in person.toasts)
            for place in (1, 2):
                await person.press("right_parenthesis")
                await person.sees(lambda place=place: person.main.original is some[place])
                await person.sees(lambda: isinstance(person.app.screen, Prediction))
                await person.sees(lambda place=place: f"Experiment {place + 1} of 3" in person.toasts)
                await person.press("escape")
                await person.sees(lambda: isinstance(person.app.screen, MainScreen))
            await person.press("right_parenthesis")
            await person.sees(lambda: "the last experiment of the tour" in person.toasts)
            await person.press("left_parenthesis")
            await person.sees(lambda: person.main.original is some[1])


async def test_without_a_tour_the_keys_say_how_to_begin_one():
    async with dashboard(experiment(), LARGE, paused=True) as person:
        await person.press("right_parenthesis")
        await person.sees(lambda: "regtui demo begins it" in person.toasts)


async def test_by_itself_it_answers_goes_on_and_ends_behind_the_last_experiment():
    some, patches = of_three()
    seen = []
    with patches[0], patches[1]:
        async with dashboard(some[0], SMALL, by_itself=0.0) as person:
            end = person.app.exit

            def over(*arguments):
                seen.append(person.main.original.title)
                end(*arguments)

            with mock.patch.object(person.app, "exit", over):
                await person.sees(lambda: bool(seen))
            assert seen == [some[-1].title]
            record = person.view.record
            assert record.over
            assert isinstance(record.asked[0], Asked)
            assert record.predicted[0].choice == 0
