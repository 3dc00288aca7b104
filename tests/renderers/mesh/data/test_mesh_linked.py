"""Textures, wherever a model's file says they are: they are shown, or one line says what was looked for and where."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mesh_files import QUAD, UV, colour_at, glb, indices, material, png, scene
from PIL import Image

from renderers.mesh import Mesh, read_mesh

PIXELS = np.zeros((8, 8, 3), np.uint8)
PIXELS[:4, :4], PIXELS[:4, 4:], PIXELS[4:, :4], PIXELS[4:, 4:] = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
CENTRES = [[0.25, 0.75], [0.75, 0.75], [0.25, 0.25], [0.75, 0.25]]
SHOWN = [[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]]
BODY = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n{use}f 1/1 2/2 3/3 4/4\n"


def obj(
    folder: Path, line: str, stored: str = "texture map.png", library: str = "mtllib a.mtl", use: str = "m"
) -> Mesh:
    """A quad whose material has a ``map_Kd`` line, and a picture that is stored somewhere below ``folder``."""
    (folder / "model").mkdir()
    place = folder / "model" / stored
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(PIXELS).save(place)
    (folder / "model" / "a.mtl").write_text(f"newmtl m\nKd 0.5 0.5 0.5\nmap_Kd {line}\n")
    (folder / "model" / "a.obj").write_text(f"{library}\n" + BODY.format(use=f"usemtl {use}\n" if use else ""))
    return read_mesh(folder / "model" / "a.obj")


def show(mesh: Mesh) -> None:
    torch.testing.assert_close(colour_at(mesh, CENTRES), torch.tensor(SHOWN), atol=0.02, rtol=0)


@pytest.mark.parametrize(
    ("line", "stored"),
    [
        ("texture map.png", "texture map.png"),
        ('"texture map.png"', "texture map.png"),
        ("texture\\ map.png", "texture map.png"),
        ("texture%20map.png", "texture map.png"),
        ("Texture_Map.PNG", "texture_map.png"),
        ("Häuser.png", "Ha\u0308user.png"),
        ("tex\\t.png", "tex/t.png"),
        ("TEX/T.png", "tex/t.png"),
        ("../tex/t.png", "../tex/t.png"),
        ("t.png", "textures/t.png"),
        ("t.png", "../textures/t.png"),
        ("C:\\Users\\me\\models\\t.png", "t.png"),
        ("C:\\Users\\me\\tex\\t.png", "tex/t.png"),
        ("/home/me/models/tex/t.png", "tex/t.png"),
        ("file:///home/me/t.png", "t.png"),
        ("t#1.png # the colours", "t#1.png"),
        ("-blendu on -texres 1024 -clamp off t 2.png", "t 2.png"),
        ("-s 1 1 1 -o 0 0 0 2.png", "2.png"),
    ],
)
def test_a_texture_is_found(line: str, stored: str, tmp_path: Path) -> None:
    mesh = obj(tmp_path, line, stored)
    show(mesh)
    assert mesh.lost == ()


def test_an_absolute_place_is_read(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    show(obj(tmp_path, str(tmp_path / "far" / "t.png"), "../far/t.png"))


@pytest.mark.parametrize(
    ("library", "use"),
    [
        ("mtllib a.mtl", ""),
        ("mtllib none.mtl a.mtl", "m"),
        ("mtllib ./A.MTL", "m"),
        ('mtllib "a.mtl"', "m"),
        ("mtllib C:\\models\\a.mtl", "M"),
        ("mtllib old.mtl", "m"),
        ("", "m"),
    ],
)
def test_materials_are_found(library: str, use: str, tmp_path: Path) -> None:
    mesh = obj(tmp_path, "t.png", "t.png", library, use)
    show(mesh)
    assert [line.rpartition("; ")[0].partition(": ")[2] for line in mesh.lost] == [
        f"materials; '{name}' is missing" for name in ("none.mtl", "old.mtl") if name in library
    ]


@pytest.mark.parametrize(
    ("line", "library", "use", "said"),
    [
        ("gone.png", "mtllib a.mtl", "m", "a.mtl: 'gone.png' is missing; looked in {0} and its textures folder"),
        ("..\\x\\gone.png", "mtllib a.mtl", "m", "missing; looked for gone.png in {0} and its textures folder"),
        ("https://example.org/far.png", "mtllib a.mtl", "m", "is on the network, expected a file"),
        ("t.png", "mtllib a.mtl", "other", "materials 'other', which no material file has"),
        ("-mm 0 2 t.png", "mtllib a.mtl", "m", "a.mtl: options -mm of texture 't.png'"),
    ],
)
def test_what_is_missing_is_said_once(line: str, library: str, use: str, said: str, tmp_path: Path) -> None:
    mesh = obj(tmp_path, line, "t.png", library, use)
    (one,) = mesh.lost
    assert said.format(tmp_path / "model") in one and "\n" not in one


def test_scale_and_offset_of_a_texture(tmp_path: Path) -> None:
    mesh = obj(tmp_path, "-s 0.5 0.5 -o 0.5 0 t.png", "t.png")  # its right lower quarter
    torch.testing.assert_close(colour_at(mesh, CENTRES), torch.tensor([[1.0, 1, 0]] * 4), atol=0.02, rtol=0)


@pytest.mark.parametrize("uri", ["my%20t.png", "my t.png", "TEX/my%20t.png", "../tex/my t.png"])
def test_pictures_of_gltf_files(uri: str, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for folder in (tmp_path / "model", tmp_path / "tex", tmp_path / "model" / "tex"):
        folder.mkdir(exist_ok=True)
        Image.fromarray(PIXELS).save(folder / "my t.png")
    header = scene({"attributes": {"POSITION": 0, "TEXCOORD_0": 2}, "material": 0})
    header |= {"materials": [material(0)], "textures": [{"source": 0}], "images": [{"uri": uri}]}
    (tmp_path / "model" / "a.glb").write_bytes(glb(header, QUAD, indices(), UV))
    show(read_mesh(tmp_path / "model" / "a.glb"))


def test_textures_that_gltf_cannot_show_are_said(tmp_path: Path) -> None:
    ktx2 = np.frombuffer(b"\xabKTX 20\xbb\r\n\x1a\n" + b"\0" * 60, np.uint8)[:, None]
    header = scene({"attributes": {"POSITION": 0, "TEXCOORD_0": 2}, "material": 0})
    texture = {"extensions": {"KHR_texture_basisu": {"source": 0}}}
    header |= {"materials": [material(0)], "textures": [texture], "images": [{"bufferView": 3}]}
    header |= {"extensionsRequired": ["KHR_texture_basisu"], "extensionsUsed": ["KHR_texture_basisu"]}
    (tmp_path / "a.glb").write_bytes(glb(header, QUAD, indices(), UV, ktx2))
    (line,) = read_mesh(tmp_path / "a.glb").lost
    assert "images[0]: KTX2, convert it: npx @gltf-transform/cli ktxdecompress model.glb readable.glb" in line
    header["images"] = [{"bufferView": 3}, {"bufferView": 4}]
    header["textures"] = [texture | {"source": 1}]
    (tmp_path / "b.glb").write_bytes(glb(header, QUAD, indices(), UV, ktx2, png(PIXELS)))
    mesh = read_mesh(tmp_path / "b.glb")
    show(mesh)
    assert mesh.lost == ()


@pytest.mark.parametrize("of", ["vertices", "corners"])
def test_texture_files_of_ply(of: str, tmp_path: Path) -> None:
    (tmp_path / "a.ply").write_text(ply_of(of == "corners"))
    (line,) = read_mesh(tmp_path / "a.ply").lost
    assert f"is missing; looked for t.png in {tmp_path}" in line
    Image.fromarray(PIXELS).save(tmp_path / "T.png")
    show(read_mesh(tmp_path / "a.ply"))


def ply_of(corners: bool) -> str:
    """A quad with texture coordinates of its vertices or of the corners of its face."""
    vertex = "".join(f"property float {name}\n" for name in ("x", "y", "z", *(() if corners else ("s", "t"))))
    face = "property list uchar int vertex_indices\n"
    if corners:
        face = "property list uchar float texcoord\n" + face
    rows = "".join(f"{x} {y} 0" + ("" if corners else f" {x} {y}") + "\n" for x, y in ((0, 0), (1, 0), (1, 1), (0, 1)))
    rows += ("8 0 0 1 0 1 1 0 1 " if corners else "") + "4 0 1 2 3\n"
    start = "ply\nformat ascii 1.0\ncomment TextureFile C:\\x\\t.png\n"
    return f"{start}element vertex 4\n{vertex}element face 1\n{face}end_header\n{rows}"
