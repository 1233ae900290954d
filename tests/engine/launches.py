"""Counts what a piece of the program asks of the device: launches, and values read back by the host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

# What gives the host a value: it waits until the device has come that far.
_BY_PYTHON = ("__bool__", "__int__", "__float__", "__index__", "__array__", "__contains__", "__repr__")
_READS = frozenset(("tolist", "item", "numpy", "cpu", "equal", "allclose", *_BY_PYTHON))
# What reads a value to know how large its result is.
_SHAPED_BY_VALUES = (
    ("_local_scalar_dense", "nonzero", "masked_select", "unique", "_unique", "equal", "is_nonzero", "bincount")
)  # fmt: skip


class Launches(TorchDispatchMode):
    """Counts, within, the operations that do work: views and memory that is only asked for do none."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def __torch_dispatch__(
        self, function: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        returned = function._schema.returns
        alias = returned[0].alias_info if returned else None
        name = function._schema.name.removeprefix("aten::")
        is_view = (alias is not None and not alias.is_write) or name == "_unsafe_view"
        if not is_view and "empty" not in name:
            self.counts[name] += 1
        if name == "index" and any(_is_mask(index) for index in args[1]):
            self.counts["nonzero"] += 1
        return function(*args, **(kwargs or {}))

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def shaped_by_values(self) -> dict[str, int]:
        """The operations among them whose result has a shape that only its values tell, or is one."""
        return {name: count for name, count in self.counts.items() if name.startswith(_SHAPED_BY_VALUES)}


def _is_mask(index: Any) -> bool:
    return isinstance(index, Tensor) and not index.dtype.is_floating_point and index.dtype.itemsize == 1


class Reads(TorchFunctionMode):
    """Counts, within, the methods by which the host reads a tensor's values. On a CPU these are no operations."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def __torch_function__(
        self, function: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = getattr(function, "__name__", "")
        if name in _READS:
            self.counts[name] += 1
        return function(*args, **(kwargs or {}))


def counted(work: Callable[[], object]) -> tuple[Launches, Reads]:
    """What `work` asks of the device."""
    with Launches() as launches, Reads() as reads:
        work()
    return launches, reads
