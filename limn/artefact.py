"""Artefact: a file or folder that a run leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Artefact:
    """One result of a run.

    Args:
        path: of the file or folder.
        kind: what it is: ``picture``, ``drawing`` (SVG), ``animation`` (SVG that moves), ``model``, ``film``, ``data``,
            or a kind of your own. The report and evaluations choose by it.
        label: what a reader sees, in a few words; the name of the file by default.
    """

    path: Path
    kind: str
    label: str = ""
