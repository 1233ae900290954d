"""What an arm is called where it is named: with what was turned in it, as room allows."""

from __future__ import annotations

from engine.preset import sets_itself, turned_since
from engine.view import View
from tui.widgets.words import setting

# More turned knobs than these are counted, not named.
_NAMED = 3


def named(view: View, arm: str, room: int | None = None) -> str:
    """`dropout 0.2, now 0.25`: the name with the knobs that are not as the preset had them, in `room` cells.

    A knob that the arm is about needs no name where it is the only one of the arm's own. Where the words do not fit,
    `*` marks the name.
    """
    original = view.original or view.record.begun
    turned = turned_since(original, view.preset, arm)
    if (
        view.record.over
    ):  # its numbers are of what was turned while it trained: what is turned now counts from a restart
        met = {turn.knob: turn.new for turn in view.record.interventions if turn.arm == arm}
        turned = [(knob, met[knob.key]) for knob, _ in turned if knob.key in met]
    if not turned:
        return arm if room is None else _cut(arm, room)
    overrides = original.arm(arm).overrides
    alone = sum(map(len, overrides.values())) == 1
    words = []
    for knob, value in turned:
        name = "" if alone and sets_itself(original, knob, arm) else f"{knob.name.replace('_', ' ')} "
        words.append(f"{name}{setting(value)}")
    for count in range(min(len(words), _NAMED), 0, -1):
        more = f" and {len(words) - count} more" if count < len(words) else ""
        full = f"{arm}, now {', '.join(words[:count])}{more}"
        if room is None or len(full) <= room:
            return full
    return f"{arm[: max(0, room - 1)]}*" if room is not None else arm


def _cut(name: str, room: int) -> str:
    """The name, or its beginning with a full stop: in ASCII as well as elsewhere a sign that there is more of it."""
    return name if len(name) <= room else f"{name[: max(0, room - 1)]}."[: max(0, room)]
