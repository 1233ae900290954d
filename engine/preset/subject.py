"""What a title and the numbers that others report speak of, and whether that is still what is trained.

They speak of the experiment as it was written. With other data, another model or another length, as an option or a
turned knob can make it, they would stand beside results that they have nothing to do with.
"""

from __future__ import annotations

from engine.preset.schema import LONGEST_TITLE, Arm, Preset, Subject, settings_by_key
from engine.text import shortened


def as_written(preset: Preset) -> dict[str, Subject]:
    """What each arm is about as the preset was written; without a text, as it is now."""
    return preset.written or {arm.name: Subject.of(arm.settings) for arm in preset.arms}


def changed(preset: Preset, arm: str | None = None) -> tuple[str, ...]:
    """Which of data, model and epochs of an arm, or of any, differ from the preset as it was written."""
    arms = preset.arms if arm is None else (preset.arm(arm),)
    written = as_written(preset)
    differing = {name for arm in arms for name in _differing(arm, written.get(arm.name))}
    return tuple(name for name in ("data", "model", "epochs") if name in differing)


def speaks_of(preset: Preset, arm: str | None = None) -> bool:
    """Whether the numbers that others report of an arm, or without one the title, are about what is trained."""
    return not changed(preset, arm)


def title_of(preset: Preset) -> str:
    """The title; where it is no longer about what is trained, the name and what differs."""
    others = changed(preset)
    return shortened(f"{preset.name}, with other {in_a_row(others)}", LONGEST_TITLE) if others else preset.title


def question_of(preset: Preset) -> str:
    """What is compared and what to watch, in one sentence: the preset's own, or one composed from its arms."""
    if preset.question:
        return preset.question
    arms, lowest = preset.arms, "which ends with the lower validation loss?"
    if len(arms) == 1:
        return "One network: does validation follow train, or does it turn?"
    judging = [setting.key for setting in settings_by_key().values() if setting.judges]
    if len({tuple(arm.settings.get(key) for key in judging) for arm in arms}) > 1:
        return f"{len(arms)} arms, each measured on data of its own: how do their curves differ?"
    if len(arms) == 2:
        return f"'{arms[0].name}' against '{arms[1].name}': {lowest}"
    return f"{len(arms)} arms from the same seeds: {lowest.replace('lower', 'lowest')}"


def in_a_row(names: tuple[str, ...]) -> str:
    """`data`, `data and model`, `data, model and epochs`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _differing(arm: Arm, written: Subject | None) -> list[str]:
    now = Subject.of(arm.settings)
    if written is None or now == written:
        return []
    differing = [name for name in ("model", "epochs") if getattr(now, name) != getattr(written, name)]
    # Whether the files of the examples are checked does not change what they are.
    if now.data.model_dump(exclude={"unchecked"}) != written.data.model_dump(exclude={"unchecked"}):
        differing.append("data")
    return differing
