"""What others wrote is shown on the screen, and never obeyed by the terminal."""

from __future__ import annotations

from rich.cells import cell_len

from engine.text import harmful
from tests.tui.dashboard import USUAL, dashboard, experiment


async def test_no_text_of_a_preset_nor_of_a_message_is_a_command_to_the_terminal():
    hostile = "a\x1b]52;c;aGk=\x07\x9b31m\u202eb\udcff"
    preset = experiment({"training.seeds": [0, 1]})
    arms = tuple(arm.model_copy(update={"name": f"{arm.name}{hostile}"}) for arm in preset.arms)
    texts = {"name": hostile, "title": hostile, "summary": f"{hostile}\n\ttab", "lesson": hostile, "arms": arms}
    async with dashboard(preset.model_copy(update=texts)) as person:
        await person.sees(lambda: person.view.record.epoch > 3)
        person.main.notify(hostile, title=hostile, markup=False)
        for keys in ((), ("i",), ("escape", "w"), ("escape", "tab"), ("a",), ("escape", "q"), ("escape",)):
            await person.press(*keys)
            await person.pilot.pause()
            lines = person.text.splitlines()
            assert [line for line in lines if harmful(line)] == []
            assert [line for line in lines if cell_len(line) != USUAL[0]] == []
        assert "]52;c;aGk=" in person.text
        assert "\x1b" not in person.app.export_screenshot()
