"""Materials: what of them is seen is read, what is not seen is said."""

import sys
from pathlib import Path
from typing import Any

import DracoPy
import numpy as np
import pytest
import torch
from mesh_files import FACES, QUAD, UV, colour_at, glb, indices, material, png, scene

from limn.errors import InputError
from renderers.mesh import Mesh, read_mesh, subdivide, write_glb, write_obj, write_ply
from renderers.mesh.texels import sample
from renderers.scene.colour import to_linear, to_srgb

OBJ = "mtllib a.mtl\nusemtl m\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\nf 1/1 2/2 3/3 4/4\n"
GREEN = np.full((4, 4, 3), (0, 255, 0), np.uint8)
BLACK = np.zeros((4, 4, 3), np.uint8)
GLOSSY, STRENGTH = "KHR_materials_pbrSpecularGlossiness", "KHR_materials_emissive_strength"


def obj(folder: Path, lines: str) -> Mesh:
    (folder / "green.png").write_bytes(png(GREEN).tobytes())
    (folder / "a.mtl").write_text(f"newmtl m\n{lines}\n")
    (folder / "a.obj").write_text(OBJ)
    return read_mesh(folder / "a.obj")


def gltf(folder: Path, look: dict[str, Any], **more: Any) -> Mesh:
    """A quad with a material; texture 0 is green, texture 1 black."""
    header = scene({"attributes": {"POSITION": 0, "TEXCOORD_0": 2}, "material": 0}, materials=[look], **more)
    header |= {"textures": [{"source": 0}, {"source": 1}], "images": [{"bufferView": 3}, {"bufferView": 4}]}
    (folder / "a.glb").write_bytes(glb(header, QUAD, indices(), UV, png(GREEN), png(BLACK)))
    return read_mesh(folder / "a.glb")


def shown(mesh: Mesh) -> list[float]:
    (colour,) = colour_at(mesh, [[0.3, 0.6]])
    return [round(value, 2) for value in colour.tolist()]


@pytest.mark.parametrize(
    ("lines", "colour", "said"),
    [
        ("Kd 1 0 0\nd 0.2", [1, 0, 0], "transparency of material 'm' (d 0.2)"),
        ("Kd 1 0 0\nTr 0.5", [1, 0, 0], "transparency of material 'm' (Tr 0.5)"),
        ("Kd 1 0 0\nd -halo 0.5", [1, 0, 0], "transparency of material 'm' (d 0.5)"),
        ("Kd 1 0 0\nd 1\nTr 0", [1, 0, 0], None),
        ("Kd 1 0 0\nmap_d green.png", [1, 0, 0], "transparency"),
        ("\tKd\t1 0 0", [1, 0, 0], None),
        ("kd 0.25", [0.25, 0.25, 0.25], None),
        ("Kd spectral x.rfl", [0.5, 0.5, 0.5], "line 2: 'spectral x.rfl' is no colour"),
        ("Kd 0 0 0\nKe 0 0.5 1", [0, 0.5, 1], None),
        ("Kd 0 0 0\nmap_Ke green.png", [0, 1, 0], None),
        ("Kd 1 0 0\nKe 0 0.5 1", [1, 0, 0], None),
        ("Kd 1 0 0\nmap_Ka green.png", [0, 1, 0], None),
        ("Kd 1 1 1\nmap_Kd green.png\nmap_Bump -bm 2 n.png", [0, 1, 0], "bump maps"),
    ],
)
def test_materials_of_obj(lines: str, colour: list[float], said: str | None, tmp_path: Path) -> None:
    mesh = obj(tmp_path, lines)
    assert shown(mesh) == colour
    assert [said in line for line in mesh.lost] == ([] if said is None else [True])  # type: ignore[operator]


@pytest.mark.parametrize(
    ("look", "colour"),
    [
        ({"extensions": {GLOSSY: {"diffuseFactor": [1, 0, 0, 1]}}}, [1, 0, 0]),
        ({"extensions": {GLOSSY: {"diffuseTexture": {"index": 0}}}}, [0, 1, 0]),
        ({"extensions": {GLOSSY: {"diffuseFactor": [0, 0, 0, 1], "specularFactor": [0, 0, 1]}}}, [0, 0, 1]),
        (material(None, baseColorFactor=[0, 0, 0, 1]) | {"emissiveFactor": [1, 0, 0]}, [1, 0, 0]),
        (
            material(None, baseColorFactor=[0, 0, 0, 1])
            | {"emissiveFactor": [0.1, 0, 0], "extensions": {STRENGTH: {"emissiveStrength": 10}}},
            [1, 0, 0],
        ),
        (material(1) | {"emissiveFactor": [1, 1, 1], "emissiveTexture": {"index": 0}}, [0, 1, 0]),
        (material(0) | {"emissiveFactor": [1, 0, 0]}, [0, 1, 0]),
        (material(1), [0, 0, 0]),
    ],
)
def test_materials_of_gltf(look: dict[str, Any], colour: list[float], tmp_path: Path) -> None:
    mesh = gltf(tmp_path, look)
    assert shown(mesh) == colour and mesh.lost == ()


def test_extensions_that_are_not_read_are_named_once(tmp_path: Path) -> None:
    used = ["KHR_texture_transform", "KHR_materials_clearcoat", "EXT_mesh_features", "KHR_lights_punctual"]
    mesh = gltf(tmp_path, material(0), extensionsUsed=used, extensionsRequired=["KHR_lights_punctual"])
    names = "EXT_mesh_features, KHR_lights_punctual, KHR_materials_clearcoat"
    assert mesh.lost == (f"{tmp_path / 'a.glb'}: extensions that are not read: {names}",)


@pytest.mark.parametrize("required", [True, False])
def test_draco(required: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = DracoPy.encode(QUAD, FACES.astype(np.uint32), quantization_bits=14)
    ids = {"POSITION": DracoPy.decode(packed).attributes[0]["unique_id"]}
    extension = {"KHR_draco_mesh_compression": {"bufferView": 0, "attributes": ids}}
    header = scene({"extensions": extension}, extensionsUsed=list(extension))
    header["accessors"] = [
        {"componentType": 5126, "count": 4, "type": "VEC3"},
        {"componentType": 5125, "count": 6, "type": "SCALAR"},
    ]
    header |= {"extensionsRequired": list(extension)} if required else {}
    (tmp_path / "a.glb").write_bytes(glb(header, np.frombuffer(packed, np.uint8)[:, None]))
    mesh = read_mesh(tmp_path / "a.glb")
    corners = mesh.vertices[mesh.faces.long()]
    area = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).norm(dim=1).sum() / 2
    assert float(area) == pytest.approx(1.0, abs=1e-3) and mesh.lost == ()
    monkeypatch.setitem(sys.modules, "DracoPy", None)
    with pytest.raises(InputError, match=r"compressed by Draco; pip install 'limn\[draco\]', or convert it: npx"):
        read_mesh(tmp_path / "a.glb")


def patchwork(folder: Path) -> Path:
    """A strip of quads, each in a colour of its own, that share their edges."""
    colours = np.random.default_rng(0).uniform(0, 1, (40, 3)).round(3)
    (folder / "p.mtl").write_text("".join(f"newmtl m{k}\nKd {r} {g} {b}\n" for k, (r, g, b) in enumerate(colours)))
    lines = [f"v {x / 40} {y} 0" for x in range(41) for y in (0, 1)]
    for k in range(40):
        lines += [f"usemtl m{k}", f"f {2 * k + 1} {2 * k + 3} {2 * k + 4} {2 * k + 2}"]
    (folder / "p.obj").write_text("mtllib p.mtl\n" + "\n".join(lines))
    return folder / "p.obj"


def test_plain_materials_are_not_baked_and_survive_subdivision_and_export(tmp_path: Path) -> None:
    mesh = read_mesh(patchwork(tmp_path))
    assert mesh.texture is None and mesh.corner_colours is not None and len(mesh.vertices) == 82 and mesh.lost == ()
    points = [[(k + share) / 40, 0.3] for k in range(40) for share in (0.02, 0.5, 0.98)]
    expected = np.repeat(np.random.default_rng(0).uniform(0, 1, (40, 3)).round(3), 3, axis=0)
    np.testing.assert_allclose(colour_at(mesh, points), expected, atol=1e-5)
    fine = subdivide(mesh, 0.2)
    assert len(fine.faces) > 80
    np.testing.assert_allclose(colour_at(fine, points), expected, atol=1e-5)
    for write, ending in ((write_glb, "glb"), (write_obj, "obj"), (write_ply, "ply")):
        path = tmp_path / f"out.{ending}"
        write(path, mesh)
        again = read_mesh(path)
        assert len(again.vertices) == 82
        np.testing.assert_allclose(colour_at(again, points), expected, atol=3e-3)


def test_colours_of_faces_in_ply(tmp_path: Path) -> None:
    head = "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
    head += "element face 2\nproperty list uchar int vertex_indices\n"
    head += "".join(f"property uchar {name}\n" for name in ("red", "green", "blue")) + "end_header\n"
    (tmp_path / "a.ply").write_text(head + "0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2 255 0 0\n3 0 2 3 0 0 255\n")
    mesh = read_mesh(tmp_path / "a.ply")
    assert len(mesh.vertices) == 4
    np.testing.assert_allclose(colour_at(mesh, [[0.7, 0.3], [0.3, 0.7]]), [[1, 0, 0], [0, 0, 1]], atol=1e-5)


def test_many_groups_and_materials(tmp_path: Path) -> None:
    count = 3000
    (tmp_path / "a.mtl").write_text("".join(f"newmtl m{k}\nKd {k % 7 / 7} 0 0\n" for k in range(count)))
    lines = [f"g g{k} all\nusemtl m{k}\nv {k} 0 0\nv {k + 1} 0 0\nv {k} 1 0\nf -3 -2 -1" for k in range(count)]
    (tmp_path / "a.obj").write_text("mtllib a.mtl\n" + "\n".join(lines))
    mesh = read_mesh(tmp_path / "a.obj")
    assert len(mesh.groups) == 2 * count + 1 and mesh.groups["all"].tolist() == list(range(count))
    assert mesh.groups["g77"].tolist() == mesh.groups["m77"].tolist() == [77]


@pytest.mark.parametrize("wrap", [(10497, 33071), (33648, 10497), (33071, 33648)])
def test_textures_side_by_side_show_what_each_shows(wrap: tuple[int, int], tmp_path: Path) -> None:
    pictures = [np.random.default_rng(k).integers(0, 255, (12 + k, 20 - k, 3), np.uint8) for k in range(2)]
    uv = np.random.default_rng(2).uniform(-1.5, 2.5, (4, 2)).astype(np.float32)
    both = [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2 + k, "material": k} for k in range(2)]
    tint = [0.5, 0.25, 1.0, 1.0]
    header = {"scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}], "meshes": [{"primitives": both}]}
    header |= {
        "materials": [material(0), material(1, baseColorFactor=tint)],
        "images": [{"bufferView": 4}, {"bufferView": 5}],
    }
    header |= {"samplers": [{"wrapS": wrap[0], "wrapT": wrap[1]}]}
    header |= {"textures": [{"source": k, "sampler": 0} for k in range(2)]}
    arrays = (QUAD, uv, indices(FACES[:1]), indices(FACES[1:]), *map(png, pictures))
    (tmp_path / "a.glb").write_bytes(glb(header, *arrays))
    mesh = read_mesh(tmp_path / "a.glb")
    assert mesh.texture is not None and mesh.lost == ()
    names = {10497: "repeat", 33071: "clamp", 33648: "mirror"}
    for face in range(2):
        shares = torch.from_numpy(np.random.default_rng(3).dirichlet([1, 1, 1], 50)).float()
        light = to_linear(torch.from_numpy(pictures[face].astype(np.float32) / 255))
        light = light * torch.tensor(tint[:3]) if face else light
        place = shares @ torch.from_numpy(uv[FACES[face]])
        expected = sample(to_srgb(light), place, (names[wrap[0]], names[wrap[1]]))
        points = (shares @ torch.from_numpy(QUAD[FACES[face]])[:, :2]).tolist()
        torch.testing.assert_close(colour_at(mesh, points), expected, atol=0.01, rtol=0)
