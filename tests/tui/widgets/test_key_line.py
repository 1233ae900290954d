"""Promises of the line of keys: whole names, the least important left out first, and a click does what it says."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from tui.screens.actions import ACTIONS, key_entries
from tui.widgets.key_line import Entry, KeyLine, fitting

ENTRIES = (
    Entry("help", (("?", "help"),)),
    Entry("quit", (("q", "quit"),), last=True),
    Entry("speed", (("<", "slower"), (">", "faster"))),
    Entry("page", (("v", "page"),), compact=True),
)


class OneLine(App[None]):
    """The line alone, and what was done by it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def compose(self) -> ComposeResult:
        yield KeyLine([Entry(entry.name, tuple((key, f"app.{action}") for key, action in entry.keys), entry.compact,
                             entry.last) for entry in ENTRIES])  # fmt: skip

    def action_help(self) -> None:
        self.done.append("help")

    def action_slower(self) -> None:
        self.done.append("slower")

    def action_faster(self) -> None:
        self.done.append("faster")

    @property
    def line(self) -> str:
        return self.query_one(KeyLine).render_line(0).text


def test_what_is_left_out_is_the_least_important_and_what_stays_is_whole() -> None:
    entries = key_entries()
    before: set[str] = set()
    for width in range(300):
        shown = fitting(entries, width)
        names = {entry.name for entry in shown}
        assert before <= names, "an entry that was there on a narrower screen"
        assert names == {entry.name for entry in entries[: len(names)]}
        assert sum(entry.width + 2 for entry in shown) - 2 <= max(0, width)
        before = names
    assert [entry.name for entry in fitting(entries, 79)][:5] == ["help", "pause", "arm", "looks", "page"]
    assert fitting(entries, 79)[-1].name == "quit"
    assert before == {entry.name for entry in entries}


def test_what_the_line_names_are_actions_by_their_keys() -> None:
    keys = {action.name: action.shown for action in ACTIONS}
    for entry in key_entries():
        assert all(keys[action] == shown for shown, action in entry.keys)


@pytest.mark.parametrize(("column", "does"), [(1, ["help"]), (3, ["help"]), (7, []), (9, ["slower"]), (11, ["faster"]),
                                              (13, ["faster"]), (0, []), (39, [])])  # fmt: skip
async def test_a_click_does_what_stands_there_and_between_two_entries_nothing(column: int, does: list[str]) -> None:
    app = OneLine()
    async with app.run_test(size=(40, 4)) as pilot:
        assert app.line == f"{' ? help  < > speed  q quit':40}"
        await pilot.click(KeyLine, offset=(column, 0))
        await pilot.pause()
        assert app.done == does


async def test_pages_are_named_on_small_screens_alone_and_narrow_ones_leave_words_out() -> None:
    app = OneLine()
    async with app.run_test(size=(40, 4)) as pilot:
        app.query_one(KeyLine).show(compact=True)
        assert app.line.rstrip() == " ? help  < > speed  v page  q quit"
        await pilot.resize_terminal(16, 4)
        assert app.line.rstrip() == " ? help  q quit"
