"""Wavefront OBJ: polygons of any number of corners, relative indices, objects, groups, materials, vertex colours."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from limn.errors import InputError
from renderers.mesh.read.contents import check_faces, read_bytes
from renderers.mesh.read.linked import find_linked, missing
from renderers.mesh.read.mtl import Material, read_mtl
from renderers.mesh.read.obj_parts import Faces, parts_of
from renderers.mesh.read.part import Part


def read_obj(path: Path) -> tuple[list[Part], list[str]]:
    """The parts of an OBJ file, one for each texture and one for all faces without, and the contents that are lost.

    Raises:
        InputError: not an OBJ file, or a line that makes no sense.
    """
    content = read_bytes(path)
    if b"\0" in content[:4096]:
        raise InputError(f"{path}: binary data, expected the text of an OBJ file")
    reader = _Reader(path)
    reader.read(content.decode("utf-8", "replace").replace("\\\n", " ").replace("\\\r\n", " "))
    return reader.parts(), reader.lost


@dataclass
class _Reader:
    path: Path
    vertices: array[float] = field(default_factory=lambda: array("d"))
    colours: dict[int, list[float]] = field(default_factory=dict)
    uv: array[float] = field(default_factory=lambda: array("d"))
    corners: array[int] = field(default_factory=lambda: array("q"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    labels: array[int] = field(default_factory=lambda: array("q"))
    names: dict[tuple[str, ...], int] = field(default_factory=dict)
    label: dict[str, tuple[str, ...]] = field(default_factory=dict)
    key: int | None = None
    count: int = 0
    libraries: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    number: int = 0

    def read(self, text: str) -> None:
        rules: dict[str, Callable[[list[str]], None]] = {
            "v": self._vertex,
            "vt": lambda words: self.uv.extend((float(words[0]), float(words[1]) if len(words) > 1 else 0.0)),
            "f": self._face,
            "fo": self._face,
            "g": lambda words: self._enter("group", words),
            "o": lambda words: self._enter("object", [" ".join(words)]),
            "usemtl": lambda words: self._enter("material", [" ".join(words)]),
            "mtllib": lambda words: self.libraries.append(" ".join(words)),
            "l": lambda words: self._lose("lines"),
            "p": lambda words: self._lose("points"),
            "curv": lambda words: self._lose("curves"),
            "surf": lambda words: self._lose("free-form surfaces"),
        }
        for number, line in enumerate(text.splitlines(), 1):
            self.number = number
            words = line.partition("#")[0].split()
            if not words or words[0] not in rules:
                continue
            try:
                rules[words[0]](words[1:])
            except InputError:
                raise
            except (ValueError, IndexError) as error:
                raise self._wrong(f"{line.strip()[:60]!r} makes no sense") from error

    def _wrong(self, what: str) -> InputError:
        return InputError(f"{self.path}, line {self.number}: {what}")

    def _lose(self, what: str) -> None:
        if f"{self.path}: {what}" not in self.lost:
            self.lost.append(f"{self.path}: {what}")

    def _vertex(self, words: list[str]) -> None:
        values = [float(word) for word in words]
        if len(values) >= 6:
            self.colours[len(self.vertices) // 3] = values[3:6]
        x, y, z = values[:3]
        self.vertices.extend((x, y, z))

    def _enter(self, kind: str, words: list[str]) -> None:
        self.label[kind] = tuple(word for word in words if word)
        self.key = None

    def _face(self, words: list[str]) -> None:
        if len(words) < 3:
            self._lose("faces of fewer than three corners")
            return
        if self.key is None:
            material = self.label.get("material") or ("",)
            names = (*material, *self.label.get("object", ()), *self.label.get("group", ()))
            self.key = self.names.setdefault(names, len(self.names))
        vertices, uv = len(self.vertices) // 3, len(self.uv) // 2
        for word in words:
            first, *others = word.split("/")
            self.corners.append(self._index(int(first), vertices, "vertex"))
            found = self._index(int(others[0]), uv, "texture coordinate") if others and others[0] else -1
            self.corners.append(found)
        self.sizes.append(len(words))
        self.labels.append(self.key)
        self.count += len(words) - 2
        check_faces(self.count, str(self.path))

    def _index(self, value: int, count: int, what: str) -> int:
        index = value - 1 if value > 0 else count + value
        if value == 0 or not 0 <= index < count:
            raise self._wrong(f"a face refers to {what} {value}, expected 1 to {count}")
        return index

    def parts(self) -> list[Part]:
        """The faces by texture; their groups are materials, objects and groups."""
        if not self.sizes:
            return []
        corners = np.array(self.corners, np.int64).reshape(-1, 2)
        vertices = np.array(self.vertices, np.float64).reshape(-1, 3)
        faces = Faces.of_polygons(
            vertices, corners, np.array(self.sizes, np.int64), np.array(self.labels, np.int64), list(self.names)
        )
        painted = None
        if self.colours:
            painted = np.ones_like(vertices)
            painted[list(self.colours)] = list(self.colours.values())
            painted = painted / 255 if painted.max(initial=0.0, where=np.isfinite(painted)) > 1.001 else painted
        uv = np.array(self.uv, np.float64).reshape(-1, 2)
        return parts_of(faces, vertices, uv, painted, self._materials(), self._lose)

    def _materials(self) -> list[Material]:
        """The material of each label."""
        wanted = [names[0] for names in self.names]
        known = self._read_libraries(any(wanted))
        plain = {name.casefold(): material for name, material in known.items()}
        if known and not any(wanted):
            if len(known) == 1:
                return list(known.values()) * len(wanted)
            self._lose(f"materials; no face says which of the {len(known)} it has (usemtl)")
        missing = dict.fromkeys(name for name in wanted if name and name.casefold() not in plain)
        if missing and known:
            self._lose(f"materials {', '.join(map(repr, list(missing)[:5]))}, which no material file has")
        return [known.get(name) or plain.get(name.casefold()) or Material() for name in wanted]

    def _read_libraries(self, wanted: bool) -> dict[str, Material]:
        materials: dict[str, Material] = {}
        for line in dict.fromkeys(self.libraries):
            names = [line] if find_linked(self.path, line) else line.split()
            gone = [name for name in names if not self._read_library(name, materials)]
            if gone:
                self._lose(f"materials; {missing(self.path, *gone)}")
        beside = materials or not wanted or self._read_library(f"{self.path.stem}.mtl", materials)
        if not beside and not self.libraries:
            self._lose("materials, whose file it does not name (mtllib)")
        return materials

    def _read_library(self, name: str, materials: dict[str, Material]) -> bool:
        found = find_linked(self.path, name)
        if found is not None:
            materials |= read_mtl(read_bytes(found).decode("utf-8", "replace"), found, self.lost)
        return found is not None
