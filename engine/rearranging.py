"""Labs of other lanes, made of a lab: with an arm more or less, under further seeds, or of some lanes alone.

A lane is a state that any lab with its arm and seed can go on with (`Lab.state`), and all randomness is a function of
seed, technique and step. So a lab of other lanes is built anew around the data that are loaded already, and the lanes
that it shares with the one before go on as they were.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

from engine.copies import Place
from engine.events import Intervention
from engine.lab import Lab
from engine.preset import Preset, PresetError, before, settings_by_key, with_arms, with_value
from engine.state import LabState, Parked


def without(lab: Lab, arm: str) -> Lab:
    """The lab without an arm, which is parked where it stands. Raises PresetError where it is the last one."""
    lab.stack_of(arm)  # it must be trained
    if len(lab.preset.arms) - len(lab.parked) < 2:
        raise PresetError(f"arm {arm!r} is the only one that is trained: it cannot be taken out")
    state = lab.state()
    state.parked[arm] = Parked(*lab.place, taken_out=True)
    return lab.rebuilt(lab.preset, state)


def joined(lab: Lab, others: Lab, arms: Collection[str], preset: Preset) -> Lab:
    """The lab with the lanes of another one that has caught up with it; these arms are parked no longer.

    `others` may be of arms that were parked, or of all arms under further seeds, which `preset` has then.
    """
    state, more = lab.state(), others.state()
    state.lanes |= more.lanes
    state.parked = {name: held for name, held in state.parked.items() if name not in arms}
    state.finished = False  # where all have ended the next step tests those that are not tested yet
    state.interventions += [turned for turned in more.interventions if turned not in state.interventions]
    return lab.rebuilt(preset, state)


def alone(lab: Lab, preset: Preset, state: LabState | None, until: Place, own_timeline: bool = False) -> Lab:
    """A lab of a preset's arms on its way to a place, from a state, or from their first weights where it is None.

    What the preset's timeline did is done again with all else, but with its `own_timeline` by that itself.
    """
    state = state or LabState(0, 0, False, "", [], {})
    lanes = {lane: left for lane, left in state.lanes.items() if lane[0] in preset.arm_names}
    turned = [turn for turn in state.interventions if turn["arm"] in preset.arm_names]
    other = lab.rebuilt(preset, dataclasses.replace(
        state, lanes=lanes, finished=False, parked={}, tested=(), interventions=turned
    ))  # fmt: skip
    other.until = until
    if not own_timeline:
        other.silence()
    return other


def at_the_beginning(lab: Lab, arms: Collection[str]) -> Preset:
    """The arms as they began, without the knobs that have been turned since."""
    return before(with_arms(lab.as_trained, arms), lab.interventions, (0, 0))


def turned_between(
    lab: Lab, arms: Collection[str], first: Place, last: Place, own_timeline: bool = False
) -> list[Intervention]:
    """The knobs of some arms that were turned from one place on, and before another; with `own_timeline` not those
    that the preset's timeline turned."""
    known = settings_by_key()
    found = [turned for turned in lab.interventions if turned.arm in arms and known[turned.knob].live]
    return [
        turned for turned in found if first <= (turned.epoch, turned.batch) < last and not (own_timeline and turned.by)
    ]


def with_settings(preset: Preset, arm: str, settings: Mapping[str, object]) -> Preset:
    """The preset with these settings in an arm. Raises PresetError where there is no such setting, or value."""
    for key, value in settings.items():
        preset = with_value(preset, key, value, arm)
    return preset
