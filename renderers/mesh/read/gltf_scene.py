"""glTF scenes: nodes with transforms, meshes and materials become parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limn.errors import InputError
from renderers.mesh.read import draco, meshopt
from renderers.mesh.read.contents import check_faces
from renderers.mesh.read.gltf import Document, open_gltf
from renderers.mesh.read.gltf_materials import GLOSSY, SOURCES, Materials, transformed
from renderers.mesh.read.part import Floats, Integers, Part, Texture

INSTANCES = "EXT_mesh_gpu_instancing"
READ = {
    INSTANCES,
    "KHR_texture_transform",
    "KHR_materials_unlit",
    "KHR_mesh_quantization",
    "KHR_materials_emissive_strength",
    GLOSSY,
    draco.NAME,
    *meshopt.NAMES,
    *SOURCES,
}
"""Extensions that are read, or whose contents say by themselves that they are not."""
HARMLESS = (
    "KHR_materials_",
    "KHR_texture_",
    "EXT_texture_",
    "MSFT_texture_",
    "KHR_lights_",
    "KHR_xmp",
    "KHR_animation_",
)
"""What extensions are called that files may require and whose lack leaves the shape as it is."""
MODES = {0: "points", 1: "lines", 2: "lines", 3: "lines"}


def read_gltf(path: Path) -> tuple[list[Part], list[str]]:
    """The parts of a GLB or glTF file, and the contents that are lost.

    Raises:
        InputError: see `open_gltf`; or the header contradicts itself.
    """
    document = open_gltf(path)
    try:
        return _Scene(document).read()
    except InputError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InputError(f"{path}: the header of this glTF file makes no sense ({what})") from error


@dataclass
class _Scene:
    document: Document
    lost: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    faces: int = 0

    def __post_init__(self) -> None:
        self.materials = Materials(self.document, self.lost, self._lose)

    def read(self) -> tuple[list[Part], list[str]]:
        header = self.document.header
        needed = set(header.get("extensionsRequired", [])) - READ
        unknown = sorted(name for name in needed if not name.startswith(HARMLESS))
        if unknown:
            line = f"needs {', '.join(unknown)}, expected a file without this extension"
            raise InputError(f"{self.document.path}: {line}")
        others = sorted(set(header.get("extensionsUsed", [])) - READ)
        if others:
            self._lose(f"extensions that are not read: {', '.join(others)}")
        if "scenes" in header:
            roots = self.document.item("scenes", header.get("scene", 0)).get("nodes", [])
        else:
            children = {child for node in header.get("nodes", []) for child in node.get("children", [])}
            roots = [index for index in range(len(header.get("nodes", []))) if index not in children]
        self._walk(roots)
        for what in ("animations", "skins"):
            if header.get(what):
                self._lose(f"{what}, the mesh is taken at rest")
        return self.parts, self.lost

    def _walk(self, roots: list[int]) -> None:
        """Visits every node once; glTF's nodes are trees."""
        waiting = [(index, np.eye(4)) for index in reversed(roots)]
        seen: set[int] = set()
        while waiting:
            index, outer = waiting.pop()
            if index in seen:
                raise InputError(f"{self.document.path}: nodes[{index}] is its own ancestor or has two parents")
            seen.add(index)
            node = self.document.item("nodes", index)
            matrix = outer @ _matrix(node)
            if "mesh" in node:
                for instance in self._instances(node):
                    self._mesh(node["mesh"], matrix @ instance, node)
            waiting += [(child, matrix) for child in reversed(node.get("children", []))]

    def _instances(self, node: dict[str, Any]) -> list[Floats]:
        """The places of a node's mesh in the node (EXT_mesh_gpu_instancing)."""
        tables = node.get("extensions", {}).get(INSTANCES, {}).get("attributes", {})
        names = [name for name in ("TRANSLATION", "ROTATION", "SCALE") if name in tables]
        columns = [self.document.array(tables[name]).astype(np.float64) for name in names]
        keys = [name.lower() for name in names]
        return [_matrix(dict(zip(keys, row, strict=True))) for row in zip(*columns, strict=True)] or [np.eye(4)]

    def _mesh(self, index: int, matrix: Floats, node: dict[str, Any]) -> None:
        mesh = self.document.item("meshes", index)
        for primitive in mesh["primitives"]:
            mode = primitive.get("mode", 4)
            if mode in MODES:
                self._lose(MODES[mode])
                continue
            if primitive.get("targets"):
                self._lose("morph targets")
            arrays = _Arrays(self.document, primitive)
            count = len(arrays.get("POSITION"))
            faces = self._faces(arrays.indices(), mode, count)
            self.faces += len(faces)
            check_faces(self.faces, str(self.document.path))
            faces = arrays.only_used(faces)
            vertices = arrays.get("POSITION").astype(np.float64)
            if np.linalg.det(matrix[:3, :3]) < 0:
                faces = faces[:, ::-1]
            material = self.document.item("materials", primitive["material"]) if "material" in primitive else {}
            tint, uv, texture = self._surface(material, arrays, len(vertices))
            names = (str(entry.get("name", "")) for entry in (node, mesh, material))
            groups = {name: np.arange(len(faces)) for name in names if name}
            vertices = vertices @ matrix[:3, :3].T + matrix[:3, 3]
            self.parts.append(Part(vertices, faces, groups, tint, uv, texture))

    def _faces(self, order: Integers | None, mode: int, count: int) -> Integers:
        order = np.arange(count) if order is None else order
        wrong = order[(order < 0) | (order >= count)]
        if len(wrong):
            raise InputError(f"{self.document.path}: a face refers to vertex {wrong.max()}, expected 0 to {count - 1}")
        if mode == 5:
            faces = np.stack([order[:-2], order[1:-1], order[2:]], 1)
            faces[1::2] = faces[1::2, [1, 0, 2]]
            return faces
        if mode == 6:
            return np.stack([np.full(len(order) - 2, order[0]), order[1:-1], order[2:]], 1)
        if len(order) % 3:
            raise InputError(f"{self.document.path}: {len(order)} corners of triangles, expected a multiple of three")
        return order.reshape(-1, 3)

    def _surface(
        self, material: dict[str, Any], arrays: _Arrays, count: int
    ) -> tuple[Floats | None, Floats | None, Texture | None]:
        """Tint, texture coordinates and texture of a primitive."""
        layer = self.materials.shown(material)
        transform = layer.info.get("extensions", {}).get("KHR_texture_transform", {})
        channel = f"TEXCOORD_{transform.get('texCoord', layer.info.get('texCoord', 0))}"
        uv = arrays.get(channel).astype(np.float64) if channel in arrays else None
        if uv is not None and transform:
            uv = transformed(uv, transform)
        texture = self.materials.texture(layer.info["index"]) if "index" in layer.info else None
        if texture is not None and uv is None:
            self._lose(f"textures without texture coordinates ({channel})")
            texture = None
        tinted = (layer.colour < 1).any() or (texture is None and layer.given)
        tint = np.broadcast_to(layer.colour, (count, 3)) if tinted else None
        if "COLOR_0" in arrays:
            tint = arrays.get("COLOR_0")[:, :3].astype(np.float64) * layer.colour
        return tint, uv, texture

    def _lose(self, what: str) -> None:
        line = f"{self.document.path}: {what}"
        if line not in self.lost:
            self.lost.append(line)


class _Arrays:
    """The arrays of a primitive, from accessors or decompressed."""

    def __init__(self, document: Document, primitive: dict[str, Any]) -> None:
        self._document, self._primitive = document, primitive
        packed = primitive.get("extensions", {}).get(draco.NAME)
        self._values: dict[str, NDArray[Any]] = {}
        self._order: Integers | None = None
        self._used: Integers | None = None
        if packed:
            content = document.view(packed["bufferView"])
            self._values, self._order = draco.decode(content, packed["attributes"], str(document.path))

    def __contains__(self, name: str) -> bool:
        return name in self._primitive["attributes"]

    def get(self, name: str) -> NDArray[Any]:
        """Values [P, width]; normalised integers are in 0..1 or -1..1."""
        values = self._array(name)
        if len(values) != len(self._array("POSITION")):
            expected = f"{len(self._array('POSITION')):,}, as many as POSITION"
            raise InputError(f"{self._document.path}: {name} has {len(values):,} rows, expected {expected}")
        return values if self._used is None else values[self._used]

    def _array(self, name: str) -> NDArray[Any]:
        return self._document.array(self._primitive["attributes"][name], self._values.get(name))

    def only_used(self, faces: Integers) -> Integers:
        """Drops vertices without faces, where primitives share many; returns the faces of the others."""
        if 3 * len(faces) >= len(self._array("POSITION")):
            return faces
        self._used, index = np.unique(faces, return_inverse=True)
        return index.reshape(-1, 3)

    def indices(self) -> Integers | None:
        """Corners one after the other, None if they are the vertices in their order."""
        if self._order is not None:
            return self._order.reshape(-1)
        if "indices" not in self._primitive:
            return None
        return self._document.array(self._primitive["indices"])[:, 0].astype(np.int64)


def _matrix(node: dict[str, Any]) -> Floats:
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    x, y, z, w = node.get("rotation", [0, 0, 0, 1])
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * np.array(node.get("scale", [1, 1, 1]), np.float64)
    matrix[:3, 3] = node.get("translation", [0, 0, 0])
    return matrix
