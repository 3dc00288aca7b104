"""Exports: nothing lost on the way back, no complaint of the Khronos validator, the same picture by others."""

import json
import math
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from independent import draw
from mesh_files import quad

from limn.errors import InputError
from limn.surface import Connectivity
from renderers.fields.surface.from_field import mesh_of
from renderers.mesh import Mesh, MeshRenderer, bake_colours, read_mesh, unwrap, write_glb, write_obj, write_ply
from renderers.mesh.normals import Corners

MODELS = sorted((Path(__file__).parents[4] / "configs/assets/models").glob("*.glb"))
VALIDATOR = "gltf-validator@2.0.0-dev.3.10"
SCRIPT = """
const validator = require('gltf-validator'), fs = require('fs');
const files = process.argv.slice(1);
const check = f => validator.validateBytes(new Uint8Array(fs.readFileSync(f)));
Promise.all(files.map(check)).then(all => console.log(JSON.stringify(all.map(report => report.issues))));
"""


def ball(subdivisions: int = 2) -> Mesh:
    shape = trimesh.creation.icosphere(subdivisions=subdivisions)
    vertices, faces = torch.tensor(np.array(shape.vertices)).float(), torch.tensor(np.array(shape.faces)).int()
    groups = {"first": torch.arange(9), "rest": torch.arange(9, len(faces))}
    return Mesh(vertices, faces, colours=vertices / 2 + 0.5, groups=groups, name="ball")


def textured(mesh: Mesh, side: int = 128) -> Mesh:
    mesh = unwrap(mesh, side)
    return replace(mesh, texture=bake_colours(mesh, (side, side)), colours=None)


def sphere_distance(points: torch.Tensor) -> torch.Tensor:
    return points.norm(dim=1) - 0.7


@pytest.mark.parametrize("write", [write_glb, write_obj, write_ply])
@pytest.mark.parametrize("paint", ["texture", "colours", "grey"])
def test_round_trip(write, paint: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    mesh = textured(ball()) if paint == "texture" else ball()
    mesh = replace(mesh, colours=None) if paint == "grey" else mesh
    path = tmp_path / f"ball.{write.__name__[-3:]}"
    files = write(path, mesh)
    assert files[0] == path and set(files) == set(tmp_path.iterdir())
    back = read_mesh(path)
    torch.testing.assert_close(back.vertices[back.faces.long()], mesh.vertices[mesh.faces.long()], atol=1e-7, rtol=0)
    assert back.lost == ()
    if write is not write_ply:
        for name, rows in mesh.groups.items():
            assert back.groups[name].tolist() == rows.tolist()
    if mesh.texture is not None and write is not write_ply:
        assert back.texture is not None and back.uv is not None and mesh.uv is not None
        assert float((back.texture - mesh.texture).abs().max()) <= 0.5 / 255 + 1e-6
        assert mesh.uv_faces is not None and back.uv_faces is not None
        torch.testing.assert_close(back.uv[back.uv_faces.long()], mesh.uv[mesh.uv_faces.long()], atol=1e-6, rtol=0)
    elif paint != "grey":
        assert back.colours is not None
        tolerance = 0.06 if paint == "texture" else 0.5 / 255 + 1e-6
        expected = mesh.vertices[mesh.faces.long()] / 2 + 0.5
        torch.testing.assert_close(back.colours[back.faces.long()], expected, atol=tolerance, rtol=0)


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Khronos glTF validator, installed by npm."""
    folder = tmp_path_factory.mktemp("validator")
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), VALIDATOR]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder


def test_the_khronos_validator_has_nothing_to_say(validator: Path, tmp_path: Path) -> None:
    colours, texture = ball(), textured(ball())
    bumps = torch.nn.functional.normalize(torch.randn(32, 32, 3) * 0.2 + torch.tensor([0.0, 0, 1]), dim=-1)
    flat = Corners.of(colours.vertices, Connectivity(colours.faces), 0.0)
    # Two faces back to back, whose normals cancel, and texture coordinates without area.
    folded = replace(quad(torch.rand(4, 4, 3)), faces=torch.tensor([[0, 1, 2], [0, 2, 1]], dtype=torch.int32))
    folded = replace(folded, uv=torch.zeros(4, 2), uv_faces=folded.faces)
    files = [
        *write_glb(tmp_path / "colours.glb", colours),
        *write_glb(tmp_path / "grey.glb", replace(colours, colours=None, groups={})),
        *write_glb(tmp_path / "unlit.glb", texture, unlit=True),
        *write_glb(tmp_path / "lit.glb", texture, corners=flat),
        *write_glb(tmp_path / "bumps.glb", texture, normal_map=bumps),
        *write_glb(tmp_path / "flat_bumps.glb", texture, normal_map=bumps, unlit=True, corners=flat),
        *write_glb(tmp_path / "folded.glb", folded, normal_map=bumps),
        *write_glb(tmp_path / "large.glb", ball(6)),  # more vertices than 16 bits count
        *write_glb(tmp_path / "field.glb", mesh_of(sphere_distance, torch.sigmoid, 0.0, False, 16, 64), unlit=True),
        *MODELS,
    ]
    command = ["node", "-e", SCRIPT, *map(str, files)]
    output = subprocess.run(command, check=True, capture_output=True, text=True, cwd=validator, timeout=120).stdout
    for file, issues in zip(files, json.loads(output), strict=True):
        assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), (file.name, issues["messages"][:3])


def test_another_renderer_shows_the_texture_upright(tmp_path: Path) -> None:
    pixels = torch.rand(4, 4, 3, generator=torch.Generator().manual_seed(0))
    (path,) = write_glb(tmp_path / "quad.glb", quad(pixels.repeat_interleave(4, 0).repeat_interleave(4, 1)), unlit=True)
    view = np.eye(4)
    view[:3, 3] = [-0.5, -0.5, -1]
    picture = draw(path, view, np.diag([2.0, 2.0, -0.5, 1.0]), (32, 32))
    torch.testing.assert_close(torch.from_numpy(picture[4::8, 4::8]).float(), pixels, atol=0.01, rtol=0)


def test_another_renderer_sees_perspective_and_colours_as_we_mean_them(tmp_path: Path) -> None:
    (path,) = write_glb(tmp_path / "ball.glb", replace(ball(4), vertices=ball(4).vertices * 0.5))
    view = np.eye(4)
    view[2, 3] = -2
    focal = 1 / math.tan(math.radians(20))
    picture = draw(
        path, view, np.array([[focal, 0, 0, 0], [0, focal, 0, 0], [0, 0, -1, -0.2], [0, 0, -1, 0]]), (64, 64)
    )
    radius = focal * 32 * math.tan(math.asin(0.25))  # of the disc that a ball of radius 0.5 at distance 2 covers
    row, column = np.mgrid[:64, :64] + 0.5
    disc = np.hypot(row - 32, column - 32)
    assert np.abs(picture[disc > radius + 1] - 1).max() < 0.01
    np.testing.assert_allclose(picture[31:33, 31:33].mean((0, 1)), [0.5, 0.5, 1.0], atol=0.02)
    assert picture[32, 50, 0] > 0.7 and picture[14, 32, 1] > 0.7  # red grows to the right, green upwards


def test_paths_may_be_words(tmp_path: Path) -> None:
    for write, name in ((write_glb, "ball.glb"), (write_obj, "ball.obj"), (write_ply, "ball.ply")):
        path = f"{tmp_path}/{name}"
        assert write(path, ball(1))[0] == Path(path)
        assert len(read_mesh(path).faces) == len(ball(1).faces)
    made = MeshRenderer(ball(1), texture_size=32).artefacts(f"{tmp_path}/artefacts")
    assert [artefact.path.name for artefact in made][:2] == ["model.glb", "model.obj"]


def test_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "ball.glb").mkdir()
    with pytest.raises(InputError, match="cannot write"):
        write_glb(tmp_path / "ball.glb", ball(0))
    with pytest.raises(InputError, match="No such file or directory"):
        write_ply(tmp_path / "nowhere" / "ball.ply", ball(0))
    assert [path.name for path in tmp_path.iterdir()] == ["ball.glb"]


def test_models_of_our_own() -> None:
    names = {path.stem for path in MODELS}
    assert names == {"vase", "chair", "mug", "mushroom", "rocket", "house", "dog"}
    for path in MODELS:
        mesh = read_mesh(path)
        assert path.stat().st_size < 200 * 1024 and mesh.lost == () and 2000 < len(mesh.faces) < 10000
        solid = trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False)
        assert solid.is_watertight and solid.volume > 0
        assert sum(map(len, mesh.groups.values())) == len(mesh.faces)
