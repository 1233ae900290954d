"""The knob panel by itself, with a preset and nothing that trains."""

from textual.app import App

from engine.preset import with_value
from engine.record import RunRecord
from engine.view import View
from tests.tui.dashboard import experiment
from tui.widgets.knobs import KnobPanel

DROPOUT = "regularization.dropout"


class Alone(App[None]):
    def __init__(self, width, height, preset, ascii_only):
        super().__init__()
        self.CSS = f"KnobPanel {{ width: {width}; height: {height} !important; }}"
        self.preset = self.original = preset
        self.ascii_only = ascii_only
        self.gestures = []

    @property
    def turned(self):
        return [(turn.knob, turn.value, turn.arm) for turns in self.gestures for turn in turns]

    def compose(self):
        yield KnobPanel(self.ascii_only, self.turn_knobs)

    def turn_knobs(self, turns):
        self.gestures.append(list(turns))
        for turn in turns:
            self.preset = with_value(self.preset, turn.knob, turn.value, turn.arm)


def view_of(preset, *pending):
    return View("paused", RunRecord(preset), pending=pending)


def panel_in(width=44, height=24, preset=None, ascii_only=True, arm="dropped", opened=False):
    app = Alone(width, height, preset or experiment(), ascii_only)

    async def start(pilot):
        await pilot.pause()
        panel = app.query_one(KnobPanel)
        panel.update(view_of(app.preset), app.original, arm)
        if opened:
            panel.toggle_more()
            panel.choose(DROPOUT)
        await pilot.pause()
        return panel

    return app, start


def lines(panel):
    return [text.plain for text in panel.query_one("#knob-list")._texts if text.plain]


def note(panel):
    return " ".join(" ".join(text.plain for text in panel.query_one("#knob-note")._texts).split())


def keys(panel):
    """The choosable lines, gone through once from the chosen one."""
    found = []
    while (key := panel._chosen) not in found:
        found.append(key)
        panel.move(1)
    return found
