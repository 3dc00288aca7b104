"""MTL: colours and textures of an OBJ file's materials."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from limn.errors import InputError
from renderers.mesh.read.contents import read_texture
from renderers.mesh.read.linked import read_linked
from renderers.mesh.read.part import Texture

Colour = tuple[float, float, float]
Lines = dict[str, tuple[str, int]]
"""Of a material: the rest of a line and its number, by the line's first word in lowercase."""

IGNORED = {
    "map_bump": "bump maps",
    "bump": "bump maps",
    "disp": "displacement maps",
    "norm": "normal maps",
    "map_kn": "normal maps",
    "map_d": "transparency",
}
OPTIONS = {"-blendu": 1, "-blendv": 1, "-cc": 1, "-clamp": 1, "-mm": 2, "-o": 3, "-s": 3, "-t": 3, "-texres": 1}
OPTIONS |= {"-bm": 1, "-boost": 1, "-imfchan": 1, "-type": 1, "-colorspace": 1}
BLACK = 0.004


@dataclass
class Material:
    """How the faces of a material look.

    Args:
        colour: sRGB in 0..1 (Kd); not used where there is a texture.
        texture: the picture (map_Kd).
        scale: of texture coordinates (-s).
        offset: of texture coordinates, added after scaling (-o).
    """

    colour: Colour | None = None
    texture: Texture | None = None
    scale: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)


def read_mtl(text: str, path: Path, lost: list[str]) -> dict[str, Material]:
    """Materials by name; contents that are not read are appended to ``lost``."""
    materials: dict[str, Lines] = {}
    current: Lines = {}
    for number, line in enumerate(text.splitlines(), 1):
        key, rest = (*re.split(r"(?:^|\s)#", line, maxsplit=1)[0].split(None, 1), "", "")[:2]
        if key.lower() == "newmtl":
            current = materials.setdefault(" ".join(rest.split()), {})
        elif key:
            current[key.lower()] = (rest.strip(), number)
    reader = _Reader(path, lost)
    return {name: reader.material(name, lines) for name, lines in materials.items()}


@dataclass
class _Reader:
    path: Path
    lost: list[str]
    pictures: dict[tuple[str, bool], Texture | None] = field(default_factory=dict)

    def material(self, name: str, lines: Lines) -> Material:
        """What is seen of it: its diffuse colour, or what it emits where that is black."""
        self._transparency(name, lines)
        for key in IGNORED.keys() & lines.keys():
            self._lose(IGNORED[key])
        shown = self._layer(lines, "kd", ("map_kd", "map_ka"))
        glow = self._layer(lines, "ke", ("map_ke",)) if {"ke", "map_ke"} & lines.keys() else Material()
        black = shown.texture is None and max(shown.colour or (1.0,)) < BLACK
        if black and (glow.texture is not None or max(glow.colour or (0.0,)) > BLACK):
            return glow
        return shown

    def _layer(self, lines: Lines, key: str, maps: tuple[str, ...]) -> Material:
        material = Material(self._colour(*lines[key]) if key in lines else None)
        for name in maps:
            if lines.get(name, ("", 0))[0]:
                return self._picture(material, lines[name][0])
        return material

    def _colour(self, rest: str, number: int) -> Colour | None:
        try:
            red, green, blue = (min(max(float(word), 0.0), 1.0) for word in (rest.split() * 3)[:3])
        except ValueError:
            self.lost.append(f"{self.path}, line {number}: {rest!r} is no colour, expected three numbers")
            return None
        return red, green, blue

    def _transparency(self, name: str, lines: Lines) -> None:
        for key, opaque in (("d", 1.0), ("tr", 0.0)):
            words = lines.get(key, ("", 0))[0].split()[-1:]
            try:
                if words and float(words[0]) != opaque:
                    self._lose(f"transparency of material {name!r} ({'d' if key == 'd' else 'Tr'} {words[0]})")
                    return
            except ValueError:
                self._lose(f"transparency of material {name!r}, which is no number")

    def _picture(self, material: Material, rest: str) -> Material:
        """The material with the picture that a line names after its options."""
        options: dict[str, list[str]] = {}
        words = re.findall(r"\S+", rest)
        while words and words[0].lower() in OPTIONS:
            option, most = words[0].lower(), OPTIONS[words[0].lower()]
            values = words[1 : 1 + most] if most < 3 else words[1 : 1 + len(_numbers(words[1:4]))]
            options[option] = values
            for word in words[: 1 + len(values)]:
                rest = rest.lstrip().removeprefix(word)
            words = words[1 + len(values) :]
        unread = options.keys() - {"-o", "-s", "-clamp", "-texres", "-blendu", "-blendv", "-type", "-colorspace"}
        if unread:
            self._lose(f"options {', '.join(sorted(unread))} of texture {rest.strip()!r}")
        texture = self._read(rest.strip(), options.get("-clamp", [""])[0].lower() == "on")
        scale, offset = _numbers(options.get("-s", [])), _numbers(options.get("-o", []))
        (su, sv), (du, dv) = (*scale, 1.0, 1.0)[:2], (*offset, 0.0, 0.0)[:2]
        return replace(material, texture=texture, scale=(su, sv), offset=(du, dv))

    def _read(self, name: str, clamped: bool) -> Texture | None:
        if (name, clamped) not in self.pictures:
            wrap = "clamp" if clamped else "repeat"
            try:
                content = read_linked(self.path, name)
            except InputError as error:
                self.lost.append(f"{error}; the texture is left out")
                self.pictures[name, clamped] = None
            else:
                self.pictures[name, clamped] = read_texture(content, f"{self.path}: {name}", (wrap, wrap), self.lost)
        return self.pictures[name, clamped]

    def _lose(self, what: str) -> None:
        if f"{self.path}: {what}" not in self.lost:
            self.lost.append(f"{self.path}: {what}")


def _numbers(words: list[str]) -> list[float]:
    """The numbers that words begin with."""
    found = []
    for word in words:
        try:
            found.append(float(word))
        except ValueError:
            break
    return found
