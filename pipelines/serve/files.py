"""Files that a page may name: those below the folder and those that come with Limn, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from urllib.parse import quote

from limn.errors import InputError, short
from limn.files import make_folder, write_file, writing
from limn.pictures import decode_picture
from pipelines.config.reading import safe_name
from pipelines.config.shipped import shipped_folder

LARGEST = 32 << 20
"""Bytes of a picture that is sent."""

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp")
"""Suffixes of pictures that may be sent. What an SVG holds may be more than a picture."""


def inside(folder: Path, name: str) -> Path | None:
    """What lies below a folder under a name, with all links followed; None where it is not there, outside or hidden.

    Args:
        folder: resolved.
        name: from outside: it may have ``..``, begin with a slash, or have a zero byte in it.
    """
    try:
        place = (folder / name).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        return None
    if not place.is_relative_to(folder):
        return None
    return None if any(part.startswith(".") for part in place.relative_to(folder).parts) else place


def leads_out(text: str, folders: Sequence[Path]) -> bool:
    """True if a text, or what stands in it behind a colon or a doubled slash, is a path to somewhere else.

    Args:
        text: words, or a path, which is relative to the first folder, or the like of ``local-dir:path``.
        folders: where paths may lead, resolved.
    """
    try:
        places = [(folders[0] / Path(part.strip()).expanduser()).resolve() for part in re.split(r":|/(?=/)", text)]
    except (OSError, ValueError, RuntimeError):
        return True
    return not all(any(place.is_relative_to(folder) for folder in folders) for place in places)


def choices(uploads: Path) -> dict[str, str]:
    """Files that a form proposes, as a config names them -> their address; those that were sent first, newest first."""
    sent = sorted(uploads.glob("*.*"), key=lambda file: -file.stat().st_mtime) if uploads.is_dir() else []
    shipped = shipped_folder()
    assets = [file for file in sorted((shipped / "assets").rglob("*.*")) if file.suffix not in (".md", ".py")]
    names = [file.relative_to(shipped).as_posix() for file in assets]
    own = [f"{uploads.name}/{file.name}" for file in sent if not file.name.startswith(".")]
    return {name: f"/files/{quote(name)}" for name in own} | {name: f"/shipped/{quote(name)}" for name in names}


def keep_picture(folder: Path, name: str, content: bytes) -> Path:
    """Keeps a picture that was sent, under a name that is still free.

    Args:
        folder: where it goes; made if it is missing.
        name: what the sender calls it; the folders in it count for nothing.
        content: the file.

    Raises:
        InputError: it is no picture that Limn reads, or the disk refuses.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in PICTURES:
        raise InputError(f"expected a picture ({', '.join(PICTURES)}), got {short(name)}")
    decode_picture(content, short(name))
    stem = safe_name(Path(name).stem) or "picture"
    with writing(make_folder(folder)):
        place = _claim(folder, stem, suffix)
    try:
        return write_file(place, content)
    except InputError:
        place.unlink()
        raise


def _claim(folder: Path, stem: str, suffix: str) -> Path:
    """An empty file of a name that nothing else has."""
    for number in count(1):
        place = folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"
        try:
            place.open("xb").close()
            return place
        except FileExistsError:
            continue
    raise AssertionError
