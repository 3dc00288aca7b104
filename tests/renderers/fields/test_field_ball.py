"""A field that is a known ball, seen by rays, against the rasteriser's picture of that ball."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from limn.cameras import orbit
from renderers.fields.densities.density import Density
from renderers.fields.densities.distance import NeuS
from renderers.fields.densities.radiance import Softplus
from renderers.fields.encodings.dense_grid import DenseGrid
from renderers.fields.field import Field
from renderers.fields.renderer import FieldRenderer, Marching
from renderers.mesh.renderer import MeshRenderer
from renderers.mesh.sphere import icosphere

CENTRE, RADIUS, SIZE = torch.tensor([0.2, -0.15, 0.1]), 0.6, (56, 72)


@pytest.mark.parametrize(("density", "steep"), [(NeuS(1, sharpness=5e3), 1.0), (Softplus(1), -1e5)])
@torch.no_grad()
def test_silhouette_depth_and_normals_are_those_of_the_mesh(density: Density, steep: float) -> None:
    angles = torch.tensor([0.3, 2.0, 4.5]), torch.tensor([0.2, -0.4, 1.2])
    cameras = orbit(*angles, torch.full((3,), 2.5), torch.full((3,), math.radians(50)))
    ball = icosphere(4, RADIUS)
    mesh = MeshRenderer(replace(ball, vertices=ball.vertices + CENTRE), supersampling=2).render(cameras, SIZE)

    grid = DenseGrid(1, torch.Generator(), resolution=128)
    axis = torch.linspace(-1, 1, 128)
    points = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij")[::-1], dim=-1)
    raw = steep * ((points - CENTRE).norm(dim=-1) - RADIUS)
    grid.density.copy_((raw - density.start(points.view(-1, 3)).view_as(raw))[None, ..., None])
    field = FieldRenderer(Field(grid, density), 1, Marching(512)).render(cameras, SIZE)

    assert float(field.alpha.sum()) == pytest.approx(float(mesh.alpha.sum()), rel=0.01)
    inside = (F.avg_pool2d(mesh.alpha[0], 5, 1, 2) > 0.999)[:, 0]
    assert field.alpha[0, :, 0][inside].min() > 0.99
    outside = (F.max_pool2d(mesh.alpha[0], 3, 1, 1) == 0)[:, 0]
    assert field.alpha[0, :, 0][outside].max() < 0.01
    assert field.depth is not None
    assert mesh.depth is not None
    assert (field.depth / mesh.depth - 1)[0, :, 0][inside].abs().max() < 0.01
    assert field.normal is not None
    assert mesh.normal is not None
    apart = (field.normal - mesh.normal).norm(dim=2)[0][inside]
    assert apart.mean() < 0.01
    assert apart.max() < 0.03
