"""Labs of other lanes, made of a lab: with an arm more or less, under further seeds, or of some lanes alone.

A lane is a state that any lab with its arm and seed can go on with (`Lab.state`), and all randomness is a function of
seed, technique and step. So a lab of other lanes is built anew around the data that are loaded already, and the lanes
that it shares with the one before go on as they were.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Collection, Mapping

from engine.events import Epoch, Event, Intervention, Rearranged
from engine.lab import Lab
from engine.preset import Arm, Birth, Preset, PresetError, before, settings_by_key, with_arm, with_arms, with_value
from engine.state import LabState, Lane, LaneState, Parked

Place = tuple[int, int]


def rebuilt(lab: Lab, preset: Preset, state: LabState) -> Lab:
    """A lab of a preset, with the data of another one, at the place and with the lanes of a state.

    Lanes that the state does not have are at their first weights. Raises PresetError where it cannot be built.
    """
    other = Lab(preset, str(lab.device), lab.dtype, load=lab.load_again, parked=state.parked)
    other.restore(dataclasses.replace(state, preset=preset.model_dump_json()))
    return other


def renamed(state: LaneState, arm: str) -> LaneState:
    """A lane's state as that of another arm; the tensors are copies."""
    values = copy.deepcopy(state.values)
    for name in ("last", "best", "end"):
        if values.get(name) is not None:
            values[name]["arm"] = arm
    return LaneState({name: tensor.clone() for name, tensor in state.tensors.items()}, values)


def copies(lanes: Mapping[Lane, LaneState], arm: str, name: str) -> dict[Lane, LaneState]:
    """An arm's lanes as those of its copy."""
    return {(name, seed): renamed(state, name) for (of, seed), state in lanes.items() if of == arm}


def begins(arm: Arm) -> Place:
    """The place from which an arm is there."""
    return (0, 0) if arm.birth is None else (arm.birth.epoch, arm.birth.batch)


def born(arm: Arm, name: str, place: Place) -> Arm:
    """A copy of an arm under another name, which begins at a place."""
    birth = Birth(parent=arm.name, epoch=place[0], batch=place[1])
    return arm.model_copy(update={"name": name, "birth": birth}, deep=True)


def forked(lab: Lab, arm: Arm) -> Lab:
    """The lab with an arm more, whose lanes are those of its parent as they are now. Raises PresetError."""
    assert arm.birth is not None
    state = lab.state()
    state.lanes |= copies(state.lanes, arm.birth.parent, arm.name)
    return rebuilt(lab, with_arm(lab.preset, arm), state)


def without(lab: Lab, arm: str) -> Lab:
    """The lab without an arm, which is parked where it stands. Raises PresetError where it is the last one."""
    lab.stack_of(arm)  # it must be trained
    if len(lab.preset.arms) - len(lab.parked) < 2:
        raise PresetError(f"arm {arm!r} is the only one that is trained: it cannot be taken out")
    state = lab.state()
    state.parked[arm] = Parked(*lab.place, taken_out=True)
    return rebuilt(lab, lab.preset, state)


def joined(lab: Lab, others: Lab, arms: Collection[str], preset: Preset) -> Lab:
    """The lab with the lanes of another one that has caught up with it; these arms are parked no longer.

    `others` may be of arms that were parked, or of all arms under further seeds, which `preset` has then.
    """
    state, more = lab.state(), others.state()
    state.lanes |= more.lanes
    state.parked = {name: held for name, held in state.parked.items() if name not in arms}
    state.finished = False  # where all have ended the next step tests those that are not tested yet
    state.interventions += [turned for turned in more.interventions if turned not in state.interventions]
    return rebuilt(lab, preset, state)


def alone(lab: Lab, preset: Preset, state: LabState | None, until: Place) -> Lab:
    """A lab of a preset's arms on its way to a place, from a state, or from their first weights where it is None."""
    state = state or LabState(0, 0, False, "", [], {})
    lanes = {lane: left for lane, left in state.lanes.items() if lane[0] in preset.arm_names}
    turned = [turn for turn in state.interventions if turn["arm"] in preset.arm_names]
    other = rebuilt(lab, preset, dataclasses.replace(
        state, lanes=lanes, finished=False, parked={}, tested=(), interventions=turned
    ))  # fmt: skip
    other.until = until
    return other


def at_the_beginning(lab: Lab, arms: Collection[str]) -> Preset:
    """The arms as they began, without the knobs that have been turned since."""
    return before(with_arms(lab.as_trained, arms), lab.interventions, (0, 0))


def turned_between(lab: Lab, arms: Collection[str], first: Place, last: Place) -> list[Intervention]:
    """The knobs of some arms that were turned from one place on, and before another."""
    known = settings_by_key()
    return [
        turned
        for turned in lab.interventions
        if turned.arm in arms and first <= (turned.epoch, turned.batch) < last and known[turned.knob].live
    ]


def with_settings(preset: Preset, arm: str, settings: Mapping[str, object]) -> Preset:
    """The preset with these settings in an arm. Raises PresetError where there is no such setting, or value."""
    for key, value in settings.items():
        preset = with_value(preset, key, value, arm)
    return preset


def rearranged(lab: Lab, what: str, place: Place, **about: object) -> Rearranged:
    """The event that a lab is another one from now on."""
    return Rearranged(
        what, *place, preset=lab.preset.model_dump(mode="json"), started=lab.started, parked=dict(lab.parked),
        **about,  # type: ignore[arg-type]
    )  # fmt: skip


def newest_epochs(lanes: Mapping[Lane, LaneState]) -> list[Event]:
    """The newest epoch of each lane."""
    found = (state.values.get("last") for state in lanes.values())
    return [Epoch.from_fields(last) for last in found if last is not None]
