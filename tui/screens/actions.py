"""Every action of the main screen, once: key bindings, command palette and help screen all read this list."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

from tui.looks import LOOKS
from tui.panes import numbered
from tui.widgets.key_line import Entry


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the user can do. `keys` are Textual's names, `shown` is what is printed for them."""

    name: str
    keys: str
    shown: str
    title: str
    help: str
    group: str


ACTIONS: tuple[Action, ...] = (
    Action("help", "question_mark", "?", "help", "what every key and every setting does", "program"),
    Action("quit", "q", "q", "quit", "end the program", "program"),
    Action(
        "app.leave",
        "ctrl+d",
        "ctrl+d",
        "leave",
        "leave; the run trains on in the background, to be attached to",
        "program",
    ),
    Action("next_page", "v", "v", "page", "on a small screen: the next page of panes", "program"),
    Action("pause", "space", "space", "pause", "pause or resume", "run"),
    Action("step_epoch", "full_stop", ".", "one epoch", "train one epoch, then pause", "run"),
    Action("slower", "less_than_sign", "<", "slower", "fewer epochs a second", "run"),
    Action("faster", "greater_than_sign", ">", "faster", "more epochs a second, then as fast as it goes", "run"),
    Action("restart", "r", "r", "restart", "train again from the first epoch, with the current settings", "run"),
    Action("presets", "p", "p", "presets", "choose another experiment", "experiment"),
    Action("runs", "h", "h", "runs", "the recorded runs: open, compare, name, note, export, delete", "experiment"),
    Action(
        "write_preset", "w", "w", "write", "write the experiment with the current settings as a preset", "experiment"
    ),
    Action("export", "e", "e", "export", "save the run as a table, a picture or a page, or the screen", "experiment"),
    Action(
        "lesson",
        "i",
        "i",
        "lesson",
        "what this preset teaches; again: its result, or hide it",
        "experiment",
    ),
    Action(
        "tries", "x", "x", "try", "what to try next: turns the knobs, or trains the preset so changed", "experiment"
    ),
    Action("next_arm", "tab", "tab", "arm", "select the next arm, then all arms", "arms and knobs"),
    Action("previous_arm", "shift+tab", "shift+tab", "arm back", "select the previous arm", "arms and knobs"),
    Action("knob_up", "up", "up", "knob up", "choose the knob above", "arms and knobs"),
    Action("knob_down", "down", "down", "knob down", "choose the knob below", "arms and knobs"),
    Action("knob_less", "left", "left", "turn down", "turn the knob one step down", "arms and knobs"),
    Action("knob_more", "right", "right", "turn up", "turn the knob one step up", "arms and knobs"),
    Action("knob_edit", "enter", "enter", "type value", "type the knob's value", "arms and knobs"),
    Action(
        "knob_back", "backspace", "backspace", "knob back", "set the knob back to the preset's value", "arms and knobs"
    ),
    Action("undo", "ctrl+z", "ctrl+z", "undo", "take back the last turned knob, one after another", "arms and knobs"),
    Action("more_knobs", "M", "M", "more knobs", "show all knobs, or those of this preset alone", "arms and knobs"),
    Action(
        "reference",
        "D",
        "D",
        "reference",
        "compare the arms with the selected one; again: with the first one",
        "arms and knobs",
    ),
    Action("arms", "A", "A", "arms", "add, rename, hide and show arms", "arms and knobs"),
    Action("looks", "L", "L", "looks", "the closer looks by name: what each shows, or why it cannot", "a closer look"),
    *(
        Action(f"look({name!r})", look.key, look.key, look.shown, look.help, "a closer look")
        for name, look in LOOKS.items()
    ),
    Action("best_weights", "B", "B", "best weights", "closer looks at the best weights, or the last", "a closer look"),
    Action("overlay", "o", "o", "overlay", "all arms in one pane, a pane each, or many arms ranked", "view"),
    Action("log_scale", "l", "l", "log", "losses on a logarithmic scale, or a linear one", "view"),
    Action(
        "gap",
        "g",
        "g",
        "gap",
        "accuracy, or the gap between validation and train loss; under d: loss or accuracy",
        "view",
    ),
    Action("norms", "n", "n", "norms", "weight norms by arm, or by layer of the selected arm", "view"),
    Action("zoom", "z", "z", "enlarge", "enlarge the pane in focus, or all panes again", "view"),
    Action("theme", "t", "t", "theme", "light or dark", "view"),
)


# What the foot of the screen names, the most important first: what has no room on a narrow screen is at the end.
_FOOT: tuple[tuple[str, ...], ...] = (
    ("help",), ("quit",), ("pause",), ("next_arm",), ("looks",), ("next_page",), ("lesson",), ("presets",), ("zoom",),
    ("export",), ("look('difference')",), ("slower", "faster"), ("tries",), ("runs",), ("overlay",), ("restart",),
    ("log_scale",), ("gap",), ("norms",), ("arms",), ("reference",), ("undo",), ("write_preset",), ("theme",),
    ("step_epoch",), ("app.leave",),
)  # fmt: skip


def key_entries() -> list[Entry]:
    """The entries of the line of keys."""
    named = {action.name: action for action in ACTIONS}
    return [
        Entry(
            "speed" if len(names) > 1 else named[names[0]].title,
            tuple((named[name].shown, name) for name in names),
            compact=names == ("next_page",),
            last=names == ("quit",),
        )
        for names in _FOOT
    ]


def bindings() -> list[Binding]:
    """The main screen's key bindings."""
    bound = [Binding(action.keys, action.name, action.title, show=False, tooltip=action.help) for action in ACTIONS]
    bound += [Binding(str(pane.number), f"focus_pane('{pane.part}')", pane.summary, show=False) for pane in numbered()]
    bound.append(Binding("escape", "escape", "back", show=False))
    return bound
