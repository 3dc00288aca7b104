"""evaluation.json: what was measured of a run, and what made the numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from limn.files import read_json, write_file

FILE = "evaluation.json"

Reading = dict[str, float | str]
"""Name -> number, or words such as what something is taken for. Names begin with that of the measure."""


def measured(file: Path, name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The numbers that a file has, and what made those of a measure; None where it was not made."""
    found = read_json(file)
    numbers, made_by = found.get("measures"), found.get("made_by")
    own = made_by.get(name) if isinstance(made_by, dict) else None
    return (numbers, own) if isinstance(numbers, dict) and isinstance(own, dict) else None


def write_evaluation(file: Path, readings: Mapping[str, Reading], made_by: Mapping[str, Any]) -> None:
    """Writes numbers as ``measures``, words as ``found`` and the settings of each measure as ``made_by``.

    Measures that were made before and are not made now stay.

    Args:
        file: in the folder of the run.
        readings: by the name of the measure.
        made_by: measure -> its settings.
    """
    before = read_json(file)
    parts: dict[str, dict[str, Any]] = {}
    for key in ("measures", "found", "made_by"):
        part = before.get(key)
        kept = part if isinstance(part, dict) else {}
        parts[key] = {name: value for name, value in kept.items() if not any(_of(name, one) for one in readings)}
    for name, reading in readings.items():
        for number, value in reading.items():
            if isinstance(value, str):
                parts["found"][number] = value
            else:
                parts["measures"][number] = value if math.isfinite(value) else None
        parts["made_by"][name] = made_by[name]
    write_file(file, json.dumps(before | parts, indent=1, ensure_ascii=False) + "\n")


def _of(number: str, measure: str) -> bool:
    return number == measure or number.startswith(f"{measure}_")
