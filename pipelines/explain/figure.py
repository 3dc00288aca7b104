"""What an explanation shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Picture:
    """A file and what stands under it."""

    path: Path
    caption: str


@dataclass(frozen=True)
class Figure:
    """A part of an explanation.

    Args:
        title: of it.
        text: what it says, in a sentence or two.
        pictures: side by side.
        rows: of a table, its head first.
    """

    title: str
    text: str
    pictures: tuple[Picture, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
