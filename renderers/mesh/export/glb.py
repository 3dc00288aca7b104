"""GLB: the binary form of glTF 2.0 (Khronos specification), one node for each part of the mesh."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from renderers.files import write_file
from renderers.mesh.colour import to_linear
from renderers.mesh.export.corners import parts, png, split_corners, vertex_normals
from renderers.mesh.mesh import Mesh

ARRAY, INDICES = 34962, 34963
FLOAT, SHORT, INT = 5126, 5123, 5125
KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3"}


def write_glb(path: Path, mesh: Mesh, normal_map: Tensor | None = None, unlit: bool = False) -> list[Path]:
    """Writes a mesh so that a viewer shows the colours it was given.

    A texture is stored as PNG, colours of vertices as linear light, groups as named nodes.

    Args:
        path: ends in .glb.
        mesh: what to write.
        normal_map: unit normals in the tangent frame of the texture coordinates, -1..1, green up [H, W, 3].
        unlit: show the colours as they are (KHR_materials_unlit) instead of lit, neither metallic nor glossy.

    Returns:
        The file.

    Raises:
        InputError: the disk refuses.
    """
    return [write_file(path, _Writer(mesh, normal_map, unlit).content())]


class _Writer:
    def __init__(self, mesh: Mesh, normal_map: Tensor | None, unlit: bool) -> None:
        self.mesh, self.normal_map, self.unlit = mesh, normal_map, unlit
        self.binary = bytearray()
        self.header: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": "Limn"},
            "scene": 0,
            "scenes": [{"name": mesh.name}],
            "nodes": [],
            "meshes": [],
            "accessors": [],
            "bufferViews": [],
        }

    def content(self) -> bytes:
        """All of the file."""
        rows = split_corners(self.mesh)
        positions = self.mesh.vertices.detach().cpu().numpy()[rows.vertex]
        attributes = {"POSITION": self._accessor(positions, ARRAY, bounds=True)}
        if not self.unlit:
            attributes["NORMAL"] = self._accessor(vertex_normals(self.mesh).numpy()[rows.vertex], ARRAY)
        if rows.uv is not None and self.mesh.uv is not None:
            attributes["TEXCOORD_0"] = self._accessor(self.mesh.uv.detach().cpu().numpy()[rows.uv], ARRAY)
        if self.mesh.colours is not None:
            light = to_linear(self.mesh.colours.detach().cpu().clamp(0, 1)).numpy()
            attributes["COLOR_0"] = self._accessor(light[rows.vertex], ARRAY)
        self.header["materials"] = [self._material()]
        for name, faces in parts(self.mesh).items():
            kind = np.uint16 if len(rows.vertex) < 65535 else np.uint32
            indices = self._accessor(rows.faces[faces].reshape(-1, 1).astype(kind), INDICES)
            primitive = {"attributes": attributes, "indices": indices, "material": 0}
            node: dict[str, Any] = {"mesh": len(self.header["meshes"])}
            self.header["nodes"].append(node | ({"name": name} if name else {}))
            self.header["meshes"].append({"primitives": [primitive]})
        self.header["scenes"][0]["nodes"] = list(range(len(self.header["nodes"])))
        self.header["buffers"] = [{"byteLength": len(self.binary)}]
        text = json.dumps(self.header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + len(self.binary)
        return b"".join(
            (
                struct.pack("<4sII", b"glTF", 2, total),
                struct.pack("<I4s", len(text), b"JSON") + text,
                struct.pack("<I4s", len(self.binary), b"BIN\0") + bytes(self.binary),
            )
        )

    def _material(self) -> dict[str, Any]:
        surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": 1.0}
        material: dict[str, Any] = {"pbrMetallicRoughness": surface, "doubleSided": True}
        if self.mesh.texture is not None:
            surface["baseColorTexture"] = {"index": self._texture(self.mesh.texture)}
        elif self.mesh.colours is None:
            light = float(to_linear(self.mesh.vertices.new_tensor(0.5)))
            surface["baseColorFactor"] = [light, light, light, 1.0]
        if self.normal_map is not None:
            material["normalTexture"] = {"index": self._texture(self.normal_map / 2 + 0.5)}
        if self.unlit:
            material["extensions"] = {"KHR_materials_unlit": {}}
            self.header["extensionsUsed"] = ["KHR_materials_unlit"]
        return material

    def _texture(self, picture: Tensor) -> int:
        images = self.header.setdefault("images", [])
        textures = self.header.setdefault("textures", [])
        self.header["samplers"] = [{"magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497}]
        images.append({"mimeType": "image/png", "bufferView": self._view(png(picture))})
        textures.append({"sampler": 0, "source": len(images) - 1})
        return len(textures) - 1

    def _accessor(self, values: np.ndarray, target: int, bounds: bool = False) -> int:
        kind = {np.dtype(np.uint16): SHORT, np.dtype(np.uint32): INT}.get(values.dtype, FLOAT)
        stored = np.ascontiguousarray(values, np.float32 if kind == FLOAT else values.dtype)
        accessor: dict[str, Any] = {
            "bufferView": self._view(stored.tobytes(), target),
            "componentType": kind,
            "count": len(stored),
            "type": KINDS[stored.shape[1]],
        }
        if bounds:
            accessor |= {"min": stored.min(0).tolist(), "max": stored.max(0).tolist()}
        self.header["accessors"].append(accessor)
        return len(self.header["accessors"]) - 1

    def _view(self, data: bytes, target: int | None = None) -> int:
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data)}
        self.header["bufferViews"].append(view | ({"target": target} if target else {}))
        self.binary += data + b"\0" * (-len(data) % 4)
        return len(self.header["bufferViews"]) - 1
