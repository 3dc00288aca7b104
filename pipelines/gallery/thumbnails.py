"""Thumbnails: a small picture of what a run has made so far."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from limn.files import write_file
from pipelines.gallery.records import RunRecord
from pipelines.loop.contact_sheets import columns_of, read_row
from pipelines.report.turntable import SHEET

SIDE = 320
"""Longest side in pixels."""


def source_of(record: RunRecord) -> Path | None:
    """The file that shows what a run has made: its picture, else the latest one of its history."""
    picture = record.first("picture")
    return picture or next((stage.files[-1] for stage in reversed(record.history) if stage.files), None)


def thumbnail(record: RunRecord) -> bytes | None:
    """A WebP of the result, or of the best candidate so far; of a scene the first view. None where nothing is there."""
    picture = _picture(record)
    if picture is None:
        return None
    picture.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=80, method=2)
    return buffer.getvalue()


def update_thumbnail(file: str | Path, record: RunRecord) -> Path | None:
    """Writes the thumbnail of a run where the file is missing, or older than what it shows.

    Returns:
        The file; None where there is nothing to see.

    Raises:
        InputError: the disk is full or refuses.
    """
    file, source = Path(file), source_of(record)
    if source is not None and file.is_file() and file.stat().st_mtime >= source.stat().st_mtime:
        return file
    content = thumbnail(record)
    return None if content is None else write_file(file, content)


def _picture(record: RunRecord) -> Image.Image | None:
    result = record.first("picture")
    made = None if result is None else _opened(result)
    if made is not None and result is not None and result.name == "views.png":
        columns = columns_of(SHEET)
        made = made.crop((0, 0, made.width // columns, made.height // (SHEET // columns)))
    return made or _latest(record)


def _opened(file: Path) -> Image.Image | None:
    """The picture on white; None where it is damaged."""
    try:
        with Image.open(file) as image:
            image.thumbnail((4 * SIDE, 4 * SIDE))
            picture = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _latest(record: RunRecord) -> Image.Image | None:
    """The best candidate in the latest sound picture of the history, seen from its first view."""
    for stage in reversed(record.history):
        for file in reversed(stage.files[-2:]):
            row = read_row(file, stage.best, stage.candidates)
            if row is not None and row.size:
                return Image.fromarray(row[:, : max(1, row.shape[1] // stage.views)])
    return None
