"""STL, binary or text."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from limn.errors import InputError
from renderers.mesh.read.contents import check_faces, read_bytes
from renderers.mesh.read.part import Floats, Part

ROW = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def read_stl(path: Path) -> tuple[list[Part], list[str]]:
    """The part of an STL file; the colours that some programs hide in it are named as lost.

    Raises:
        InputError: not an STL file, or cut off.
    """
    content = read_bytes(path)
    if content.lstrip()[:5].lower() == b"solid" and b"facet" in content[:4096].lower():
        return _read_text(content, path), []
    count = int.from_bytes(content[80:84], "little")
    check_faces(count, str(path))
    if len(content) < 84 + 50 * count:
        raise InputError(f"{path}: {len(content):,} bytes, expected {84 + 50 * count:,}; cut off or not an STL file")
    rows = np.frombuffer(content, ROW, count, 84)
    part = _part(rows["corners"].reshape(-1, 3).astype(np.float64))
    return [part], [f"{path}: colours of faces"] if b"COLOR=" in content[:80] else []


def _read_text(content: bytes, path: Path) -> list[Part]:
    if b"endsolid" not in content.lower():
        raise InputError(f"{path}: no 'endsolid'; the file is cut off")
    parts: list[Part] = []
    count = 0
    for name, solid in re.findall(rb"(?ims)^\s*solid([^\r\n]*)(.*?)^\s*endsolid", content):
        words = re.findall(rb"(?i)vertex\s+(\S+)\s+(\S+)\s+(\S+)", solid)
        if len(words) % 3 or len(words) != 3 * len(re.findall(rb"(?i)endfacet", solid)):
            raise InputError(f"{path}: {len(words):,} corners, expected three for every facet")
        count += len(words) // 3
        check_faces(count, str(path))
        try:
            corners = np.array(words).astype(np.float64).reshape(-1, 3)
        except ValueError as error:
            raise InputError(f"{path}: a vertex that is no number ({error})") from error
        label = name.decode("utf-8", "replace").strip()
        parts.append(_part(corners, label))
    return parts


def _part(corners: Floats, name: str = "") -> Part:
    faces = np.arange(len(corners)).reshape(-1, 3)
    return Part(corners, faces, {name: np.arange(len(faces))} if name else {})
