"""Point clouds: places on surfaces, and depth maps against a slow twin."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import trimesh
from torch import Tensor

from guidance import Augmentations, AugmentedEncoder, Encoder, Prompt, Step
from guidance.losses import PointCloud, point_cloud_similarity, text_similarity
from guidance.point_clouds import depth_maps, on_faces, points_of, ten_views
from limn.cameras import Cameras, orbit
from limn.errors import InputError
from limn.frames import Frames
from renderers.mesh.mesh import Mesh
from renderers.mesh.renderer import MeshRenderer


def slow_depth_map(points: Tensor, camera: Cameras, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Pixel by pixel and point by point."""
    depth, alpha = torch.zeros(size), torch.zeros(size)
    matrix, view = camera.world_to_clip[0], camera.view[0]
    seen = []
    for point in points:
        x, y, _, w = (matrix @ torch.cat([point, torch.ones(1)])).tolist()
        away = -float((view @ torch.cat([point, torch.ones(1)]))[2])
        if away > 0:
            seen.append((away, (x / w + 1) / 2 * size[1], (1 - y / w) / 2 * size[0]))
    for row in range(size[0]):
        for column in range(size[1]):
            through, total = 1.0, 0.0
            for away, x, y in sorted(seen):
                opacity = max(0.0, 1 - abs(x - column - 0.5)) * max(0.0, 1 - abs(y - row - 0.5))
                total += through * opacity * away
                through *= 1 - opacity
            alpha[row, column] = 1 - through
            depth[row, column] = total / (1 - through) if through < 1 else 0.0
    return depth, alpha


@pytest.fixture
def cloud() -> Tensor:
    points = torch.randn(2, 40, 3, generator=torch.Generator().manual_seed(0))
    return 0.8 * points / points.norm(dim=2, keepdim=True)


def test_depth_maps_are_those_of_a_slow_twin(cloud: Tensor) -> None:
    cameras = orbit(torch.tensor([0.3, 2.0]), torch.tensor([0.2, -0.5]), 0.9, 1.2)  # some points are behind
    depth, alpha = depth_maps(cloud, cameras, (9, 12))
    assert depth.shape == alpha.shape == (2, 2, 1, 9, 12)
    for candidate in range(2):
        for view in range(2):
            one = cameras[view : view + 1].shaped((9, 12))
            expected = slow_depth_map(cloud[candidate], one, (9, 12))
            torch.testing.assert_close(depth[candidate, view, 0], expected[0], rtol=1e-3, atol=1e-4)
            torch.testing.assert_close(alpha[candidate, view, 0], expected[1], rtol=1e-3, atol=1e-4)


def test_gradients_are_finite_differences() -> None:
    points = 0.5 * torch.randn(1, 6, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    cameras = ten_views()[:3]
    cameras = Cameras(**{name: value.double() for name, value in vars(cameras).items() if value is not None})
    shape = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)

    def shown(points: Tensor) -> Tensor:
        depth, alpha = depth_maps(points, cameras, (8, 8))
        return (depth * alpha * shape + alpha * shape.flip(2)).sum()

    torch.autograd.gradcheck(shown, points.requires_grad_(), eps=1e-7, atol=1e-4)


def test_near_points_hide_far_ones() -> None:
    camera = orbit(0.0, 0.0, 2.0, 1.0)
    depth, alpha = depth_maps(torch.tensor([[[0.0, 0.0, 0.5], [0.0, 0.0, -0.5]]]), camera, (1, 1))
    assert depth.item() == pytest.approx(1.5, abs=1e-4)
    assert alpha.item() == pytest.approx(1.0, abs=1e-5)


def test_ten_views_are_pointclips() -> None:
    views = ten_views()
    assert len(views) == 10
    torch.testing.assert_close(views.eye.norm(dim=1), torch.full((10,), 1.4))
    # Where its Euler angles put the camera: R(x, a) R(y, b) R(z, 90 degrees), then 1.4 along z.
    quarter = math.pi / 2
    angles = [(k * quarter, 0.0) for k in range(4)]
    angles += [(a * math.pi / 4, b * math.pi / 4) for a in (5, 7) for b in (-1, 1)] + [(0.0, -quarter), (0.0, quarter)]
    for eye, (a, b) in zip(views.eye, angles, strict=True):
        about_x = torch.tensor([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
        about_y = torch.tensor([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
        about_z = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
        published = (about_x @ about_y @ about_z).T @ torch.tensor([0.0, 0.0, -1.4])
        torch.testing.assert_close(eye, published, atol=1e-3, rtol=0)
    corner = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]]])
    depth, _ = depth_maps(corner, views, (33, 33))
    assert (depth.flatten(2) > 0).any(dim=2).all()


def test_points_lie_on_faces_as_their_areas_say() -> None:
    vertices = torch.tensor([[[0.0, 0, 0], [2, 0, 0], [0, 1, 0], [0, 0, 5], [0.5, 0, 5], [0, 1, 5]]])
    faces = torch.tensor([[0, 1, 2], [3, 4, 5]])
    places = torch.rand(4000, 3, generator=torch.Generator().manual_seed(0))
    points = on_faces(vertices, faces, places)[0]
    low = points[:, 2] < 2.5
    assert low.float().mean() == pytest.approx(0.8, abs=0.03)  # areas 1 and 1 / 4
    torch.testing.assert_close(points[low].mean(dim=0), torch.tensor([2 / 3, 1 / 3, 0.0]), atol=0.03, rtol=0)
    inside = points[low]
    assert ((inside[:, 0] / 2 + inside[:, 1]) <= 1 + 1e-5).all()


def test_every_scene_with_depth_has_points() -> None:
    sphere = trimesh.creation.icosphere(3, 0.9)
    mesh = Mesh(torch.tensor(sphere.vertices).float(), torch.tensor(sphere.faces).int())
    frames = MeshRenderer(mesh, size=(48, 48)).render(ten_views()[:4])
    still = Step(0, 9, training=False)
    for seen in (frames, Frames(frames.rgb, frames.alpha, frames.depth, cameras=frames.cameras)):
        points = points_of(seen, 500, still)
        assert points.shape == (1, 500, 3)
        assert (points.norm(dim=2) - 0.9).abs().median() < 0.02
        assert torch.equal(points, points_of(seen, 500, Step(5, 9, training=False)))
        assert not torch.equal(points, points_of(seen, 500, Step(5, 9)))
    with pytest.raises(InputError, match="no points; expected a model or a field"):
        points_of(Frames(frames.rgb, frames.alpha), 5, still)


def test_weights_of_views(encoder: Encoder, random_frames: Callable[..., Frames]) -> None:
    embedding, text = torch.randn(2, 20, 8), torch.randn(3, 8)
    weights, views = torch.tensor([1.0, 0.5, -0.2]), torch.tensor([0.0, 3.0] + [0.0] * 7 + [1.0])
    second, last = (text_similarity(embedding[:, 2 * v : 2 * v + 2], text, weights) for v in (1, 9))
    found = point_cloud_similarity(embedding, text, weights, views)
    torch.testing.assert_close(found, 0.75 * second + 0.25 * last)
    view = AugmentedEncoder(encoder, Augmentations([]), num_augs=0)
    settings = {"points": 64, "size": 16}
    first = PointCloud(view, Prompt.parse("a mug"), **settings, view_weights=(1.0,) + (0.0,) * 9)  # type: ignore[arg-type]
    again = PointCloud(view, Prompt.parse("a mug"), **settings)  # type: ignore[arg-type]
    frames = random_frames()
    assert not torch.allclose(first(frames, Step(0, 9)), again(frames, Step(0, 9)))
    with pytest.raises(InputError, match="view_weights are all 0"):
        PointCloud(view, Prompt.parse("a mug"), view_weights=(0.0,) * 10)


def test_form_follows_words(encoder: Encoder, random_frames: Callable[..., Frames]) -> None:
    frames = random_frames(candidates=1)
    assert frames.geometry is not None
    vertices = frames.geometry.vertices.requires_grad_()  # type: ignore[attr-defined]
    loss = PointCloud(AugmentedEncoder(encoder, num_augs=0), Prompt.parse("a mug"), points=256, size=16)
    loss(frames, Step(0, 9)).sum().backward()
    assert vertices.grad.abs().sum() > 0
    assert vertices.grad.isfinite().all()
