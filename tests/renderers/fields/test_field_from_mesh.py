"""Distances and colours of meshes and point clouds."""

from pathlib import Path

import numpy as np
import pytest
import torch
from field_shapes import VOLUMES, closed, cube, sphere, torus

from limn.errors import InputError
from renderers.fields.surface.blocks import nodes
from renderers.fields.surface.from_mesh import distances_of_mesh, distances_of_points, mesh_of_points
from renderers.fields.surface.marching_cubes import marching_cubes
from renderers.fields.surface.point_cloud import read_point_cloud
from renderers.mesh import Mesh, read_mesh
from renderers.mesh.prepare import normalise
from renderers.mesh.sphere import icosphere

SIDE = 32
GRID = nodes((SIDE, SIDE, SIDE))
CELL = 2 / (SIDE - 1)
CHAIR = Path(__file__).parents[3] / "configs/assets/models/chair.glb"


@pytest.mark.parametrize("shape", [sphere, torus, cube])
@pytest.mark.parametrize("inside_out", [False, True])
def test_distances_are_those_of_the_shape(shape, inside_out: bool) -> None:  # type: ignore[no-untyped-def]
    vertices, faces = marching_cubes(shape(GRID), inside_above=False)
    distances, colours = distances_of_mesh(Mesh(vertices, faces.flip(1) if inside_out else faces), SIDE)
    assert float((distances - shape(GRID)).abs().mean()) < 0.15 * CELL
    assert torch.equal(colours, torch.full((SIDE, SIDE, SIDE, 3), 0.5))


def test_a_hole_in_a_mesh_does_no_harm() -> None:
    mesh = icosphere(3, 0.7)
    kept = mesh.vertices[mesh.faces.long()].mean(dim=1)[:, 2] < 0.6  # without a cap
    distances, _ = distances_of_mesh(Mesh(mesh.vertices, mesh.faces[kept]), SIDE)
    there = GRID[..., 2] < 0.4
    assert ((distances < 0) == (sphere(GRID) < 0))[there].float().mean() > 0.99


def test_colours_are_those_of_the_nearest_point() -> None:
    vertices, faces = marching_cubes(sphere(GRID), inside_above=False)
    _, colours = distances_of_mesh(Mesh(vertices, faces, colours=vertices / 2 + 0.5), SIDE)
    near = torch.nn.functional.normalize(GRID, dim=3) * 0.7
    away = GRID.norm(dim=3) > 0.3
    assert float((colours - (near / 2 + 0.5)).abs()[away].max()) < 0.02


def test_points_enclose_a_solid() -> None:
    generator = torch.Generator().manual_seed(0)
    points = 0.7 * torch.nn.functional.normalize(torch.randn(2000, 3, generator=generator), dim=1)
    distances, colours = distances_of_points(points, points / 2 + 0.5, SIDE)
    mesh = closed(*marching_cubes(distances, inside_above=False))
    thick = VOLUMES[sphere] * (1 + CELL / 2 / 0.7) ** 3  # what is thin is kept, so surfaces lie half a cell outside
    assert mesh.volume == pytest.approx(thick, rel=0.05) and mesh.euler_number == 2
    assert float(distances[SIDE // 2, SIDE // 2, SIDE // 2]) < -0.6
    assert float((colours - (torch.nn.functional.normalize(GRID, dim=3) * 0.35 + 0.5)).abs().mean()) < 0.05
    with pytest.raises(InputError, match="no points"):
        distances_of_points(points[:0], points[:0], SIDE)


def test_files_of_points_and_of_faces(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    points = generator.normal(size=(1500, 3))
    points = 3 + 5 * points / np.linalg.norm(points, axis=1, keepdims=True)
    rows = "\n".join(f"{x} {y} {z} 255 {int(y > 3) * 255} 0" for x, y, z in points)
    header = "ply\nformat ascii 1.0\nelement vertex 1500\n" + "".join(f"property float {a}\n" for a in "xyz")
    header += "".join(f"property uchar {c}\n" for c in ("red", "green", "blue")) + "end_header\n"
    (tmp_path / "ball.ply").write_text(header + rows)
    cloud = read_point_cloud(tmp_path / "ball.ply")
    distances, colours = distances_of_points(*cloud, SIDE)
    assert float((distances - (GRID.norm(dim=3) - 1)).abs().mean()) < 2 * CELL
    torch.testing.assert_close(colours[16, 30, 16], torch.tensor([1.0, 1.0, 0.0]))
    torch.testing.assert_close(colours[16, 1, 16], torch.tensor([1.0, 0.0, 0.0]))
    (tmp_path / "cut.ply").write_text(header + rows[:200])
    with pytest.raises(InputError, match="of 1,500 vertices; the file is cut off"):
        read_point_cloud(tmp_path / "cut.ply")
    mesh = mesh_of_points(*cloud, SIDE)
    assert mesh.colours is not None
    assert float((mesh.vertices.norm(dim=1) - 1).abs().mean()) < CELL
    green = mesh.colours[:, 1] > 0.5
    assert float((green == (mesh.vertices[:, 1] > 0)).float().mean()) > 0.95
    distances, colours = distances_of_mesh(normalise(read_mesh(CHAIR)), SIDE)
    assert float(distances.min()) < 0 < float(distances[0, 0, 0]) and read_mesh(CHAIR).texture is not None
    assert float(colours.std(dim=(0, 1, 2)).min()) > 0.01
