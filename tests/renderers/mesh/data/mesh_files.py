"""Small files to break: a quad with a texture in every format, and GLBs from a header."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from renderers.mesh import Mesh, write_glb, write_obj, write_ply
from renderers.mesh.texels import sample

QUAD = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
FACES = np.array([[0, 1, 2], [0, 2, 3]])
UV = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)


def quad(texture: torch.Tensor | None = None) -> Mesh:
    """A square that shows a texture upright, or its colours of vertices: red, green, blue and white."""
    colours = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])
    uv = torch.tensor([[0.0, 1], [1, 1], [1, 0], [0, 0]])
    mesh = Mesh(torch.from_numpy(QUAD), torch.from_numpy(FACES).int(), groups={"all": torch.arange(2)}, name="quad")
    parts: dict[str, Any] = (
        {"colours": colours} if texture is None else {"texture": texture, "uv": uv, "uv_faces": mesh.faces}
    )
    return Mesh(**(mesh.__dict__ | parts))


def glb(header: dict[str, Any], *arrays: np.ndarray) -> bytes:
    """A GLB of a header, to which buffer views and accessors of the arrays are added."""
    binary = b""
    views, accessors = [], []
    for array in arrays:
        data = array.tobytes()
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(data)})
        kind = {"f": 5126, "u": 5125, "H": 5123, "B": 5121}[
            array.dtype.char if array.dtype.char in "HB" else array.dtype.kind
        ]
        shape = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}[array.shape[1]]
        accessors.append({"bufferView": len(views) - 1, "componentType": kind, "count": len(array), "type": shape})
        binary += data + b"\0" * (-len(data) % 4)
    full = {
        "asset": {"version": "2.0"},
        "bufferViews": views,
        "accessors": accessors,
        "buffers": [{"byteLength": len(binary)}],
    }
    text = json.dumps(full | header).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(binary)
    start = struct.pack("<4sII", b"glTF", 2, total) + struct.pack("<I4s", len(text), b"JSON") + text
    return start + struct.pack("<I4s", len(binary), b"BIN\0") + binary


def scene(primitive: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The header of a scene with one mesh of arrays 0 (positions) and 1 (indices)."""
    shape = {"attributes": {"POSITION": 0}, "indices": 1} | (primitive or {})
    return {"scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}], "meshes": [{"primitives": [shape]}]} | more


def indices(faces: np.ndarray = FACES) -> np.ndarray:
    """Faces as an array of a GLB."""
    return faces.reshape(-1, 1).astype(np.uint32)


def every_format(folder: Path) -> list[Path]:
    """The textured or coloured quad as .glb, .obj, .ply, .stl and .gltf."""
    (one,) = write_glb(folder / "quad.glb", quad(torch.rand(8, 8, 3)))
    two, *_ = write_obj(folder / "quad.obj", quad(torch.rand(8, 8, 3)))
    (three,) = write_ply(folder / "quad.ply", quad())
    four = folder / "quad.stl"
    corners = QUAD[FACES]
    rows = np.zeros(2, [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    rows["corners"] = corners
    four.write_bytes(b"\0" * 80 + struct.pack("<I", 2) + rows.tobytes())
    five = folder / "quad.gltf"
    data = QUAD.tobytes() + indices().tobytes()
    (folder / "quad.bin").write_bytes(data)
    views = [{"buffer": 0, "byteLength": 48}, {"buffer": 0, "byteOffset": 48, "byteLength": 24}]
    accessors = [
        {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
        {"bufferView": 1, "componentType": 5125, "count": 6, "type": "SCALAR"},
    ]
    buffers = [{"byteLength": len(data), "uri": "quad.bin"}]
    header = {"asset": {"version": "2.0"}, "buffers": buffers, "bufferViews": views, "accessors": accessors}
    five.write_text(json.dumps(header | scene()))
    return [one, two, three, four, five]


def png(pixels: np.ndarray) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return np.frombuffer(buffer.getvalue(), np.uint8)[:, None]


def colour_at(mesh: Mesh, points: list[list[float]]) -> torch.Tensor:
    """What the mesh shows at points of a flat model in the plane z = 0."""
    at, corners = torch.tensor(points), mesh.vertices[mesh.faces.long()][..., :2]
    a, b, c = (corners[None, :, k] for k in range(3))
    cross = lambda p, q: p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]  # noqa: E731
    p = at[:, None]
    shares = torch.stack([cross(b - p, c - p), cross(c - p, a - p), cross(a - p, b - p)], -1)
    shares = shares / shares.sum(-1, keepdim=True)
    face = shares.amin(-1).argmax(1)
    weights = shares[torch.arange(len(at)), face][..., None]
    if mesh.texture is not None and mesh.uv is not None and mesh.uv_faces is not None:
        return sample(mesh.texture, (mesh.uv[mesh.uv_faces.long()[face]] * weights).sum(1))
    colours, rows = mesh.painted()
    return (colours[rows[face]] * weights).sum(1)


def material(texture: int | None = None, **base: object) -> dict[str, object]:
    painted = {} if texture is None else {"baseColorTexture": {"index": texture}}
    return {"pbrMetallicRoughness": painted | base}
