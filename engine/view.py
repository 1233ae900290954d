"""All that is known of a run at one moment, for whoever looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from engine.events import Epoch, Failed, Finished, Found, Reported, Started, Stopped, WouldStop
from engine.preset import Preset

if TYPE_CHECKING:
    from engine.history import History

State = Literal["loading", "running", "paused", "finished", "failed"]
Lane = tuple[str, int]
Held = TypeVar("Held")

# A closer look: (probe, arm, seed), see `engine.probes.look`.
Look = tuple[str, str, int]


@dataclass(frozen=True)
class View:
    """All that a screen needs of a run at one moment. The dicts are copies; `history` is shared and locks itself.

    `preset` has the knobs as they stand, `begun` as they stood when the run (or its last restart) began.
    """

    state: State
    preset: Preset
    begun: Preset | None = None
    loading: str = ""
    share: float | None = None
    started: Started | None = None
    history: History | None = None
    epoch: int = 0
    rate: float = 0.0
    speed: float | None = None
    paused: bool = False
    last: dict[Lane, Epoch] = field(default_factory=dict)
    would_stop: dict[Lane, WouldStop] = field(default_factory=dict)
    stopped: dict[Lane, Stopped] = field(default_factory=dict)
    finished: dict[Lane, Finished] = field(default_factory=dict)
    reported: tuple[Reported, ...] = ()
    found: dict[str, Found] = field(default_factory=dict)
    failed: Failed | None = None
    seen: dict[Look, Any] = field(default_factory=dict)
    version: int = 0

    def of_arm(self, held: Mapping[Lane, Held], arm: str) -> list[Held]:
        """What one of the dicts by lane holds of an arm, in the order of its seeds."""
        return [held[arm, seed] for seed in self.preset.seeds if (arm, seed) in held]
