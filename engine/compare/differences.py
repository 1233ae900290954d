"""What runs are called beside one another, and in what they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.preset import Preset, settings_by_key
from engine.runs.meta import RunMeta

# The fewest digits of an id that tell runs apart for a reader.
_SHORTEST = 4
_DATA = "the data themselves"


@dataclass(frozen=True, slots=True)
class Compared:
    """A run in a comparison: its label there, what its file holds, and its preset as it stands."""

    label: str
    meta: RunMeta
    preset: Preset


def labels(metas: Sequence[RunMeta]) -> list[str]:
    """A short word for each run: its name, else its preset's where no other run has it, else the beginning of its id.

    The id stands beside a word that several have.
    """
    digits = next(
        (
            count
            for count in range(_SHORTEST, 64)
            if len({meta.id[:count] for meta in metas}) == len({meta.id for meta in metas})
        ),
        64,
    )
    presets = Counter(meta.identity.preset for meta in metas)
    words = [meta.name or (meta.identity.preset if presets[meta.identity.preset] == 1 else "") for meta in metas]
    counts = Counter(words)
    words_of_runs = []
    for meta, word in zip(metas, words, strict=True):
        short = meta.id[:digits]
        words_of_runs.append(short if not word else word if counts[word] == 1 else f"{word} {short}")
    counts = Counter(words_of_runs)
    # Copies of one file have one id.
    return [word if counts[word] == 1 else f"{word} ({place + 1})" for place, word in enumerate(words_of_runs)]


def differences(runs: Sequence[Compared]) -> list[str]:
    """A line for each thing in which the runs differ: `training.lr: 0.1 in first; 0.03 in second`."""
    same_arms = len({run.preset.arm_names for run in runs}) == 1
    settings = [_settings(run, same_arms) for run in runs]
    lines: list[str] = []
    for name in settings[0]:
        # Other seeds or other settings of the data give other examples: that line already explains it.
        explained = name == _DATA and any(line.startswith(("seeds:", "arms:", "data.")) for line in lines)
        if not explained and len({texts[name] for texts in settings}) > 1:
            row = (f"{texts[name] or '-'} in {run.label}" for texts, run in zip(settings, runs, strict=True))
            lines.append(f"{name}: {'; '.join(row)}")
    return lines


def _settings(run: Compared, same_arms: bool) -> dict[str, str]:
    """What is compared of a run, by its name."""
    preset, environment = run.preset, run.meta.environment
    return {
        "preset": run.meta.identity.preset,
        "seeds": ", ".join(map(str, preset.seeds)),
        "arms": ", ".join(preset.arm_names),
        **{key: _value(preset, key, same_arms) for key in settings_by_key() if key != "training.seeds"},
        _DATA: ", ".join(sorted({data.sha256[:8] for data in run.meta.data})),
        "device": environment.device,
        **{package: environment.versions.get(package, "") for package in ("regtui", "torch")},
    }


def _value(preset: Preset, key: str, same_arms: bool) -> str:
    """A setting's value: one for all arms, or of each where they differ in it.

    Of runs with other arms only the preset's base counts: what their arms set is why they are other arms.
    """
    if not same_arms:
        return _as_typed(preset.base.get(key))
    values = {arm.name: _as_typed(arm.settings.get(key)) for arm in preset.arms}
    if len(set(values.values())) == 1:
        return next(iter(values.values()))
    return " and ".join(f"{value} ({name})" for name, value in values.items())


def _as_typed(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)
