"""Tables of runs for other programs: CSV and Parquet."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from limn.files import write_file
from pipelines.gallery.records import RunRecord, Value

logger = logging.getLogger("limn")

Row = Mapping[str, Value]


def rows_of(records: Sequence[RunRecord]) -> list[dict[str, Value]]:
    """A row for each run, all with the same columns: facts, measures, settings. What a run has not is None."""
    columns = [
        *dict.fromkeys(name for record in records for name in record.facts()),
        *sorted({name for record in records for name in record.measures}),
        *dict.fromkeys(name for record in records for name in record.settings),
    ]
    fields = [record.fields() for record in records]
    return [{name: row.get(name) for name in dict.fromkeys(columns)} for row in fields]


def write_csv(file: str | Path, rows: Sequence[Row]) -> Path:
    """Writes rows as `csv_of` gives them.

    Raises:
        InputError: the disk is full or refuses.
    """
    return write_file(file, csv_of(rows))


def csv_of(rows: Sequence[Row]) -> str:
    """Rows with the same columns as CSV. None is empty; ``true`` and ``false`` are written as in YAML."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(rows[0] if rows else [])
    writer.writerows([_text(value) for value in row.values()] for row in rows)
    return buffer.getvalue()


def write_parquet(file: str | Path, rows: Sequence[Row]) -> Path:
    """Writes rows with the same columns; a column whose values are of several types is text.

    Raises:
        InputError: the disk is full or refuses.
    """

    import pyarrow
    from pyarrow import parquet

    names = list(rows[0]) if rows else []
    columns = {name: [row[name] for row in rows] for name in names}
    table = pyarrow.table({name: _typed(values) for name, values in columns.items()})
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(table, sink)
    return write_file(file, sink.getvalue().to_pybytes())


def write_tables(stem: str | Path, rows: Sequence[Row]) -> None:
    """Writes ``<stem>.csv`` and, where pyarrow is installed, ``<stem>.parquet``; one line says where it is not.

    Raises:
        InputError: the disk is full or refuses.
    """
    stem = Path(stem)
    write_csv(stem.with_suffix(".csv"), rows)
    if find_spec("pyarrow") is None:
        logger.warning("no %s.parquet: it needs pyarrow, pip install 'limn[tables]'", stem.name)
    else:
        write_parquet(stem.with_suffix(".parquet"), rows)


def _typed(values: Sequence[Value]) -> Any:
    import pyarrow

    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pyarrow.array(values, pyarrow.bool_())
    if kinds == {int}:
        return pyarrow.array(values, pyarrow.int64())
    if kinds and kinds <= {int, float}:
        return pyarrow.array([None if value is None else float(value) for value in values], pyarrow.float64())
    return pyarrow.array([None if value is None else _text(value) for value in values], pyarrow.string())


def _text(value: Value) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
