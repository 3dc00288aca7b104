"""glTF scenes: nodes with transforms, meshes and materials become parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from limn.errors import InputError
from renderers.mesh.read.contents import check_faces, read_texture
from renderers.mesh.read.gltf import Document, open_gltf
from renderers.mesh.read.part import Floats, Integers, Part, Texture

WRAPS = {33071: "clamp", 33648: "mirror", 10497: "repeat"}
READ = {"KHR_texture_transform", "KHR_materials_unlit", "KHR_mesh_quantization", "EXT_texture_webp"}
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
    textures: dict[int, Texture | None] = field(default_factory=dict)
    faces: int = 0

    def read(self) -> tuple[list[Part], list[str]]:
        header = self.document.header
        unknown = sorted(set(header.get("extensionsRequired", [])) - READ)
        if unknown:
            raise InputError(
                f"{self.document.path}: needs {', '.join(unknown)}, expected a file without this extension"
            )
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
                self._mesh(node["mesh"], matrix, node.get("name", ""))
            waiting += [(child, matrix) for child in reversed(node.get("children", []))]

    def _mesh(self, index: int, matrix: Floats, node: str) -> None:
        mesh = self.document.item("meshes", index)
        for primitive in mesh["primitives"]:
            mode = primitive.get("mode", 4)
            if mode in MODES:
                self._lose(MODES[mode])
                continue
            if primitive.get("targets"):
                self._lose("morph targets")
            attributes = primitive["attributes"]
            vertices = self.document.array(attributes["POSITION"]).astype(np.float64)
            faces = self._faces(primitive, mode, len(vertices))
            self.faces += len(faces)
            check_faces(self.faces, str(self.document.path))
            if np.linalg.det(matrix[:3, :3]) < 0:
                faces = faces[:, ::-1]
            material = self.document.item("materials", primitive["material"]) if "material" in primitive else {}
            tint, uv, texture = self._surface(material, attributes, len(vertices))
            names = tuple(name for name in (node, mesh.get("name", ""), material.get("name", "")) if name)
            vertices = vertices @ matrix[:3, :3].T + matrix[:3, 3]
            self.parts.append(Part(vertices, faces, names, tint, uv, texture))

    def _faces(self, primitive: dict[str, Any], mode: int, count: int) -> Integers:
        if "indices" in primitive:
            order = self.document.array(primitive["indices"])[:, 0].astype(np.int64)
        else:
            order = np.arange(count)
        if order.max() >= count:
            raise InputError(f"{self.document.path}: a face refers to vertex {order.max()}, expected 0 to {count - 1}")
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
        self, material: dict[str, Any], attributes: dict[str, int], count: int
    ) -> tuple[Floats | None, Floats | None, Texture | None]:
        """Tint, texture coordinates and texture of a primitive."""
        base = material.get("pbrMetallicRoughness", {})
        colour = np.array(base.get("baseColorFactor", [1, 1, 1, 1]), np.float64)
        opaque = material.get("alphaMode", "OPAQUE") == "OPAQUE"
        if not opaque and colour[3] < 1:
            self._lose("transparency of materials")
        tint = np.broadcast_to(colour[:3], (count, 3)) if material and (colour[:3] < 1).any() else None
        if "COLOR_0" in attributes:
            colours = self.document.array(attributes["COLOR_0"])[:, :3].astype(np.float64)
            tint = colours * colour[:3]
        info = base.get("baseColorTexture", {})
        transform = info.get("extensions", {}).get("KHR_texture_transform", {})
        channel = f"TEXCOORD_{transform.get('texCoord', info.get('texCoord', 0))}"
        uv = self.document.array(attributes[channel]).astype(np.float64) if channel in attributes else None
        if uv is not None and transform:
            uv = _transformed(uv, transform)
        texture = self._texture(info["index"]) if uv is not None and "index" in info else None
        if material and tint is None and texture is None and "baseColorFactor" in base:
            tint = np.ones((count, 3))
        for what in ("normalTexture", "occlusionTexture", "emissiveTexture"):
            if what in material:
                self._lose(what)
        if "metallicRoughnessTexture" in base:
            self._lose("metallicRoughnessTexture")
        return tint, uv, texture

    def _texture(self, index: int) -> Texture | None:
        if index not in self.textures:
            entry = self.document.item("textures", index)
            sampler = self.document.item("samplers", entry["sampler"]) if "sampler" in entry else {}
            webp = entry.get("extensions", {}).get("EXT_texture_webp", {})
            self.textures[index] = self._image(
                webp.get("source", entry.get("source")),
                (WRAPS[sampler.get("wrapS", 10497)], WRAPS[sampler.get("wrapT", 10497)]),
            )
        return self.textures[index]

    def _image(self, index: int | None, wrap: tuple[str, str]) -> Texture | None:
        if index is None:
            self._lose("a texture of an unknown kind")
            return None
        image = self.document.item("images", index)
        where = f"{self.document.path}: images[{index}]"
        if "bufferView" in image:
            return read_texture(self.document.view(image["bufferView"]), where, wrap, self.lost)
        try:
            content = self.document.uri(image["uri"])
        except InputError as error:
            self._lose(f"texture ({error})")
            return None
        return read_texture(content, where, wrap, self.lost)

    def _lose(self, what: str) -> None:
        line = f"{self.document.path}: {what}"
        if line not in self.lost:
            self.lost.append(line)


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


def _transformed(uv: Floats, transform: dict[str, Any]) -> Floats:
    """KHR_texture_transform: scale, then rotate, then move."""
    uv = uv * np.array(transform.get("scale", [1, 1]), np.float64)
    cosine, sine = np.cos(transform.get("rotation", 0)), np.sin(transform.get("rotation", 0))
    moved: Floats = uv @ np.array([[cosine, -sine], [sine, cosine]]) + np.array(transform.get("offset", [0, 0]))
    return moved
