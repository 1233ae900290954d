"""The list of the presets that come with the program."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass

from engine.preset.built_in import builtin_names, builtin_text
from engine.preset.files import at_hand
from engine.preset.schema import DOWNLOADED

# The headings of the list, in their order. Presets of other groups, and of none, come last.
GROUPS: tuple[str, ...] = (
    "guided tour", "first steps", "penalties", "noise", "mixing", "normalization", "initialization", "learning rate",
    "data", "Saitoh 2016", "CIFAR-100",
)  # fmt: skip
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of presets.

    `downloads`: an arm's data come from the network; `at_hand`: nothing of them is missing in the data folder.
    """

    name: str
    title: str
    summary: str
    arms: tuple[str, ...]
    lesson: str
    source: str
    group: str = ""
    downloads: bool = False
    at_hand: bool = False

    @property
    def needs_download(self) -> bool:
        """Whether something must be fetched before it can be opened."""
        return self.downloads and not self.at_hand


def builtin_list() -> list[Listed]:
    """Every built-in preset with its title and summary."""
    listed = []
    for name in builtin_names():
        table = tomllib.loads(builtin_text(name))
        arms = tuple(str(arm.get("name")) for arm in table.get("arm", [])) or ("base",)
        tables = (table, *table.get("arm", []))
        sources = [str(settings.get("data", {}).get("source", "")).lower() for settings in tables]
        listed.append(
            Listed(
                name=name,
                title=table.get("title", name),
                summary=table.get("summary", ""),
                arms=arms,
                lesson=table.get("lesson", "").strip(),
                source=sources[0] or "digits",
                group=table.get("group", ""),
                downloads=any(source in DOWNLOADED for source in sources),
                at_hand=all(at_hand(source) for source in sources),
            )
        )
    return listed


def by_group(listed: Iterable[Listed]) -> dict[str, list[Listed]]:
    """Presets under the headings of the list, in the order of `GROUPS`; within a group as they come."""
    found: dict[str, list[Listed]] = {group: [] for group in GROUPS}
    rest: dict[str, list[Listed]] = {}
    for preset in listed:
        (found if preset.group in found else rest).setdefault(preset.group or OTHERS, []).append(preset)
    # Those without a group at the very end.
    without = rest.pop(OTHERS, [])
    return {group: few for group, few in {**found, **rest, OTHERS: without}.items() if few}
