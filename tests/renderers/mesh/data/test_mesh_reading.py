"""Reading: what a file shows is what the mesh shows, whatever the file is made of."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from mesh_files import FACES, QUAD, UV, colour_at, glb, indices, material, png, quad, scene

from renderers.mesh import Mesh, read_mesh, write_obj
from renderers.mesh.texels import sample
from renderers.scene.colour import to_linear


def test_texture_stands_upright_and_keeps_its_pixels(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (4, 8, 3), np.uint8)
    header = scene({"attributes": {"POSITION": 0, "TEXCOORD_0": 2}, "material": 0})
    header |= {"materials": [material(0)], "textures": [{"source": 0}], "images": [{"bufferView": 3}]}
    (tmp_path / "a.glb").write_bytes(glb(header, QUAD, indices(), UV, png(pixels)))
    mesh = read_mesh(tmp_path / "a.glb")
    assert mesh.texture is not None
    np.testing.assert_allclose(mesh.texture, pixels / 255, atol=1e-6)
    centres = [[(x + 0.5) / 8, 1 - (y + 0.5) / 4] for y in range(4) for x in range(8)]
    np.testing.assert_allclose(colour_at(mesh, centres), pixels.reshape(-1, 3) / 255, atol=1e-4)


def test_base_colour_is_linear_and_multiplies_the_texture(tmp_path: Path) -> None:
    pixels = np.full((4, 4, 3), 188, np.uint8)
    header = scene({"attributes": {"POSITION": 0, "TEXCOORD_0": 2}, "material": 0})
    header |= {"materials": [material(0, baseColorFactor=[0.5, 0.25, 1, 1])], "textures": [{"source": 0}]}
    (tmp_path / "a.glb").write_bytes(glb(header | {"images": [{"bufferView": 3}]}, QUAD, indices(), UV, png(pixels)))
    mesh = read_mesh(tmp_path / "a.glb")
    expected = to_linear(torch.tensor(188 / 255)) * torch.tensor([0.5, 0.25, 1])
    assert mesh.texture is not None
    torch.testing.assert_close(to_linear(mesh.texture[0, 0]), expected, atol=1e-5, rtol=0)


def test_several_textures_become_one_that_shows_the_same(tmp_path: Path) -> None:
    ramp = np.zeros((16, 16, 3), np.uint8)
    ramp[..., 0], ramp[..., 1] = np.arange(16) * 16, np.arange(16)[:, None] * 16
    both = [
        {"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2, "material": 0},
        {"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 3, "material": 1},
    ]
    materials = [{"name": "ramp"} | material(0), {"name": "plain"} | material(None, baseColorFactor=[0, 0, 1, 1])]
    header = {"scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}], "meshes": [{"primitives": both}]}
    header |= {"materials": materials, "textures": [{"source": 0}], "images": [{"bufferView": 4}]}
    arrays = (QUAD, UV * 2, indices(FACES[:1]), indices(FACES[1:]), png(ramp))  # the texture repeats
    (tmp_path / "a.glb").write_bytes(glb(header, *arrays))
    mesh = read_mesh(tmp_path / "a.glb")
    assert mesh.texture is not None and mesh.vertices.shape == (4, 3) and mesh.lost == ()
    assert {name: rows.tolist() for name, rows in mesh.groups.items()} == {"ramp": [0], "plain": [1]}
    points = [[0.75, 0.25], [0.9, 0.2], [0.6, 0.1], [0.2, 0.6], [0.45, 0.97]]
    shown = colour_at(mesh, points)
    light = to_linear(torch.from_numpy(ramp.astype(np.float32) / 255))
    u, v = torch.tensor(points[:3]).T
    expected = sample(light, torch.stack([u * 2, (1 - v) * 2], 1))
    torch.testing.assert_close(to_linear(shown[:3]), expected, atol=0.02, rtol=0)
    torch.testing.assert_close(shown[3:], torch.tensor([[0.0, 0, 1]] * 2), atol=1e-3, rtol=0)


@pytest.mark.parametrize(("wrap", "expected"), [(10497, 0.0), (33071, 1.0), (33648, 1.0)])
def test_textures_beyond_their_border(tmp_path: Path, wrap: int, expected: float) -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:, 4:] = 255
    header = scene({"attributes": {"POSITION": 0, "TEXCOORD_0": 2}, "material": 0}, samplers=[{"wrapS": wrap}])
    header |= {"materials": [material(0)], "textures": [{"source": 0, "sampler": 0}], "images": [{"bufferView": 3}]}
    (tmp_path / "a.glb").write_bytes(glb(header, QUAD, indices(), UV * np.float32([2, 1]), png(pixels)))
    shown = colour_at(read_mesh(tmp_path / "a.glb"), [[0.6, 0.5], [0.3, 0.4]])
    np.testing.assert_allclose(shown[:, 0], [expected, 1.0], atol=0.01)


def test_scene_graphs_mirrors_and_strips(tmp_path: Path) -> None:
    header = scene({"mode": 5})
    header["nodes"] = [
        {"children": [1, 2], "translation": [1, 2, 3], "rotation": [0, 0.7071067811865476, 0, 0.7071067811865476]},
        {"mesh": 0, "name": "left", "scale": [2, 1, 1]},
        {"mesh": 0, "name": "right", "matrix": np.diag([-1.0, 1, 1, 1]).ravel().tolist()},
    ]
    strip = np.array([[1], [2], [0], [3]], np.uint32)
    content = glb(header, QUAD, strip)
    (tmp_path / "a.glb").write_bytes(content)
    mesh = read_mesh(tmp_path / "a.glb")
    other = trimesh.load_scene(io.BytesIO(content), file_type="glb").to_geometry()
    ours = trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False)
    np.testing.assert_allclose(ours.bounds, other.bounds, atol=1e-6)
    assert {name: rows.tolist() for name, rows in mesh.groups.items()} == {"left": [0, 1], "right": [2, 3]}
    np.testing.assert_allclose(ours.face_normals, [[1, 0, 0]] * 4, atol=1e-6)  # mirrored faces still look outwards
    assert len(mesh.vertices) == 6  # both parts share an edge


def test_instances(tmp_path: Path) -> None:
    header = scene({"attributes": {"POSITION": 0}})
    tables = {"TRANSLATION": 2, "SCALE": 3}
    header["nodes"] = [
        {"mesh": 0, "scale": [2, 2, 2], "extensions": {"EXT_mesh_gpu_instancing": {"attributes": tables}}}
    ]
    header["extensionsRequired"] = header["extensionsUsed"] = ["EXT_mesh_gpu_instancing"]
    places = np.array([[0, 0, 0], [3, 0, 0], [0, 3, 0]], np.float32)
    sizes = np.array([[1, 1, 1], [0.5, 0.5, 1], [1, 1, 1]], np.float32)
    (tmp_path / "a.glb").write_bytes(glb(header, QUAD, indices(), places, sizes))
    mesh = read_mesh(tmp_path / "a.glb")
    assert len(mesh.faces) == 6 and mesh.lost == ()
    np.testing.assert_allclose(mesh.vertices[4:8], QUAD + np.array([6, 0, 0]), atol=1e-6)


def test_sparse_strided_and_normalised_arrays(tmp_path: Path) -> None:
    header = scene({"attributes": {"POSITION": 0, "COLOR_0": 2}})
    colours = (np.array([[255, 0, 0, 255]] * 4)).astype(np.uint8)
    content = glb(
        header,
        np.concatenate([QUAD, QUAD * 0], 1)[:, :4].copy(),
        indices(),
        colours,
        np.array([[2]], "<u4"),
        QUAD[:1] + 5,
    )
    import json

    size = int.from_bytes(content[12:16], "little")
    edited = json.loads(content[20 : 20 + size])
    edited["bufferViews"][0]["byteStride"] = 16
    edited["accessors"][0] |= {"type": "VEC3"}
    edited["accessors"][0]["sparse"] = {
        "count": 1,
        "indices": {"bufferView": 3, "componentType": 5125},
        "values": {"bufferView": 4},
    }
    edited["accessors"][2]["normalized"] = True
    text = json.dumps(edited).encode()
    text += b" " * (-len(text) % 4)
    rest = content[20 + size :]
    total = (20 + len(text) + len(rest)).to_bytes(4, "little")
    (tmp_path / "a.glb").write_bytes(content[:8] + total + len(text).to_bytes(4, "little") + b"JSON" + text + rest)
    mesh = read_mesh(tmp_path / "a.glb")
    np.testing.assert_allclose(mesh.vertices, [[0, 0, 0], [1, 0, 0], [5, 5, 5], [0, 1, 0]])
    assert mesh.colours is not None
    np.testing.assert_allclose(mesh.colours, [[1, 0, 0]] * 4, atol=1e-6)


def test_obj_polygons_relative_indices_groups_and_colours(tmp_path: Path) -> None:
    (tmp_path / "a.mtl").write_text("newmtl red\nKd 1 0 0\nnewmtl blue\nKd 0 0 1\n")
    lines = [
        "mtllib a.mtl",
        "o box",
        "v 0 0 0",
        "v 1 0 0",
        "v 1 1 0",
        "v 0 1 0",
        "g front",
        "usemtl red",
        "f -4 -3 -2 -1",
    ]
    lines += ["v 5 0 0", "v 6 0 0", "v 5.5 1 0", "v 5 2 0", "v 4 1 0", "g far away", "usemtl blue", "f -5 -4 -3 -2 -1"]
    (tmp_path / "a.obj").write_text("\n".join(lines))
    mesh = read_mesh(tmp_path / "a.obj")
    assert len(mesh.faces) == 5 and mesh.lost == ()
    assert {name: len(rows) for name, rows in mesh.groups.items()} == {
        "red": 2, "box": 5, "front": 2, "blue": 3, "far": 3, "away": 3,
    }  # fmt: skip
    np.testing.assert_allclose(colour_at(mesh, [[0.5, 0.5], [5.2, 0.6]]), [[1, 0, 0], [0, 0, 1]], atol=1e-6)


@pytest.mark.parametrize("suffix", ["stl", "ply", "obj", "glb"])
def test_files_of_another_writer(tmp_path: Path, suffix: str) -> None:
    other = trimesh.creation.icosphere(subdivisions=2)
    other.apply_translation([3, 4, 5])
    other.export(tmp_path / f"ball.{suffix}")
    mesh = read_mesh(tmp_path / f"ball.{suffix}")
    ours = trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False)
    assert ours.is_watertight and len(mesh.faces) == len(other.faces)
    np.testing.assert_allclose(ours.bounds, other.bounds, atol=1e-5)
    assert ours.volume == pytest.approx(other.volume, rel=1e-4)


def test_parts_that_share_an_edge_in_other_colours_keep_the_edge_sharp(tmp_path: Path) -> None:
    (tmp_path / "a.mtl").write_text("newmtl red\nKd 1 0 0\nnewmtl blue\nKd 0 0 1\n")
    (tmp_path / "a.obj").write_text(
        "mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nusemtl red\nf 1 2 3\nusemtl blue\nf 1 3 4\n"
    )
    mesh = read_mesh(tmp_path / "a.obj")
    assert len(mesh.vertices) == 4
    shown = colour_at(mesh, [[0.52, 0.48], [0.48, 0.52]])
    np.testing.assert_allclose(shown, [[1, 0, 0], [0, 0, 1]], atol=0.02)


def test_names_that_obj_cannot_hold_are_mended(tmp_path: Path) -> None:
    mesh = Mesh(**(quad().__dict__ | {"groups": {"two words": torch.tensor([0])}, "name": "a b"}))
    path, *_ = write_obj(tmp_path / "a.obj", mesh)
    assert read_mesh(path).groups["two_words"].tolist() == [0]
