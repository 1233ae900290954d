"""Parquet: the columns of the CSV, compressed. Takes pyarrow, which is imported where it is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from engine.export.tidy import COLUMNS
from engine.runs.reader import RunReader

# So many rows are held before they are written.
_ROWS = 200_000


def write(reader: RunReader, file: IO[bytes]) -> None:
    """Write every recorded epoch of the newest attempt. Raises RunError where one is damaged."""
    import pyarrow as pa
    from pyarrow import parquet

    word = pa.dictionary(pa.int32(), pa.string())
    types = (word, word, pa.int64(), pa.int64(), word, pa.float64())
    schema = pa.schema(list(zip(COLUMNS, types, strict=True)), metadata={"written_by": "regtui"})
    with parquet.ParquetWriter(file, schema) as writer:
        for columns in _parts(reader):
            arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _parts(reader: RunReader) -> Iterator[list[list[Any]]]:
    columns: list[list[Any]] = [[] for _ in COLUMNS]
    for lanes in reader.epochs():
        for lane in lanes:
            for metric, value in lane.metrics.items():
                for column, cell in zip(
                    columns, (reader.meta.id, lane.arm, lane.seed, lane.epoch, metric, float(value)), strict=True
                ):
                    column.append(cell)
        if len(columns[0]) >= _ROWS:
            yield columns
            columns = [[] for _ in COLUMNS]
    yield columns
