"""The table of a batch: what its jobs have in place of the defaults, row by row."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from limn.errors import InputError, short
from pipelines.config.targets import pictures_of
from pipelines.config.words import MAIN, Words

Row = dict[str, Any]
"""Dotted key -> value; text of a file is `Words`."""

MOST = 100_000
"""Rows of a table."""


def rows_of(parts: Sequence[tuple[str, Sequence[Row]]]) -> list[Row]:
    """Every combination of the rows of several parts; the last part varies fastest.

    Args:
        parts: name for messages, and rows.

    Raises:
        InputError: two parts give the same key, or there are too many rows.
    """
    givers: dict[str, str] = {}
    for name, rows in parts:
        for key in {key for row in rows for key in row}:
            if key in givers:
                raise InputError(f"{key!r} is given by {givers[key]} and by {name}")
            givers[key] = name
    count = math.prod(len(rows) for _, rows in parts)
    if count > MOST:
        raise InputError(f"{count:,} jobs; expected at most {MOST:,}")
    combinations: Iterator[tuple[Row, ...]] = product(*(rows for _, rows in parts))
    return [{key: value for row in rows for key, value in row.items()} for rows in combinations]


def zipped(columns: Mapping[str, list[Any]]) -> list[Row]:
    """The rows of columns of one length.

    Raises:
        InputError: they differ in length.
    """
    lengths = {key: len(values) for key, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{key} has {length}" for key, length in lengths.items())
        raise InputError(f"zip: expected columns of one length, but {told}")
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def values_of(value: Any, where: str, folders: Sequence[Path]) -> list[Any]:
    """The values of a setting: a list, or what a text names.

    Args:
        value: a list; or the path of a text file with one value a line, of a folder of pictures, or a pattern.
        where: begins messages.
        folders: where files are sought, beside the working directory.

    Raises:
        InputError: it is something else, empty, or a file that cannot be read.
    """
    found: list[Any]
    if isinstance(value, list):
        found = value
    elif isinstance(value, str) and value.lower().endswith(".txt"):
        found = [Words(line.strip()) for line in _text(_find(value, where, folders)).splitlines() if line.strip()]
    elif isinstance(value, str) and (pictures := pictures_of(value, folders)) is not None:
        found = [str(picture.resolve()) for picture in pictures]
    else:
        kinds = "a list, a text file (.txt), a folder of pictures or a pattern such as photos/*.jpg"
        raise InputError(f"{where}: expected {kinds}, got {short(value)}")
    if not found:
        raise InputError(f"{where}: there is no value in {short(value)}")
    return found


def read_table(text: str, folders: Sequence[Path]) -> list[Row]:
    """The rows of a CSV file, whose first line has the keys; of anything else that `values_of` knows, one key: `MAIN`.

    A cell that is empty leaves its setting as it is.

    Raises:
        InputError: the file cannot be read, or a row has more cells than there are keys.
    """
    if not text.lower().endswith(".csv"):
        return [{MAIN: value} for value in values_of(text, "table", folders)]
    file = _find(text, "table", folders)
    lines = csv.reader(_text(file).removeprefix("\ufeff").splitlines(keepends=True))
    try:
        keys, *cells_of = list(lines) or [[]]
    except csv.Error as error:
        raise InputError(f"{file}: line {lines.line_num}: {error}") from error
    keys = [key.strip() for key in keys]
    if not all(keys) or len(set(keys)) < len(keys):
        raise InputError(f"{file}: line 1: expected a different key in each column, got {short(','.join(keys))}")
    rows = []
    for number, cells in enumerate(cells_of, start=1):
        if len(cells) > len(keys):
            raise InputError(f"{file}: row {number} has {len(cells)} cells, but line 1 has {len(keys)} keys")
        if any(cell.strip() for cell in cells):
            rows.append({key: Words(cell.strip()) for key, cell in zip(keys, cells, strict=False) if cell.strip()})
    if not rows:
        raise InputError(f"{file}: there is no row below the keys")
    return rows


def _find(text: str, where: str, folders: Sequence[Path]) -> Path:
    given = Path(text).expanduser()
    for base in (Path.cwd(), *folders):
        if (base / given).is_file():
            return base / given
    raise InputError(
        f"{where}: no such file: {given} in {' or '.join(map(str, dict.fromkeys((Path.cwd(), *folders))))}"
    )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise InputError(f"cannot read {file}: {reason}") from error
