"""The list of presets: filter by typing, look at arms and lesson, open with Enter."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from engine.preset import Listed, builtin_list, by_group
from engine.preset.tour import LISTED
from tui.screens.guard import LivesOn


class _Presets(OptionList):
    """The list, which keeps the highlighted preset in sight when it gets narrower or lower."""

    def on_resize(self) -> None:
        # Once its lines are wrapped to the new width.
        self.call_after_refresh(self.scroll_to_highlight)


class PresetPicker(LivesOn, ModalScreen[str | None]):
    """Returns the name of the chosen preset, or None."""

    DEFAULT_CSS = """
    PresetPicker { align: center middle; }
    PresetPicker > Vertical { width: 130; max-width: 98%; height: 90%; border: round $accent; background: $surface; }
    PresetPicker Input { margin: 0 1; background: $boost; }
    PresetPicker OptionList { width: 2fr; height: 100%; border: none; background: $surface; }
    PresetPicker VerticalScroll { width: 3fr; height: 100%; padding: 0 1; border-left: solid $primary-darken-1; }
    PresetPicker OptionList:nocolor > .option-list--option-highlighted { text-style: reverse; }
    """
    BINDINGS = [
        Binding("escape", "dismiss(None)", "back"),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "scroll(1)", show=False, priority=True),
        Binding("pageup", "scroll(-1)", show=False, priority=True),
    ]

    def __init__(self, current: str) -> None:
        super().__init__()
        self._all = [LISTED, *builtin_list()]
        self._current = current
        self._shown: list[Listed] = []

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = "presets: type to filter, enter opens, escape goes back"
            yield Input(placeholder="filter by name, title or technique", compact=True)
            with Horizontal():
                yield _Presets()
                with VerticalScroll():
                    yield Static(id="preview")

    def on_mount(self) -> None:
        self._filter("")
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._filter(event.value)

    def on_input_submitted(self) -> None:
        """By the field and not by a key of the screen, which would come before what was typed in the same burst."""
        self._choose()

    def _filter(self, words: str) -> None:
        sought = words.lower().split()
        self._shown = [
            listed
            for listed in self._all
            if all(
                word in f"{listed.name} {listed.title} {listed.summary} {listed.group} {' '.join(listed.arms)}".lower()
                for word in sought
            )
        ]
        options = self.query_one(OptionList)
        options.clear_options()
        for group, presets in by_group(self._shown).items():
            options.add_option(Option(Text(group, style="bold underline"), disabled=True))
            options.add_options([Option(self._line(listed), id=listed.name) for listed in presets])
        if self._shown:
            names = [listed.name for listed in self._shown]
            first = options.get_option_at_index(1).id or ""
            # Whoever types the beginning of a name means that one, whatever else speaks of it.
            named = "-".join(sought)
            meant = next((name for name in names if named and name.startswith(named)), first)
            options.highlighted = options.get_option_index(
                self._current if self._current in names and not sought else meant
            )
        self._preview()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # Keys of a burst come before the list is there.
        return action not in ("move", "scroll") or bool(self.query("#preview"))

    def _chosen(self) -> Listed | None:
        place = self.query_one(OptionList).highlighted
        if place is None:
            return None
        name = self.query_one(OptionList).get_option_at_index(place).id
        return next((listed for listed in self._shown if listed.name == name), None)

    def _line(self, listed: Listed) -> Text:
        text = Text()
        text.append(listed.title, style="bold")
        if listed.name == self._current:
            text.append("  (open)", style="dim")
        if listed.needs_download:
            text.append("  needs a download", style="yellow")
        text.append(f"\n{listed.name}", style="dim")
        return text

    def _preview(self) -> None:
        listed = self._chosen()
        text = Text()
        if listed is None:
            text.append("No match. Backspace shows more.", style="dim")
        else:
            text.append(f"{listed.summary}\n\n", style="italic")
            if listed.arms:
                text.append("arms  ", style="bold")
                text.append(f"{', '.join(listed.arms)}\n")
                text.append("data  ", style="bold")
                text.append(f"{listed.source}\n\n")
            text.append(listed.lesson)
        self.query_one("#preview", Static).update(text)

    def on_option_list_option_highlighted(self) -> None:
        self._preview()

    def on_option_list_option_selected(self) -> None:
        self._choose()

    def action_move(self, by: int) -> None:
        options = self.query_one(OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=8 * by, animate=False)

    def _choose(self) -> None:
        listed = self._chosen()
        self.dismiss(None if listed is None else listed.name)
