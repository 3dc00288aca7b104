"""Small models that use much of what their formats have."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
from mesh_files import FACES, QUAD, glb, indices
from PIL import Image

COLOURS = np.array([[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 128], [255, 255, 255, 255]], np.uint8)
UV = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)
CORNERS = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
SIDES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def texture() -> bytes:
    """A PNG."""
    file = io.BytesIO()
    Image.radial_gradient("L").resize((8, 8)).convert("RGB").save(file, "PNG")
    return file.getvalue()


def gltf_header() -> dict[str, object]:
    """A scene of two nodes and two materials, one with a texture, and what is rarely there."""
    inside = {"attributes": {"POSITION": 0, "TEXCOORD_0": 2, "COLOR_0": 3}, "indices": 1, "material": 0, "mode": 4}
    outside = {"attributes": {"POSITION": 0}, "material": 1, "mode": 5, "targets": [{"POSITION": 0}]}
    moved = {"KHR_texture_transform": {"offset": [0, 0.1], "scale": [1, 2], "rotation": 0.3}}
    base = {
        "baseColorFactor": [1, 0.5, 0.5, 0.9],
        "baseColorTexture": {"index": 0, "texCoord": 0, "extensions": moved},
    }
    place = {"translation": [0, 0, 1], "rotation": [0, 0, 0, 1], "scale": [1, 2, 1]}
    picture = "data:image/png;base64," + base64.b64encode(texture()).decode()
    return {
        "scene": 0,
        "scenes": [{"nodes": [0, 2]}],
        "nodes": [
            {"mesh": 0, "name": "front", "children": [1]} | place,
            {"mesh": 1, "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]},
            {"mesh": 0, "skin": 0, "name": "back"},
        ],
        "skins": [{"joints": [1]}],
        "meshes": [{"primitives": [inside], "name": "a"}, {"primitives": [outside, inside], "weights": [0.5]}],
        "materials": [
            {
                "name": "wood",
                "pbrMetallicRoughness": base,
                "alphaMode": "MASK",
                "alphaCutoff": 0.4,
                "doubleSided": True,
            },
            {
                "name": "lamp",
                "emissiveFactor": [1, 1, 0],
                "alphaMode": "BLEND",
                "extensions": {"KHR_materials_unlit": {}},
            },
        ],
        "textures": [{"source": 0, "sampler": 0}],
        "samplers": [{"wrapS": 33071, "wrapT": 10497, "magFilter": 9728}],
        "images": [{"uri": picture, "mimeType": "image/png"}],
        "extensionsUsed": ["KHR_texture_transform", "KHR_materials_unlit"],
        "animations": [],
    }


def ply(binary: bool) -> bytes:
    """A cube with colours."""
    form = "binary_little_endian" if binary else "ascii"
    head = f"ply\nformat {form} 1.0\ncomment made here\nelement vertex 8\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz")
    head += "".join(f"property uchar {colour}\n" for colour in ("red", "green", "blue"))
    head += "element face 6\nproperty list uchar int vertex_indices\nend_header\n"
    if not binary:
        rows = [f"{x} {y} {z} 200 100 50" for x, y, z in CORNERS] + [f"4 {a} {b} {c} {d}" for a, b, c, d in SIDES]
        return (head + "\n".join(rows) + "\n").encode()
    points = b"".join(np.array(corner, "<f4").tobytes() + bytes([200, 100, 50]) for corner in CORNERS)
    return head.encode() + points + b"".join(b"\4" + np.array(side, "<i4").tobytes() for side in SIDES)


def stl() -> bytes:
    """A square as text."""
    corners = ["".join(f"vertex {x} {y} {z}\n" for x, y, z in triangle) for triangle in QUAD[FACES]]
    facets = "".join(f"facet normal 0 0 1\nouter loop\n{c}endloop\nendfacet\n" for c in corners)
    return f"solid square\n{facets}endsolid\n".encode()


OBJ = """mtllib cube.mtl
o cube
{points}
vt 0 0
vt 1 0
vt 1 1
vt 0 1
vn 0 0 1
usemtl wood
s 1
{sides}
g rest
usemtl lamp
f 1 2 3 # a corner
f -1 -2 -3
l 1 2
p 1
"""
MTL = """newmtl wood
Kd 1 0.5 0.2
map_Kd -s 1 2 -o 0.1 0 tex.png
d 0.8
newmtl lamp
Kd 0 0 0
Ke 1 1 0
Tr 0.1
illum 2
"""


def rich_models() -> dict[str, dict[str, bytes]]:
    """File name -> the files of a model."""
    points = "\n".join(f"v {x} {y} {z}" for x, y, z in CORNERS)
    sides = "\n".join("f " + " ".join(f"{c + 1}/{n + 1}/1" for n, c in enumerate(side)) for side in SIDES)
    header = gltf_header()
    arrays = (QUAD, indices(), UV, COLOURS)
    binary = glb(header, *arrays)
    length = int.from_bytes(binary[12:16], "little")
    alone = json.loads(binary[20 : 20 + length])
    alone["buffers"][0]["uri"] = "scene.bin"
    return {
        "scene.glb": {"scene.glb": binary},
        "scene.gltf": {"scene.gltf": json.dumps(alone).encode(), "scene.bin": binary[28 + length :]},
        "cube.obj": {
            "cube.obj": OBJ.format(points=points, sides=sides).encode(),
            "cube.mtl": MTL.encode(),
            "tex.png": texture(),
        },
        "text.ply": {"text.ply": ply(binary=False)},
        "cube.ply": {"cube.ply": ply(binary=True)},
        "text.stl": {"text.stl": stl()},
    }
