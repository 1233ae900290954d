"""The rows of the comparison, worked out once for all that show them in one frame."""

from __future__ import annotations

from engine.summary import ArmRow, summarize
from engine.view import View

_newest: tuple[View, list[ArmRow]] | None = None


def rows_of(view: View) -> list[ArmRow]:
    """`summarize` of the view's record, which does not change."""
    global _newest  # one slot: table, ranking and guide ask for the same view, one after another
    if _newest is None or _newest[0] is not view:
        _newest = view, summarize(view.record)
    return _newest[1]
