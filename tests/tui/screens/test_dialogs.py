"""Promises of the small questions, and of leaving the program."""

from textual.app import App
from textual.widgets import Button

from tests.tui.dashboard import SIZES, dashboard, experiment
from tui.screens.dialogs import Ask, AskText
from tui.screens.main import MainScreen


async def ask_to_quit(person):
    """Keys that come before its first answer is in focus are nobody's."""
    await person.press("q")
    await person.sees(lambda: isinstance(person.app.screen, Ask) and isinstance(person.app.focused, Button))


async def test_quitting_while_it_trains_asks_and_going_on_goes_on():
    async with dashboard() as person:
        await person.sees(lambda: person.view.record.epoch > 0)
        for key, sizes, answer in (("q", SIZES, "enter"), ("ctrl+q", (), "enter"), ("q", (), "escape")):
            await person.press(key)
            await person.sees(lambda: isinstance(person.app.screen, Ask) and isinstance(person.app.focused, Button))
            for size in sizes:
                await person.pilot.resize_terminal(*size)
                await person.sees(lambda size=size: person.app.size == size)
                for offered in ("stop and keep", "stop and discard", "go on training"):
                    await person.sees(offered)
            await person.press("right", "right", answer)
            await person.sees(lambda: isinstance(person.app.screen, MainScreen))
            before = person.view.record.epoch
            await person.sees(lambda before=before: person.view.record.epoch > before)
            assert person.app.last_view is None
            assert person.app.return_value is None


async def test_keep_measures_the_best_weights_on_the_test_data():
    async with dashboard() as person:
        await person.sees(lambda: person.view.record.epoch > 2)
        await ask_to_quit(person)
        await person.press("enter")
        await person.sees(lambda: person.app.last_view is not None)
        assert person.app.last_view.state == "finished"
        assert len(person.app.last_view.record.finished) == 2
        await person.sees(lambda: person.app.return_value == 0)


async def test_keep_works_while_it_is_paused_too():
    async with dashboard(paused=True) as person:
        await person.press("full_stop")
        await person.sees(
            lambda: person.view.record.epoch == 1 and person.view.state == "paused" and "1/" in person.text
        )
        await ask_to_quit(person)
        await person.press("enter")
        await person.sees(lambda: person.app.last_view is not None and person.app.last_view.record.finished)


async def test_discard_ends_without_a_table():
    async with dashboard() as person:
        await person.sees(lambda: person.view.record.epoch > 2)
        await ask_to_quit(person)
        await person.press("right", "enter")
        await person.sees(lambda: person.app.return_value == 0)
        assert person.app.last_view is None


async def test_a_finished_run_is_left_without_a_question_and_with_its_table():
    async with dashboard(experiment({"training.epochs": 3})) as person:
        await person.sees("finished")
        await person.press("q")
        await person.sees(lambda: person.app.return_value == 0)
        assert person.app.last_view.record.finished


async def test_a_run_that_has_not_begun_is_left_without_a_question_and_without_a_table():
    async with dashboard(paused=True) as person:
        await person.press("q")
        await person.sees(lambda: person.app.return_value == 0)
        assert person.app.last_view is None


class Asking(App[None]):
    def on_mount(self) -> None:
        self.push_screen(AskText("Write the experiment as", "It is taken from where you are.", "small.toml"))


async def test_the_first_box_a_person_sees_stands_in_the_middle():
    async with Asking().run_test(size=SIZES[0]) as pilot:
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert pilot.app.size == size
            box = pilot.app.screen.children[0].region
            assert box.width > 0
            assert abs(box.x - (size[0] - box.right)) <= 1
            assert abs(box.y - (size[1] - box.bottom)) <= 1
            assert not pilot.app.screen.query(Button)
