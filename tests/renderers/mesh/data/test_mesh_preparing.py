"""Preparing: place, finer triangles, other numbers of triangles, unwrapping and baking."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import trimesh

from limn.errors import InputError
from renderers.mesh import Mesh, bake_colours, fill_seams, laid_out, normalise, remesh, subdivide, unwrap
from renderers.mesh.texels import covered, sample, surface_points


def ball(subdivisions: int = 2) -> Mesh:
    shape = trimesh.creation.icosphere(subdivisions=subdivisions)
    vertices, faces = torch.tensor(np.array(shape.vertices)).float(), torch.tensor(np.array(shape.faces)).int()
    middle = vertices[faces.long()].mean(1)
    groups = {"top": (middle[:, 1] > 0).nonzero()[:, 0], "bottom": (middle[:, 1] <= 0).nonzero()[:, 0]}
    return Mesh(vertices, faces, colours=vertices / 2 + 0.5, groups=groups, name="ball")


def solid(mesh: Mesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False)


def test_normalise_centres_and_scales() -> None:
    mesh = replace(ball(), vertices=ball().vertices * torch.tensor([3.0, 1, 1]) + 7)
    result = normalise(mesh).vertices
    torch.testing.assert_close(result.amin(0), -result.amax(0))
    assert float(result.norm(dim=1).max()) == pytest.approx(1, abs=1e-6)


def test_subdivide_keeps_shape_groups_texture_and_leaves_no_gaps() -> None:
    start = unwrap(ball(1))
    start = replace(start, vertices=start.vertices * torch.tensor([4.0, 1, 1]))  # edges of many lengths
    fine = subdivide(start, 0.3)
    edges = fine.vertices[fine.faces.long()] - fine.vertices[fine.faces.long().roll(1, 1)]
    assert float(edges.norm(dim=-1).max()) <= 0.3
    assert solid(fine).is_watertight and solid(fine).volume == pytest.approx(solid(start).volume, rel=1e-5)
    assert solid(fine).area == pytest.approx(solid(start).area, rel=1e-5)
    assert sorted(torch.cat(list(fine.groups.values())).tolist()) == list(range(len(fine.faces)))
    before, after = (solid(m).area_faces[m.groups["top"].numpy()].sum() for m in (start, fine))
    assert after == pytest.approx(before, rel=1e-4)
    assert start.uv is not None and fine.uv is not None and start.uv_faces is not None and fine.uv_faces is not None
    flat = [
        trimesh.Trimesh(np.pad(m.uv, ((0, 0), (0, 1))), m.uv_faces.numpy(), process=False).area for m in (start, fine)
    ]
    assert flat[1] == pytest.approx(flat[0], rel=1e-4)
    torch.testing.assert_close(fine.colours, (fine.vertices / torch.tensor([4.0, 1, 1])) / 2 + 0.5, atol=1e-5, rtol=0)


def test_subdivide_refuses_what_memory_cannot_hold() -> None:
    with pytest.raises(InputError, match="more than 4,000,000 faces"):
        subdivide(ball(), 1e-4)


@pytest.mark.parametrize("wanted", [200, 4000])
def test_remesh_has_about_as_many_faces_and_the_same_shape(wanted: int) -> None:
    mesh = ball(3)
    result = remesh(mesh, wanted)
    assert wanted * 0.95 <= len(result.faces) <= wanted * 4
    assert len(result.faces) <= wanted * 1.05 or wanted > len(mesh.faces)
    assert solid(result).is_watertight and solid(result).volume == pytest.approx(solid(mesh).volume, rel=0.04)
    assert result.colours is not None
    assert float((result.colours - (result.vertices / 2 + 0.5)).abs().mean()) < 0.03
    assert {"top", "bottom"} == set(result.groups)
    assert float(result.vertices[result.faces.long()].mean(1)[result.groups["top"], 1].min()) > -0.2


@pytest.mark.parametrize("subdivisions", [0, 2, 4])
def test_unwrapped_charts_do_not_overlap(subdivisions: int) -> None:
    mesh = unwrap(ball(subdivisions))
    assert mesh.uv is not None and mesh.uv_faces is not None
    assert float(mesh.uv.min()) >= 0 and float(mesh.uv.max()) <= 1
    face, weights = surface_points(mesh.uv, mesh.uv_faces, (256, 256))
    corners = mesh.uv[mesh.uv_faces.long()] * 256
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).abs() / 2
    # Every texel belongs to one face, so overlapping charts would leave their faces less than their area.
    assert float((face >= 0).sum()) == pytest.approx(float(area.sum()), rel=0.02)
    known = face >= 0
    torch.testing.assert_close(weights[known].sum(-1), torch.ones(int(known.sum())))


def test_baked_colours_are_the_surface_s_colours() -> None:
    mesh = unwrap(ball(2))
    assert mesh.uv is not None and mesh.uv_faces is not None
    texture = bake_colours(mesh, (256, 256))
    shares = torch.tensor([0.2, 0.3, 0.5])[:, None]
    shown = sample(texture, (mesh.uv[mesh.uv_faces.long()] * shares).sum(1))
    expected = (mesh.vertices[mesh.faces.long()] * shares).sum(1) / 2 + 0.5
    torch.testing.assert_close(shown, expected, atol=0.02, rtol=0)


def test_a_texture_survives_unwrapping() -> None:
    first = unwrap(ball(2))
    first = replace(first, texture=bake_colours(first, (512, 512)), colours=None)
    second = unwrap(first)
    assert second.texture is not None and second.uv is not None and second.uv_faces is not None
    shown = sample(second.texture, second.uv[second.uv_faces.long()].mean(1))
    torch.testing.assert_close(shown, second.vertices[second.faces.long()].mean(1) / 2 + 0.5, atol=0.02, rtol=0)


def test_seams_bleed_nothing_even_from_mipmaps() -> None:
    mesh = unwrap(ball(2))
    assert mesh.uv is not None and mesh.uv_faces is not None
    red = torch.tensor([0.8, 0.1, 0.1])
    texture = torch.where(covered(mesh.uv, mesh.uv_faces, (256, 256))[..., None], red, torch.zeros(3))
    filled = fill_seams(texture, mesh)
    for _ in range(8):
        filled = torch.nn.functional.avg_pool2d(filled.permute(2, 0, 1), 2).permute(1, 2, 0)
        torch.testing.assert_close(filled, red.expand_as(filled), atol=1e-3, rtol=0)


def test_what_was_trained_stays() -> None:
    mesh = unwrap(ball(1))
    assert mesh.uv is not None and mesh.uv_faces is not None
    texture = torch.rand(64, 64, 3, generator=torch.Generator().manual_seed(0))
    filled = fill_seams(texture, mesh)
    points = mesh.uv[mesh.uv_faces.long()]
    shares = torch.rand(len(points), 200, 3, generator=torch.Generator().manual_seed(1))
    inside = ((shares / shares.sum(-1, keepdim=True)) @ points).reshape(-1, 2)
    torch.testing.assert_close(sample(filled, inside), sample(texture, inside))


def test_layouts_that_overlap_are_told_from_those_that_do_not() -> None:
    mesh = unwrap(ball(3))
    assert mesh.uv is not None and laid_out(mesh)
    assert not laid_out(ball())
    assert not laid_out(replace(mesh, uv=mesh.uv * 2))  # repeats
    assert not laid_out(replace(mesh, uv=(mesh.uv - 0.5).abs()))  # mirrored in four
    assert not laid_out(replace(mesh, uv=mesh.uv * 0))
