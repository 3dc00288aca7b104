"""Files that a model names: materials, textures, buffers, wherever the names come from."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from limn.errors import InputError
from renderers.mesh.read.contents import read_bytes

PLACES = ("textures", "texture", "../textures")
"""Folders beside a model where a file is also looked for, by its last name."""


def find_linked(path: Path, name: str) -> Path | None:
    """A file that another one names, None if it is not there.

    Names are taken as they are, and as other systems write them: with backslashes, quotes, %20, in other letter case,
    or with the folders of the machine where they were made, of which none, some or all may be here.

    Args:
        path: of the file that names it.
        name: as it stands there.
    """
    plain = _plain(name)
    for variant in dict.fromkeys((name, plain, plain.replace("\\ ", " "), unquote(plain))):
        for place, parts in _candidates(variant):
            found = _file(path.parent / place, parts)
            if found is not None:
                return found
    return None


def read_linked(path: Path, name: str) -> bytes:
    """What is in a file that another one names, see `find_linked`.

    Raises:
        InputError: it is not there, or as for `read_bytes`.
    """
    found = find_linked(path, name)
    if found is None:
        raise InputError(f"{path}: {missing(path, name)}")
    return read_bytes(found)


def missing(path: Path, *names: str) -> str:
    """Says which files are missing and where they were looked for."""
    if "://" in names[0] and not names[0].startswith("file:"):
        return f"{names[0]!r} is on the network, expected a file"
    last = ["/".join(_parts(unquote(_plain(name)))[-1:]) for name in names]
    given = ", ".join(map(repr, names))
    sought = f" for {', '.join(last)}" if list(names) != last else ""
    return (
        f"{given} {'is' if len(names) == 1 else 'are'} missing; looked{sought} in {path.parent} and its textures folder"
    )


def _candidates(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Folders relative to the model's, and the path below them, the likeliest first."""
    parts = _parts(name)
    if name.startswith("/"):
        yield "/", parts
    for start in range(len(parts)):
        yield ".", parts[start:]
    for place in PLACES:
        yield place, parts[-1:]


def _parts(name: str) -> tuple[str, ...]:
    plain = name.replace("\\", "/").removeprefix("file://")
    parts = PurePosixPath(plain).parts
    return tuple(part for part in parts if part != "/" and not (len(part) == 2 and part[1] == ":"))


def _file(folder: Path, parts: tuple[str, ...]) -> Path | None:
    """The regular file there; names that differ only in letter case or in how accents are written count."""
    try:
        for part in parts:
            if part == ".." or (folder / part).exists():
                folder = folder / part
                continue
            near = [one for one in folder.iterdir() if _folded(one.name) == _folded(part)]
            if len(near) != 1:
                return None
            folder = near[0]
        return folder if parts and folder.is_file() else None
    except (OSError, ValueError):  # a folder that is none or may not be read, a name that no system takes
        return None


def _plain(name: str) -> str:
    return name.strip().strip("\"'")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
