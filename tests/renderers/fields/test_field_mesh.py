"""Meshes of fields: they look like the pictures of the field, in Mitsuba too."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from field_shapes import closed, sphere, torus
from independent import draw
from marched import FOGGY, SHARP
from torch import Tensor

from limn.cameras import turntable
from limn.errors import InputError
from renderers.fields.surface.blocks import nodes
from renderers.fields.surface.colours import seen_colours
from renderers.fields.surface.from_field import mesh_of, mesh_of_field
from renderers.fields.surface.level import fitting_level, pictures
from renderers.fields.surface.marching_cubes import marching_cubes
from renderers.fields.surface.parts import without_floaters
from renderers.fields.surface.slivers import without_slivers
from renderers.mesh import Mesh, MeshRenderer, unwrap, write_glb
from renderers.scene.shading import Unlit


def psnr(a: Tensor, b: Tensor) -> float:
    return -10 * float(torch.log10(((a - b) ** 2).mean()))


def grey(points: Tensor) -> Tensor:
    return torch.full_like(points, 0.5)


def test_what_others_show_is_what_the_field_shows(tmp_path: Path) -> None:
    mesh = mesh_of_field(SHARP, resolution=48, texture_size=256)
    assert mesh.texture is not None and mesh.lost == ()
    cameras, size = turntable(1, elevation=0.5), (128, 128)
    field = SHARP.render(cameras, size).rgb[0, 0]
    ours = MeshRenderer(mesh, shading=Unlit(), size=size, cameras=cameras).render().rgb[0, 0].detach()
    (glb,) = write_glb(tmp_path / "model.glb", mesh, unlit=True)
    view, projection = (np.asarray(matrices[0]) for matrices in (cameras.view, cameras.projection))
    theirs = torch.from_numpy(draw(glb, view, projection, size)).permute(2, 0, 1).float()
    assert psnr(field, ours) > 28 and psnr(field, theirs) > 28


@pytest.mark.parametrize("field", [SHARP, FOGGY])
def test_the_level_fits_the_pictures(field) -> None:  # type: ignore[no-untyped-def]
    frames = pictures(field)
    level = fitting_level(field, frames)
    mesh = mesh_of(lambda points: field.raw(points, 0), grey, level, field.inside_above, 48, 64)
    drawn = MeshRenderer(mesh, size=(64, 64), cameras=frames.cameras).render().alpha.detach() > 0.5
    wanted = frames.alpha > 0.5
    assert float((drawn & wanted).sum() / (drawn | wanted).sum()) > (0.97 if field is SHARP else 0.95)


def test_an_invisible_field_keeps_its_level() -> None:
    frames = pictures(FOGGY)
    assert fitting_level(FOGGY, replace(frames, alpha=frames.alpha * 0.1)) == FOGGY.level


def test_colours_are_composited_from_outside_to_inside() -> None:
    sigma, cell = 12.0, 0.05

    def colour(points: Tensor) -> Tensor:
        return torch.stack([-points[:, 2], 1 + points[:, 2], torch.zeros(len(points))], dim=1)

    def density(points: Tensor) -> Tensor:
        return sigma * (points[:, 2] < 0).float()

    points = torch.tensor([[0.2, -0.3, 0.0]])
    up = torch.tensor([[0.0, 0.0, 1.0]])
    found = seen_colours(points, up, colour, density, cell)
    depth, end = 1 / sigma, 6.5 * cell
    clear = float(np.exp(-sigma * end))
    mean = (depth - (end + depth) * clear) / (1 - clear)  # of the exponential distribution, as far as it is looked at
    torch.testing.assert_close(found, torch.tensor([[mean, 1 - mean, 0.0]]), atol=5e-3, rtol=0)
    torch.testing.assert_close(seen_colours(points, up, colour, None, cell), colour(points))
    nothing = seen_colours(points, up, colour, lambda p: torch.zeros(len(p)), cell)
    torch.testing.assert_close(nothing, colour(points))


def test_floaters_and_hollows_are_left_out_and_said(caplog: pytest.LogCaptureFixture) -> None:
    grid = nodes((40, 40, 40))
    shell = torch.maximum(sphere(grid, 0.6), -sphere(grid, 0.4))
    crumb = (grid - 0.85).norm(dim=3) - 0.07
    with caplog.at_level(logging.INFO, logger="limn"):
        vertices, faces = without_floaters(*marching_cubes(torch.minimum(shell, crumb), inside_above=False))
    mesh = closed(vertices, faces)
    assert mesh.euler_number == 2 and mesh.volume == pytest.approx(4 / 3 * np.pi * 0.6**3, rel=0.01)
    assert ["1 small part," in caplog.text, "1 hollow part," in caplog.text] == [True, True]


@pytest.mark.parametrize("shape", [sphere, torus])
def test_slivers_are_merged_and_the_surface_stays_closed(shape) -> None:  # type: ignore[no-untyped-def]
    side = 40
    rough, faces = marching_cubes(shape(nodes((side,) * 3)), inside_above=False)
    vertices, kept = without_slivers(rough, faces, side)
    mesh, before = closed(vertices, kept), closed(rough, faces)
    assert mesh.euler_number == before.euler_number and len(kept) < len(faces)
    assert mesh.edges_unique_length.min() > 5 * before.edges_unique_length.min() - 1e-9
    assert float(shape(vertices).abs().max()) < 0.5 * 2 / (side - 1)


def test_a_mesh_has_at_most_so_many_faces() -> None:
    mesh = mesh_of(lambda points: sphere(points), grey, 0.0, False, 32, 64, faces=800)
    assert 600 < len(mesh.faces) <= 800
    closed(mesh.vertices, mesh.faces)


def test_a_field_without_surface_is_refused() -> None:
    with pytest.raises(InputError, match=r"no surface at 3: its values go from -0\.\d+ to 1\.032"):
        mesh_of(lambda points: sphere(points), grey, 3.0, True, 16, 64)


def test_faces_too_small_for_a_chart_show_a_point_beside_them() -> None:
    vertices, faces = marching_cubes(torus(nodes((40, 40, 40))), inside_above=False)
    mesh = unwrap(Mesh(vertices, faces), 128)
    assert mesh.uv is not None and mesh.uv_faces is not None
    areas = closed(vertices, faces).area_faces
    assert areas.min() < 1e-7
    corners = mesh.uv[mesh.uv_faces.long()]
    assert float(corners.flatten(1).amax(dim=1).min()) > 0
