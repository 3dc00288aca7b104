"""MTL: colours and textures of an OBJ file's materials."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from limn.errors import InputError
from renderers.mesh.read.contents import read_beside, read_texture
from renderers.mesh.read.part import Texture

IGNORED = {"map_bump": "bump maps", "bump": "bump maps", "norm": "normal maps", "map_d": "transparency"}


@dataclass
class Material:
    """Colour of a material.

    Args:
        colour: sRGB in 0..1 (Kd); not used where there is a texture.
        texture: the picture (map_Kd).
    """

    colour: tuple[float, float, float] | None = None
    texture: Texture | None = None


def read_mtl(text: str, path: Path, lost: list[str]) -> dict[str, Material]:
    """Materials by name; contents that are not read are appended to ``lost``."""
    materials: dict[str, Material] = {}
    current = Material()
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        key, rest = (words[0].lower(), words[1:]) if words else ("", [])
        if key == "newmtl":
            current = materials.setdefault(" ".join(rest), Material())
        elif key == "kd":
            try:
                red, green, blue = (min(max(float(word), 0.0), 1.0) for word in (rest * 3)[:3])
            except ValueError:
                lost.append(f"{path}, line {number}: {line.strip()!r} makes no sense")
            else:
                current.colour = (red, green, blue)
        elif key == "map_kd" and rest:
            current.texture = _picture(line.split(None, 1)[1].strip(), path, lost)
        elif key in IGNORED:
            lost.append(f"{path}, line {number}: {IGNORED[key]}")
    return materials


def _picture(name: str, path: Path, lost: list[str]) -> Texture | None:
    wrap = "repeat"
    if name.startswith("-"):
        words = name.split()
        wrap = "clamp" if words[:2] == ["-clamp", "on"] else "repeat"
        name = words[-1]
        lost.append(f"{path}: options of texture {name!r}")
    try:
        return read_texture(read_beside(path, name), f"{path.parent / name}", (wrap, wrap), lost)
    except InputError as error:
        if "pixels" in str(error):
            raise
        lost.append(f"{path}: texture ({error})")
        return None
