"""A lab's state as bytes: JSON and then the tensors in the safetensors format, which no code can hide in."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from engine.runs.errors import RunError
from engine.runs.schema import DamagedError, to_text
from engine.state import LabState, Lane, LaneState, Parked
from engine.text import quoted

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a file tells of one of its checkpoints.

    Attributes
    ----------
    number : counted over the whole file, from 1.
    attempt, epoch, batch : the place, as in `LabState`.
    time : when it was taken, seconds since 1970.
    text_bytes, tensor_bytes : of its JSON and of its tensors.
    sha256 : over both.
    events, commands : the numbers of the newest ones that come before it.
    val_loss : the mean over the lanes' last epochs; None where a lane has none that is finite.
    pinned : kept, whatever its age.
    """

    number: int
    attempt: int
    epoch: int
    batch: int
    time: float
    text_bytes: int
    tensor_bytes: int
    sha256: str
    events: int
    commands: int
    val_loss: float | None = None
    pinned: bool = False

    @property
    def bytes(self) -> int:
        return self.text_bytes + self.tensor_bytes


def to_bytes(state: LabState) -> tuple[bytes, bytes]:
    """JSON and tensors. Those on a GPU are fetched from it."""
    from safetensors.torch import save

    tensors: dict[str, Tensor] = {}
    lanes: list[Any] = []
    for number, ((arm, seed), lane) in enumerate(state.lanes.items()):
        tensors |= {f"{number}/{name}": tensor.detach().cpu().contiguous() for name, tensor in lane.tensors.items()}
        lanes.append([arm, seed, lane.values])
    fields = {
        "epoch": state.epoch,
        "batch": state.batch,
        "finished": state.finished,
        "preset": state.preset,
        "interventions": state.interventions,
        "timeline": state.timeline,
        "lanes": lanes,
        "parked": {name: [held.epoch, held.batch, held.waits, held.taken_out] for name, held in state.parked.items()},
        "tested": [list(lane) for lane in state.tested],
    }
    return to_text(fields).encode(), save(tensors)


def from_bytes(text: bytes, tensors: bytes) -> LabState:
    """The state of such bytes, on the CPU. Raises DamagedError where they are none."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        # Every tensor lies within the bytes that are there, or it is refused: none is larger than they are.
        fields, loaded = json.loads(text), load(tensors)
        lanes: dict[Lane, LaneState] = {}
        for number, (arm, seed, values) in enumerate(fields["lanes"]):
            prefix = f"{number}/"
            own = {name.removeprefix(prefix): held for name, held in loaded.items() if name.startswith(prefix)}
            lanes[_text(arm), _whole(seed)] = LaneState(own, _fields(values))
        return LabState(
            epoch=_whole(fields["epoch"]),
            batch=_whole(fields["batch"]),
            finished=bool(fields["finished"]),
            preset=_text(fields["preset"]),
            interventions=[_fields(event) for event in fields["interventions"]],
            lanes=lanes,
            parked={_text(name): _parked(*held) for name, held in _fields(fields.get("parked", {})).items()},
            tested=tuple((_text(arm), _whole(seed)) for arm, seed in fields.get("tested", [])),
            timeline=_fields(fields.get("timeline", {})),  # checkpoints from before there was one have none
        )
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, RecursionError) as error:
        raise DamagedError(f"a checkpoint that is none: {error}") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{quoted(value, 40)} is no text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{quoted(value, 40)} is no count")
    return value


def _parked(epoch: object, batch: object, waits: object, taken_out: object) -> Parked:
    return Parked(_whole(epoch), _whole(batch), bool(waits), bool(taken_out))


def _fields(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{quoted(value, 40)} are no fields")
    return value


def sha256_of(text: bytes, tensors: bytes) -> str:
    """The hash that stands beside a checkpoint."""
    digest = hashlib.sha256(text)
    digest.update(tensors)
    return digest.hexdigest()


def mean_val_loss(state: LabState) -> float | None:
    """The mean over the lanes of their newest validation loss; None where one has none that is finite."""
    losses = [(lane.values.get("last") or {}).get("val_loss", math.nan) for lane in state.lanes.values()]
    mean = math.fsum(losses) / len(losses) if losses and all(map(math.isfinite, losses)) else math.nan
    return mean if math.isfinite(mean) else None


class Restorable(Protocol):
    """A lab, as far as it is needed here."""

    def state(self) -> LabState: ...

    def restore(self, state: LabState, /) -> None: ...


def restore(lab: Restorable, state: LabState) -> None:
    """Lay a state from a file into a lab that has just been built from the run's preset.

    Raises RunError, before anything is changed, where it is of other lanes, or tensors of other names, shapes or types.
    """
    refuse_another(state, lab.state())
    try:
        lab.restore(state)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RuntimeError) as error:
        raise RunError(f"the checkpoint does not go with its preset: {type(error).__name__}: {error}") from error


def refuse_another(state: LabState, like: LabState) -> None:
    """Raise RunError where a state does not have the lanes, tensors and values of a lab of its preset."""
    trained = {lane: held for lane, held in state.lanes.items() if lane[0] not in state.parked}
    if trained.keys() != like.lanes.keys():
        raise RunError("the checkpoint does not go with its preset: it has other lanes")
    for (arm, seed), lane in trained.items():
        where = f"the checkpoint does not go with its preset: arm {quoted(arm, 40)} under seed {seed}:"
        expected = like.lanes[arm, seed]
        if missing := expected.tensors.keys() - lane.tensors.keys() or expected.values.keys() - lane.values.keys():
            raise RunError(f"{where} {quoted(min(missing), 40)} is missing")
        for name, tensor in lane.tensors.items():
            wanted = expected.tensors.get(name, tensor)
            if name.startswith("averages.") and name.endswith(".theta"):  # which begins later
                wanted = expected.tensors["theta"]
            if tensor.shape != wanted.shape or tensor.dtype != wanted.dtype:
                raise RunError(f"{where} {quoted(name, 40)} is {_form(tensor)}, and {_form(wanted)} is expected")
        _refuse_other_kinds(lane.values, expected.values, where)


def _refuse_other_kinds(values: Mapping[str, Any], expected: Mapping[str, Any], where: str) -> None:
    for name, like in expected.items():
        value = values[name]
        if isinstance(like, Mapping):
            if not isinstance(value, Mapping) or value.keys() != like.keys():
                raise RunError(f"{where} {quoted(name, 40)} has other fields")
        elif isinstance(like, bool) != isinstance(value, bool) or isinstance(like, int) != isinstance(value, int):
            raise RunError(f"{where} {quoted(name, 40)} is {quoted(value, 40)}")


def _form(tensor: Tensor) -> str:
    return f"{tensor.dtype} {[*tensor.shape]}".removeprefix("torch.")
