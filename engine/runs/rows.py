"""Rows of epochs that are in a file already, for an attempt that branches off another, or with further lanes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from engine.runs import schema
from engine.runs.pending import Branch, Late

Rows = Mapping[int, tuple[int, bytes]]


def copied(db: sqlite3.Connection, waiting: Rows, branch: Branch) -> dict[int, tuple[int, bytes]]:
    """The rows up to the branch's epoch, sealed for its attempt. `waiting` are those that are not written yet."""
    zero, other = schema.epoch_key(branch.parent, 0), schema.epoch_key(branch.attempt, 0)
    found = {}
    for key, (layout, numbers) in _rows(db, waiting, zero + 1, zero + branch.epoch).items():
        fresh = key - zero + other
        found[fresh] = (layout, schema.sealed(fresh, layout, numbers))
    return found


def widened(
    db: sqlite3.Connection,
    waiting: Rows,
    late: Late,
    merge: Callable[[tuple[int, bytes], tuple[int, bytes]], tuple[int, bytes]],
) -> dict[int, tuple[int, bytes]]:
    """The rows that get further lanes, sealed anew. An epoch that has no row stays without one."""
    zero = schema.epoch_key(late.attempt, 0)
    found = {}
    for key, old in _rows(db, waiting, zero + min(late.rows), zero + max(late.rows)).items():
        if key - zero in late.rows:
            layout, numbers = merge(old, late.rows[key - zero])
            found[key] = (layout, schema.sealed(key, layout, numbers))
    return found


def _rows(db: sqlite3.Connection, waiting: Rows, first: int, last: int) -> dict[int, tuple[int, bytes]]:
    """The layouts and numbers of a range of keys, those that wait to be written among them."""
    found = {}
    for key, layout, row in db.execute(
        "SELECT id, layout, numbers FROM epochs WHERE id BETWEEN ? AND ?", (first, last)
    ):
        found[key] = (layout, bytes(schema.unsealed(key, layout, row)))
    for key, (layout, row) in waiting.items():
        if first <= key <= last:
            found[key] = (layout, bytes(schema.unsealed(key, layout, row)))
    return found
