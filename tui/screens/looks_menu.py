"""The closer looks by name: what each shows, or why it has nothing to show of this run."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.looks import LOOKS, Moment
from tui.screens.guard import LivesOn

_BEST, _CLOSE = "best_weights", "close_look"
_CLOSING = "close the look"
_NAMES = max(len(_CLOSING), *(len(look.shown) for look in LOOKS.values()))


class LooksMenu(LivesOn, ModalScreen[str | None]):
    """Returns the action of the main screen that was chosen, or None.

    Parameters
    ----------
    moment : the run that is to be looked at.
    opened : the look that is open, or None.
    """

    DEFAULT_CSS = """
    LooksMenu { align: center middle; }
    LooksMenu > Vertical {
        width: 92; max-width: 98%; height: auto; max-height: 90%; border: round $accent; background: $surface;
    }
    LooksMenu OptionList { height: auto; max-height: 100%; background: $surface; }
    LooksMenu OptionList, LooksMenu OptionList:focus { border: none; }
    LooksMenu OptionList:nocolor > .option-list--option-highlighted { text-style: reverse; }
    """
    BINDINGS = [
        Binding("escape,L", "dismiss(None)", "back"),
        *(Binding(look.key, f"choose({name!r})", show=False) for name, look in LOOKS.items()),
        Binding("B", f"choose({_BEST!r})", show=False),
    ]

    def __init__(self, moment: Moment, opened: str | None) -> None:
        super().__init__()
        self._opened = opened
        self._why_not = {name: look.why_not(moment) for name, look in LOOKS.items()}
        self._best, self._why_not[_BEST] = moment.best, "" if moment.best else moment.why_no_best()

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = "closer looks: enter or its letter opens one, escape goes back"
            yield OptionList(
                *(self._option(name, look.key, look.shown, look.help) for name, look in LOOKS.items()),
                None,
                self._option(
                    _BEST, "B", f"{'last' if self._best else 'best'} weights",
                    f"the looks above are at the {'best' if self._best else 'last'} weights now",
                ),
                Option(_line("", _CLOSING, LOOKS[self._opened].shown if self._opened else ""), id=_CLOSE,
                       disabled=self._opened is None),
            )  # fmt: skip

    def on_mount(self) -> None:
        if self._opened is not None:
            options = self.query_one(OptionList)
            options.highlighted = options.get_option_index(self._opened)

    def _option(self, name: str, key: str, title: str, help: str) -> Option:
        line = _line(key, title, "open now" if name == self._opened else self._why_not[name] or help)
        return Option(line, id=name, disabled=bool(self._why_not[name]))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.action_choose(event.option_id or _CLOSE)

    def action_choose(self, name: str) -> None:
        """Do what stands in the list under this name; nothing where it is dimmed."""
        if not self._why_not.get(name):
            action = name if name in (_BEST, _CLOSE) else f"look({name!r})"
            self.dismiss(None if name == self._opened else action)


def _line(key: str, title: str, help: str) -> Table:
    """Key, name and words, which go on below themselves where they are long."""
    grid = Table.grid(expand=True)
    grid.add_column(width=4)
    grid.add_column(width=_NAMES + 2)
    grid.add_column(ratio=1)
    grid.add_row(Text(f" {key}", style="bold"), Text(title), Text(help))
    return grid
