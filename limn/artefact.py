"""Artefact: a file or folder that came of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Artefact:
    """A result.

    Args:
        path: of the file or folder.
        kind: what it is, by which the report and evaluations choose it: ``picture``, ``drawing`` (SVG), ``animation``
            (SVG that moves), ``model``, ``film``, ``data``, or a kind of one's own.
        label: what a reader sees, in a few words; the name of the file by default.
    """

    path: Path
    kind: str
    label: str = ""
