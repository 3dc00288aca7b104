"""GLB: the binary form of glTF 2.0 (Khronos specification), one node for each part of the mesh."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from limn.files import write_file
from limn.png import png
from limn.surface import Connectivity, Surface
from renderers.mesh.export.corners import Integers, colour_table, parts, split_rows
from renderers.mesh.mesh import Mesh
from renderers.mesh.normals import Corners
from renderers.mesh.relief import tangents
from renderers.scene.colour import to_linear

ARRAY, INDICES = 34962, 34963
FLOAT, SHORT, INT = 5126, 5123, 5125
KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}


def write_glb(
    path: str | Path, mesh: Mesh, normal_map: Tensor | None = None, unlit: bool = False, corners: Corners | None = None
) -> list[Path]:
    """Writes a mesh so that a viewer shows the colours it was given.

    A texture is stored as PNG, colours of vertices as linear light, groups as named nodes.

    Args:
        path: ends in .glb.
        mesh: what to write.
        normal_map: unit normals in the tangent frame of the texture coordinates, -1..1, green up [H, W, 3].
        unlit: show the colours as they are (KHR_materials_unlit) instead of lit, neither metallic nor glossy.
        corners: which corners share a normal; None shares them at every vertex.

    Returns:
        The file.

    Raises:
        InputError: the disk refuses.
    """
    mesh = mesh.to("cpu")
    shared = Corners(mesh.faces, len(mesh.vertices)) if corners is None else Corners(corners.faces.cpu(), corners.count)
    return [write_file(path, _Writer(mesh, normal_map, unlit, shared).content())]


class _Writer:
    def __init__(self, mesh: Mesh, normal_map: Tensor | None, unlit: bool, corners: Corners) -> None:
        self.mesh, self.normal_map, self.unlit, self.corners = mesh, normal_map, unlit, corners
        self.colours, self.paint = colour_table(mesh)
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
        attributes, corners = self._attributes()
        self.header["materials"] = [self._material()]
        for name, faces in parts(self.mesh).items():
            kind = np.uint16 if corners.max() < 65535 else np.uint32
            indices = self._accessor(corners[faces].reshape(-1, 1).astype(kind), INDICES)
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

    def _attributes(self) -> tuple[dict[str, int], Integers]:
        """Accessors of the vertices' attributes, and the corners of the faces."""
        mesh, uv_faces = self.mesh, self.mesh.faces if self.mesh.uv_faces is None else self.mesh.uv_faces
        lit = not self.unlit or self.normal_map is not None
        bends = self.corners.faces if lit else mesh.faces
        (vertex, seam, bend, shade), faces = split_rows(mesh.faces, uv_faces, bends, self.paint)
        surface = Surface(
            mesh.vertices[None], Connectivity(mesh.faces), mesh.vertices, uv=mesh.uv, uv_faces=mesh.uv_faces
        )
        attributes = {"POSITION": self._accessor(mesh.vertices[vertex], ARRAY, bounds=True)}
        if lit:
            normals = _units(self.corners.normals(surface.vertices, surface.faces)[0], [0.0, 1.0, 0.0])[bend]
            attributes["NORMAL"] = self._accessor(normals, ARRAY)
        if lit and self.normal_map is not None:
            along = tangents(surface)[0][seam]
            flat = along[:, :3] - normals * (normals * along[:, :3]).sum(1, keepdim=True)
            across = torch.linalg.cross(normals, normals.roll(1, 1) + normals.new_tensor([0.3, 0.5, 0.7]))
            flat = torch.where(flat.norm(dim=1, keepdim=True) > 1e-4, flat, across)
            sign = torch.where(along[:, 3:] < 0, -1.0, 1.0)
            attributes["TANGENT"] = self._accessor(torch.cat([_units(flat, [1.0, 0.0, 0.0]), sign], 1), ARRAY)
        if mesh.uv is not None:
            attributes["TEXCOORD_0"] = self._accessor(mesh.uv[seam], ARRAY)
        if mesh.texture is None and len(self.colours) > 1:
            attributes["COLOR_0"] = self._accessor(to_linear(self.colours)[shade], ARRAY)
        return attributes, faces

    def _material(self) -> dict[str, Any]:
        surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": 1.0}
        material: dict[str, Any] = {"pbrMetallicRoughness": surface, "doubleSided": True}
        if self.mesh.texture is not None:
            surface["baseColorTexture"] = {"index": self._texture(self.mesh.texture)}
        elif len(self.colours) == 1:
            surface["baseColorFactor"] = [*to_linear(self.colours)[0].tolist(), 1.0]
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
        images.append({"mimeType": "image/png", "bufferView": self._view(png(picture.permute(2, 0, 1)))})
        textures.append({"sampler": 0, "source": len(images) - 1})
        return len(textures) - 1

    def _accessor(self, values: Tensor | NDArray[Any], target: int, bounds: bool = False) -> int:
        stored = values.float().numpy() if isinstance(values, Tensor) else values
        kind = {np.dtype(np.uint16): SHORT, np.dtype(np.uint32): INT}.get(stored.dtype, FLOAT)
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


def _units(vectors: Tensor, otherwise: list[float]) -> Tensor:
    """Unit vectors [n, 3]; ``otherwise`` replaces those without direction."""
    return torch.where(vectors.norm(dim=1, keepdim=True) > 1e-6, F.normalize(vectors, dim=1), torch.tensor(otherwise))
