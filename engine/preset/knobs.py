"""Which knobs a preset is about, which have no effect in it, and what has been turned since it was loaded."""

from __future__ import annotations

from typing import Any

from engine.preset.schema import Preset, live_knobs
from engine.preset.setting import Setting

# Whatever an experiment is about, its learning rate matters.
_ALWAYS = ("training.lr",)
# Sections of techniques that are off at their default; of the others only what is named here.
_TECHNIQUES = ("regularization", "augment")
_OTHER_TECHNIQUES = (
    "training.clip_norm", "training.sam", "training.ema", "training.swa_start", "early_stopping.patience",
)  # fmt: skip


def own_knobs(preset: Preset) -> list[Setting]:
    """What the preset is about: the knobs that its arms set or differ in, then the techniques that are on, then the
    learning rate. Those without effect in every arm are left out."""

    def in_arms(knob: Setting) -> bool:
        own = any(knob.name in arm.overrides.get(knob.section, {}) for arm in preset.arms)
        return own or len({arm.settings.get(knob.key) for arm in preset.arms}) > 1

    def is_on(knob: Setting) -> bool:
        technique = knob.section in _TECHNIQUES or knob.key in _OTHER_TECHNIQUES
        return technique and any(arm.settings.get(knob.key) for arm in preset.arms)

    with_effect = [knob for knob in live_knobs() if not without_effect(preset, knob)]
    tests = (in_arms, is_on, lambda knob: knob.key in _ALWAYS)
    found = (knob for test in tests for knob in with_effect if test(knob))
    return list({knob.key: knob for knob in found}.values())


def without_effect(preset: Preset, knob: Setting) -> str:
    """Why a knob has no effect in any arm, in words; empty where it has one."""
    reasons = [arm.settings.without_effect(knob) for arm in preset.arms]
    return reasons[0] if all(reasons) else ""


def turned_since(original: Preset, preset: Preset, arm: str) -> list[tuple[Setting, Any]]:
    """The knobs of an arm that are not as they were in `original`, with their values in `preset`: what the arm itself
    sets first."""
    if original is preset:
        return []
    before, now = original.arm(arm), preset.arm(arm)
    if before.settings is now.settings:
        return []
    turned = [
        (knob, now.settings.get(knob.key))
        for knob in live_knobs()
        if now.settings.get(knob.key) != before.settings.get(knob.key)
    ]
    return sorted(turned, key=lambda pair: not sets_itself(original, pair[0], arm))


def sets_itself(preset: Preset, knob: Setting, arm: str) -> bool:
    """Whether the knob is one of the arm's own settings."""
    return knob.name in preset.arm(arm).overrides.get(knob.section, {})
