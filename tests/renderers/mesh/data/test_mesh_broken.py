"""Broken models: each gives one clear line, or what of it is right with a line on what is lost."""

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from mesh_files import FACES, QUAD, every_format, glb, indices, scene

from limn.errors import InputError
from renderers.mesh import read_mesh
from renderers.mesh.read import contents

NAN = QUAD * np.array([[1], [1], [np.nan], [1]], np.float32)
OBJ = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"
TEXTURED = {"attributes": {"POSITION": 0, "TEXCOORD_0": 2}, "material": 0}
PAINTED = {"materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}], "textures": [{"source": 0}]}


def zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.gltf", b"0" * 10_000_000)
    return buffer.getvalue()


def huge_png() -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = (
        (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big") for chunk in (head, data)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def million_ply(faces: int) -> bytes:
    header = "ply\nformat binary_little_endian 1.0\nelement vertex 4\n"
    header += "".join(f"property float {axis}\n" for axis in "xyz")
    return (
        header + f"element face {faces}\nproperty list uchar int vertex_indices\nend_header\n"
    ).encode() + QUAD.tobytes()


def gltf(uri: str) -> bytes:
    accessor = {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}
    buffers = {"buffers": [{"byteLength": 48, "uri": uri}], "bufferViews": [{"buffer": 0, "byteLength": 48}]}
    shape = {"attributes": {"POSITION": 0}}
    header = scene(meshes=[{"primitives": [shape]}], accessors=[accessor], asset={"version": "2.0"}, **buffers)
    return json.dumps(header).encode()


def stl(count: int, rows: int) -> bytes:
    return b"\0" * 80 + struct.pack("<I", count) + b"\0" * 50 * rows


MESHOPT = {"buffer": 0, "byteOffset": 3, "byteLength": 64, "byteStride": 12, "count": 4, "mode": "ATTRIBUTES"}
BROKEN = {
    "empty.glb": (b"", "the file is empty"),
    "empty.obj": (b"# nothing\n", "no triangles, expected a mesh"),
    "points.obj": (b"v 0 0 0\nv 1 0 0\n", "no triangles"),
    "nan.glb": (glb(scene(), NAN, indices()), "1 vertices are not finite"),
    "infinite.obj": (b"v 1e999 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "1 vertices are not finite"),
    "line.obj": (b"v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n", "none of its 1 faces has an area"),
    "index.obj": (OBJ.encode() + b"f 1 2 9\n", "line 9: a face refers to vertex 9, expected 1 to 4"),
    "zero.obj": (OBJ.encode() + b"f 0 1 2\n", "line 9: a face refers to vertex 0"),
    "words.obj": (b"v one two three\n", "line 1: 'v one two three' makes no sense"),
    "binary.obj": (glb(scene(), QUAD, indices()), "binary data, expected the text of an OBJ file"),
    "index.glb": (glb(scene(), QUAD, indices(FACES + 2)), "a face refers to vertex 5, expected 0 to 3"),
    "colours.glb": (
        glb(scene({"attributes": {"POSITION": 0, "COLOR_0": 2}}), QUAD, indices(), QUAD[:3]),
        "COLOR_0 has 3 rows, expected 4, as many as POSITION",
    ),
    "signed.glb": (
        glb(
            scene(
                accessors=[
                    {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
                    {"bufferView": 1, "componentType": 5120, "count": 6, "type": "SCALAR"},
                ]
            ),
            QUAD,
            np.array([[0], [1], [255], [0], [2], [3]], np.uint8),
        ),
        "a face refers to vertex -1, expected 0 to 3",
    ),
    "text.glb": (b"I am not a model, and I am long enough to look at.", "neither GLB nor glTF"),
    "zip.glb": (zip_bomb(), "a ZIP archive, expected a glTF 2.0 file"),
    "old.glb": (struct.pack("<4sII", b"glTF", 1, 20) + b"\0" * 8, "GLB version 1, expected 2"),
    "short.glb": (glb(scene(), QUAD, indices())[:-30], "cut off after"),
    "cycle.glb": (
        glb(scene(nodes=[{"mesh": 0, "children": [1]}, {"children": [0]}]), QUAD, indices()),
        "is its own ancestor or has two parents",
    ),
    "deep.gltf": (b"[" * 100_000, "neither GLB nor glTF"),
    "number.gltf": (b'{"asset": {"version": "2.0"}, "nodes": 7}', "makes no sense"),
    "bomb.glb": (
        glb(scene(accessors=[{"componentType": 5126, "count": 10**12, "type": "VEC3"}])),
        "accessors[0] has 1,000,000,000,000 items",
    ),
    "beyond.glb": (
        glb(scene(accessors=[{"bufferView": 0, "componentType": 5126, "count": 400, "type": "VEC3"}]), QUAD),
        "accessors[0] reads beyond its 48 bytes",
    ),
    "meshopt.glb": (
        glb(
            scene(bufferViews=[{"buffer": 0, "byteLength": 48, "extensions": {"EXT_meshopt_compression": MESHOPT}}]),
            np.full((8, 3), -1.0, np.float32),
        ),
        "cannot be decompressed (attributes of version 15); convert it: npx @gltf-transform/cli copy model.glb",
    ),
    "splats.glb": (
        glb(scene(extensionsRequired=["KHR_gaussian_splatting"]), QUAD, indices()),
        "needs KHR_gaussian_splatting, expected a file without this extension",
    ),
    "nobuffer.gltf": (gltf("gone.bin"), "'gone.bin' is missing; looked in "),
    "elsewhere.gltf": (gltf("../../gone/far.bin"), "'../../gone/far.bin' is missing; looked for far.bin in "),
    "network.gltf": (gltf("https://example.org/far.bin"), "is on the network, expected a file"),
    "huge_texture.glb": (
        glb(
            scene(TEXTURED, **PAINTED, images=[{"bufferView": 3}]),
            QUAD,
            indices(),
            QUAD[:, :2].copy(),
            np.frombuffer(huge_png(), np.uint8)[:, None],
        ),
        "pixels",
    ),
    "short.ply": (million_ply(3), "0 of 3 faces; the file is cut off"),
    "many.ply": (million_ply(9_000_000), "9,000,000 faces, expected at most 4,000,000"),
    "points.ply": (b"ply\nformat ascii 1.0\nelement vertex 0\nend_header\n", "no faces, expected a mesh"),
    "word.ply": (b"ply", "expected a PLY file"),
    "short.stl": (stl(3, 2), "bytes, expected 234; cut off or not an STL file"),
    "many.stl": (stl(0xFFFFFFFF, 1), "4,294,967,295 faces, expected at most"),
    "short_text.stl": (b"solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\n", "no 'endsolid'"),
    "nan.stl": (stl(1, 0) + b"\x01\x00\xa0\x7f" * 12 + b"\0\0", "3 vertices are not finite"),
    "nan.ply": (
        million_ply(1)[:-4] + b"\0\0\xc0\x7f" + b"\3" + bytes((1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0)),
        "1 vertices are not",
    ),
    "flat.stl": (stl(2, 2), "none of its 2 faces has an area"),
    "model.fbx": (b"Kaydara FBX", "a mesh in .fbx, expected .glb, .gltf, .obj, .ply, .stl"),
    "model.glbb": (b"glTF", "did you mean .glb"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_give_one_line(name: str, tmp_path: Path) -> None:
    content, line = BROKEN[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_mesh(path)
    assert str(path.parent) in str(caught.value) and line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_and_oversized_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_mesh(tmp_path / "nothing.glb")
    monkeypatch.setattr(contents, "LARGEST_FILE", 10)
    (tmp_path / "big.obj").write_bytes(b"v 0 0 0\n" * 10)
    with pytest.raises(InputError, match="expected at most 0 MB"):
        read_mesh(tmp_path / "big.obj")


def test_every_format_cut_off_anywhere_or_with_wrong_bytes(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for path in every_format(tmp_path):
        content = path.read_bytes()
        assert len(read_mesh(path).faces) == 2
        for trial in range(40):
            broken = bytearray(content[: generator.integers(1, len(content))] if trial % 2 else content)
            for _ in range(0 if trial % 2 else generator.integers(1, 5)):
                broken[generator.integers(len(broken))] = generator.integers(256)
            bad = tmp_path / f"bad{path.suffix}"
            bad.write_bytes(bytes(broken))
            try:
                mesh = read_mesh(bad)
            except InputError as error:
                assert "\n" not in str(error)
            else:
                assert len(mesh.faces) in (1, 2) and mesh.vertices.isfinite().all()


def test_one_triangle(tmp_path: Path) -> None:
    (tmp_path / "one.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    mesh = read_mesh(tmp_path / "one.obj")
    assert mesh.vertices.shape == (3, 3) and mesh.faces.tolist() == [[0, 1, 2]] and mesh.lost == ()


def test_two_million_faces(tmp_path: Path) -> None:
    side = 1001
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side), [0], indexing="ij"), -1).reshape(-1, 3)
    first = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).reshape(-1, 1)
    corners = np.concatenate([first + np.array([0, side, side + 1]), first + np.array([0, side + 1, 1])])
    faces = np.empty(len(corners), [("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, corners
    header = million_ply(len(faces)).partition(b"end_header\n")[0].replace(b"vertex 4\n", b"vertex %d\n" % len(grid))
    (tmp_path / "many.ply").write_bytes(header + b"end_header\n" + grid.astype("<f4").tobytes() + faces.tobytes())
    mesh = read_mesh(tmp_path / "many.ply")
    assert len(mesh.faces) == 2_000_000 and len(mesh.vertices) == side * side


def test_missing_materials_and_textures_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text("mtllib gone.mtl\nusemtl red\n" + OBJ + "f 1/1 2/2 3/3 4/4\n")
    mesh = read_mesh(tmp_path / "a.obj")
    assert len(mesh.faces) == 2 and "gone.mtl" in mesh.lost[0] and mesh.groups["red"].tolist() == [0, 1]
    (tmp_path / "b.mtl").write_text("newmtl red\nKd 1 0 0\nmap_Kd gone.png\n")
    (tmp_path / "b.obj").write_text("mtllib b.mtl\nusemtl red\n" + OBJ + "f 1/1 2/2 3/3 4/4\n")
    mesh = read_mesh(tmp_path / "b.obj")
    assert mesh.colours is not None and "gone.png" in mesh.lost[0] and str(tmp_path) in mesh.lost[0]
    np.testing.assert_allclose(mesh.colours, [[1, 0, 0]] * 4, atol=1e-6)


def test_a_broken_texture_is_said(tmp_path: Path) -> None:
    picture = np.frombuffer(b"\x89PNG\r\n\x1a\n broken", np.uint8)[:, None]
    header = scene(TEXTURED, **PAINTED, images=[{"bufferView": 3}])
    (tmp_path / "a.glb").write_bytes(glb(header, QUAD, indices(), QUAD[:, :2].copy(), picture))
    mesh = read_mesh(tmp_path / "a.glb")
    assert len(mesh.faces) == 2 and mesh.texture is None and "cannot be decoded" in mesh.lost[0]


def test_faces_without_area_and_vertices_without_faces_go(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text(OBJ + "v nan 0 0\nf 1 2 3\nf 1 1 2\nf 1 3 1\n")
    mesh = read_mesh(tmp_path / "a.obj")
    assert len(mesh.faces) == 1 and len(mesh.vertices) == 3 and "2 faces without area" in mesh.lost[0]


def test_non_manifold_edges_stay(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 0 1 0\nv 1 0 0\nv -1 0 0\nv 0 0 1\nf 1 2 3\nf 1 2 4\nf 1 2 5\n")
    assert len(read_mesh(tmp_path / "a.obj").faces) == 3


def test_far_from_the_origin_keeps_its_shape(tmp_path: Path) -> None:
    lines = [f"v {x + 4_500_000} {y + 500_000} {z}" for x, y, z in (QUAD / 16).tolist()]
    (tmp_path / "a.obj").write_text("\n".join(lines) + "\nf 1 2 3 4\n")
    mesh = read_mesh(tmp_path / "a.obj")
    np.testing.assert_allclose(mesh.vertices - mesh.vertices[0], QUAD / 16, atol=1e-8)
    assert "moved to the origin" in mesh.lost[0]


def test_texture_coordinates_that_are_not_numbers_are_said(tmp_path: Path) -> None:
    uv = np.array([[0, 0], [np.nan, 0], [1, 1], [0, np.inf]], np.float32)
    header = scene({"attributes": {"POSITION": 0, "TEXCOORD_0": 2}})
    (tmp_path / "a.glb").write_bytes(glb(header, QUAD, indices(), uv))
    mesh = read_mesh(tmp_path / "a.glb")
    assert mesh.uv is None and "texture coordinates that are not finite" in mesh.lost[0]
