"""Parquet: the columns of the CSV, compressed. Takes pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa
from pyarrow import parquet

from engine.export.tidy import COLUMNS
from engine.runs.reader import RunReader

# So many rows are held before they are written.
_ROWS = 200_000
_WORD = pa.dictionary(pa.int32(), pa.string())
_SCHEMA = pa.schema(
    list(zip(COLUMNS, (_WORD, _WORD, pa.int64(), pa.int64(), _WORD, pa.float64()), strict=True)),
    metadata={"written_by": "regtui"},
)


def write(reader: RunReader, file: IO[bytes]) -> None:
    """Write every recorded epoch of the newest attempt. Raises RunError where one is damaged."""
    with parquet.ParquetWriter(file, _SCHEMA) as writer:
        for columns in _parts(reader):
            arrays = [pa.array(values, type=field.type) for values, field in zip(columns, _SCHEMA, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=_SCHEMA))


def _parts(reader: RunReader) -> Iterator[list[list[Any]]]:
    columns: list[list[Any]] = [[] for _ in COLUMNS]
    for lanes in reader.epochs():
        for lane in lanes:
            for metric, value in lane.metrics.items():
                for column, told in zip(
                    columns, (reader.meta.id, lane.arm, lane.seed, lane.epoch, metric, float(value)), strict=True
                ):
                    column.append(told)
        if len(columns[0]) >= _ROWS:
            yield columns
            columns = [[] for _ in COLUMNS]
    yield columns
