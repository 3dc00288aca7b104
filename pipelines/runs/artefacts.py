"""The list of a run's results, by which reports, evaluations and galleries find them."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from limn.artefact import Artefact
from limn.files import write_file

logger = logging.getLogger("limn")

FILE = "artefacts.json"


def write_artefacts(folder: str | Path, artefacts: Sequence[Artefact]) -> Path:
    """Writes the list into the folder that holds the artefacts."""
    folder = Path(folder)
    rows = [{"path": str(a.path.relative_to(folder)), "kind": a.kind, "label": a.label} for a in artefacts]
    return write_file(folder / FILE, json.dumps(rows, indent=1) + "\n")


def read_artefacts(folder: str | Path, kind: str | None = None) -> list[Artefact]:
    """The results of a run folder, of one kind where that is given; none where it has no list, or a damaged one."""
    folder = Path(folder)
    file = folder / FILE
    if not file.is_file():
        return []
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        found = [Artefact(folder / row["path"], row["kind"], row["label"]) for row in rows]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        logger.warning("%s is damaged", file)
        return []
    return [artefact for artefact in found if kind is None or artefact.kind == kind]
