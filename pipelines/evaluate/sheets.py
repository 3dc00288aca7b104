"""Sheets of an evaluation of several results: CSV, JSON, Parquet and a page in one folder."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from limn.files import make_folder, write_file
from pipelines.evaluate.compare import Comparison
from pipelines.evaluate.evaluate import Evaluation
from pipelines.evaluate.page import write_page
from pipelines.evaluate.summary import summaries
from pipelines.gallery.records import Value
from pipelines.gallery.tables import write_tables


def write_sheets(folder: str | Path, found: Evaluation, compared: Mapping[str, Comparison]) -> Path:
    """Writes ``measures.csv``, ``measures.parquet``, ``measures.json`` and ``index.html``.

    Args:
        folder: where they go; made where it is missing.
        found: what was measured.
        compared: the two batches of it, where there are two.

    Returns:
        The page.

    Raises:
        InputError: the disk is full or refuses.
    """
    folder = make_folder(folder)
    rows = rows_of(found)
    write_tables(folder / "measures", rows)
    whole: dict[str, Any] = {
        "results": rows,
        "summaries": [{name: asdict(each) for name, each in summaries(found, b).items()} for b in found.batches],
        "together": found.together,
        "comparison": {name: asdict(each) for name, each in compared.items()},
        "better": found.better,
        "made_by": found.made_by,
    }
    write_file(folder / "measures.json", json.dumps(_finite(whole), indent=1, ensure_ascii=False) + "\n")
    return write_page(folder / "index.html", found, compared, f"Evaluation of {folder.resolve().parent.name}")


def rows_of(found: Evaluation) -> list[dict[str, Value]]:
    """A row for each result: where it is, what it shows, its seed, then all that was measured of any."""
    measured = [found.row(number) for number in range(len(found.subjects))]
    columns = dict.fromkeys(name for row in measured for name in row)
    rows: list[dict[str, Value]] = []
    for number, (subject, row) in enumerate(zip(found.subjects, measured, strict=True)):
        batch = "first" if number < found.first else "second"
        facts: dict[str, Value] = {"result": str(subject.path), "shows": subject.words or None, "seed": subject.seed}
        facts |= {"batch": batch} if len(found.batches) > 1 else {}
        rows.append({**facts, **{name: _finite(row.get(name)) for name in columns}})
    return rows


def _finite(value: Any) -> Any:
    """The same with None in place of numbers that JSON cannot write."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
