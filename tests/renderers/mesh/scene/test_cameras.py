"""Cameras: where they stand, how they project, how they are drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from limn.cameras import (
    CAMERAS,
    Cameras,
    intrinsics,
    join,
    look_at,
    opencv,
    orbit,
    orthographic,
    perspective,
    turntable,
)
from limn.errors import InputError


def projected(cameras: Cameras, point: list[float]) -> Tensor:
    """Where a point is in the pictures: x right and y up in -1..1, depth [V, 3]."""
    clip = cameras.world_to_clip @ torch.tensor([*point, 1.0])
    return clip[:, :3] / clip[:, 3:]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_look_at_puts_the_target_in_the_middle_and_up_up() -> None:
    eye = torch.tensor([[3.0, 1.0, 2.0], [-1.0, 4.0, 0.5]])
    target, up = torch.tensor([0.2, -0.3, 0.1]), torch.tensor([0.0, 1.0, 0.0])
    view = look_at(eye, target, up)
    seen = view @ torch.cat([target, torch.ones(1)])
    torch.testing.assert_close(seen[:, :2], torch.zeros(2, 2), atol=1e-5, rtol=0)
    torch.testing.assert_close(-seen[:, 2], (eye - target).norm(dim=1))
    above = view @ torch.cat([target + 0.1 * up, torch.ones(1)])
    assert (above[:, 1] > 0).all()
    torch.testing.assert_close(above[:, 0], torch.zeros(2), atol=1e-5, rtol=0)
    turn = view[:, :3, :3]
    torch.testing.assert_close(turn @ turn.transpose(1, 2), torch.eye(3).expand(2, 3, 3), atol=1e-6, rtol=0)
    torch.testing.assert_close(torch.linalg.det(turn), torch.ones(2))


def test_perspective_shows_the_field_of_view_between_the_planes() -> None:
    fov = torch.tensor([0.6, 1.4])
    matrix = perspective(fov, aspect=2.0, near=0.5, far=20.0)
    for z, depth in ((-0.5, -1.0), (-20.0, 1.0)):
        top = torch.stack([-2 * z * (fov / 2).tan(), -z * (fov / 2).tan(), torch.full_like(fov, z), torch.ones(2)], 1)
        clip = (matrix @ top[..., None])[..., 0]
        torch.testing.assert_close(clip[:, :3] / clip[:, 3:], torch.tensor([1.0, 1.0, depth]).expand(2, 3))


def test_orthographic_shows_its_height_at_any_distance() -> None:
    matrix = orthographic(torch.tensor([3.0]), near=1.0, far=5.0)[0]
    for z, depth in ((-1.0, -1.0), (-5.0, 1.0)):
        torch.testing.assert_close(matrix @ torch.tensor([1.5, 1.5, z, 1.0]), torch.tensor([1.0, 1.0, depth, 1.0]))


def test_orbit_angles() -> None:
    cameras = orbit(torch.tensor([0.0, 90.0, 180.0, 0.0]).deg2rad(), torch.tensor([0.0, 0, 0, 90]).deg2rad(), 2.0, 0.8)
    expected = torch.tensor([[0.0, 0.0, 2.0], [2.0, 0.0, 0.0], [0.0, 0.0, -2.0], [0.0, 2.0, 0.0]])
    torch.testing.assert_close(cameras.eye, expected, atol=1e-6, rtol=0)
    # From the front +x is on the right, from behind on the left; from above the front is below.
    assert (projected(cameras, [0.5, 0, 0])[[0, 2], 0] * torch.tensor([1, -1]) > 0).all()
    assert projected(cameras, [0.0, 0, 0.5])[3, 1] < 0
    assert (projected(cameras, [0.0, 0.5, 0])[:3, 1] > 0).all()


def test_orbit_goes_over_the_pole_and_stands_upright_there() -> None:
    over, plain = (
        orbit(azimuth, elevation, 2.0, 0.8) for azimuth, elevation in ((0.3, 2.0), (0.3 - math.pi, math.pi - 2))
    )
    for name in ("view", "azimuth", "elevation"):
        torch.testing.assert_close(getattr(over, name), getattr(plain, name), atol=1e-5, rtol=0)


def test_orbit_around_a_point() -> None:
    target = torch.tensor([[0.5, 0.2, -0.1]])
    cameras = orbit(0.7, 0.4, 2.0, 0.8, target)
    torch.testing.assert_close(projected(cameras, target[0].tolist())[0, :2], torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close((cameras.eye - target).norm(dim=1), torch.tensor([2.0]))


def test_without_a_field_of_view_a_camera_is_orthographic() -> None:
    flat = orbit(0.0, 0.0, 2.0, torch.tensor([0.0]))
    near, far = (projected(flat, [0.5, 0.0, z]) for z in (0.9, -0.9))
    torch.testing.assert_close(near[:, :2], far[:, :2])
    torch.testing.assert_close(near[0, 0], projected(orbit(0.0, 0.0, 2.0, math.pi / 3), [0.5, 0, 0])[0, 0])


def test_camera_to_world_is_the_inverse_of_the_view() -> None:
    cameras = turntable(5)
    torch.testing.assert_close(cameras.camera_to_world @ cameras.view, torch.eye(4).expand(5, 4, 4), atol=1e-6, rtol=0)


def test_a_turntable_turns_to_the_right() -> None:
    cameras = turntable(4, elevation=0.0, distance=3.0)
    torch.testing.assert_close(cameras.eye[1], torch.tensor([3.0, 0.0, 0.0]), atol=1e-6, rtol=0)


def test_joined_shots() -> None:
    both = join([turntable(2), turntable(3)])
    assert len(both) == 5
    torch.testing.assert_close(both.view[2:], turntable(3).view)
    assert both.lights is None


def test_what_cannot_be_joined_is_named() -> None:
    one, two = turntable(2), turntable(3)
    with pytest.raises(InputError, match="join: no cameras"):
        join([])
    with pytest.raises(InputError, match="join: part 0 has no background, others have"):
        join([one, replace(two, background=torch.ones(3, 3))])
    with pytest.raises(InputError, match=r"join: background has the shapes \[\[3\], \[3, 4, 4\]\]"):
        join([replace(one, background=torch.ones(2, 3)), replace(two, background=torch.ones(3, 3, 4, 4))])
    wide = turntable(2, aspect=2.0)
    assert join([one, wide])[2:].aspect.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("fov", [0.8, 0.0])
def test_pictures_of_any_shape_show_what_is_round_as_round(fov: float) -> None:
    square = orbit(0.4, 0.2, 3.0, fov)
    for cameras in (square.shaped((100, 300)), orbit(0.4, 0.2, 3.0, fov, aspect=3.0)):
        turn = cameras.camera_to_world[0, :3, :2]
        right, up = (projected(cameras, (0.3 * axis).tolist())[0] for axis in turn.T)
        assert 300 * right[0] == pytest.approx(100 * up[1].item(), rel=1e-4)
        torch.testing.assert_close(up, projected(square, (0.3 * turn[:, 1]).tolist())[0])
        assert cameras.shaped((100, 300)) is cameras
        torch.testing.assert_close(cameras.shaped((64, 64)).projection, square.projection)


@pytest.mark.parametrize("size", [(100, 300), (300, 100)])
@pytest.mark.parametrize("fov", [0.8, 0.0])
def test_a_square_around_a_picture_shows_it_in_its_middle(size: tuple[int, int], fov: float) -> None:
    cameras, point = orbit(0.4, 0.2, 3.0, fov), [0.2, 0.3, -0.1]
    inside, around = projected(cameras.shaped(size), point), projected(cameras.enclosing(size), point)
    share = torch.tensor([size[1] / 300, size[0] / 300, 1.0])
    torch.testing.assert_close(around, inside * share)
    same = orbit(0.4, 0.2, 3.0, cameras.enclosing(size).fov) if fov else cameras.enclosing(size)
    torch.testing.assert_close(same.projection, cameras.enclosing(size).projection)


def pinhole(points: Tensor, pose: Tensor, fx: float, fy: float, cx: float, cy: float) -> Tensor:
    """Pixels [P, 2] by the formula of OpenCV: x right, y down, z forward."""
    seen = points @ pose[:3, :3].T + pose[:3, 3]
    return torch.stack([fx * seen[:, 0] / seen[:, 2] + cx, fy * seen[:, 1] / seen[:, 2] + cy], dim=1)


def test_calibrated_cameras_show_points_where_the_pinhole_formula_does() -> None:
    turn = torch.linalg.qr(torch.randn(3, 3, generator=generator()))[0]
    pose = torch.eye(4)
    pose[:3, :3], pose[:3, 3] = turn * torch.linalg.det(turn), torch.tensor([0.2, -0.3, 4.0])
    points = torch.rand(50, 3, generator=generator(1)) * 2 - 1
    height, width = 120, 200
    lens = {"fx": 150.0, "fy": 140.0, "cx": 91.0, "cy": 66.5}
    cameras = opencv(pose[None], **lens, size=(height, width), near=1.0, far=9.0)
    clip = torch.cat([points, torch.ones(50, 1)], 1) @ cameras.world_to_clip[0].T
    place = clip[:, :2] / clip[:, 3:]
    pixel = torch.stack([(place[:, 0] + 1) * width / 2, (1 - place[:, 1]) * height / 2], dim=1)
    torch.testing.assert_close(pixel, pinhole(points, pose, **lens), atol=2e-3, rtol=0)
    depth = clip[:, 2] / clip[:, 3]
    away = (points @ pose[:3, :3].T + pose[:3, 3])[:, 2]
    torch.testing.assert_close(depth, (10 - 18 / away) / 8, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(cameras.eye[0], -(pose[:3, :3].T @ pose[:3, 3]))
    assert cameras.shaped((height, width)) is cameras
    again = orbit(cameras.azimuth, cameras.elevation, cameras.distance, cameras.fov)
    torch.testing.assert_close(again.eye, cameras.eye, atol=1e-5, rtol=1e-5)


def test_intrinsics_of_a_centred_lens_are_its_field_of_view() -> None:
    fov = torch.tensor([0.6, 1.2])
    focal = 50 / (fov / 2).tan()
    found = intrinsics(focal, focal, 80.0, 50.0, (100, 160), near=0.5, far=20.0)
    torch.testing.assert_close(found, perspective(fov, aspect=1.6, near=0.5, far=20.0))


ONES = torch.ones(2)
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: perspective(0.0), "perspective: fov is 0.0; expected a finite number above 0 and below 3.142"),
    (lambda: perspective(torch.tensor([1.0, 4.0])), "fov is 4"),
    (lambda: perspective(torch.tensor([1.0, torch.nan])), "fov is nan"),
    (lambda: perspective("wide"), "fov is 'wide'"),
    (lambda: perspective(ONES, near=0.0), "near is 0"),
    (lambda: perspective(ONES, near=2.0, far=1.0), "far is 1.0; expected a finite number above 2"),
    (lambda: perspective(ONES, aspect=-1.0), "aspect is -1"),
    (lambda: orthographic(0 * ONES), "orthographic: height is 0"),
    (lambda: orthographic(ONES, far=math.inf), "far is inf"),
    (lambda: look_at(torch.ones(3), ONES, ONES), r"look_at: eye is float32 \[3\]; expected numbers \[V, 3\]"),
    (lambda: look_at(torch.ones(2, 3), torch.zeros(4, 3), torch.ones(3)), r"target is float32 \[4, 3\].* V = 2"),
    (lambda: look_at(torch.ones(1, 3), torch.zeros(3), torch.ones(3)), "up is along the line of sight"),
    (lambda: look_at(torch.ones(1, 3), torch.ones(3), torch.rand(3)), "a target off the eye"),
    (
        lambda: orbit(ONES, torch.ones(3), 1.0, 1.0),
        "orbit: 2 azimuth, 3 elevation, 1 distance, 1 fov; expected as many",
    ),
    (lambda: orbit(0.0, 0.0, 0.0, 1.0), "distance is 0"),
    (lambda: orbit(0.0, math.inf, 1.0, 1.0), "elevation is inf"),
    (lambda: orbit(0.0, 0.0, 1.0, 3.2), "fov is 3.2"),
    (lambda: orbit(torch.ones(0), 0.0, 1.0, 1.0), "azimuth is empty"),
    (lambda: turntable(0), "turntable: count is 0"),
    (lambda: intrinsics(0.0, 1.0, 1.0, 1.0, (4, 4)), "intrinsics: fx is 0"),
    (lambda: intrinsics(ONES, torch.ones(3), 1.0, 1.0, (4, 4)), "2 fx, 3 fy, 1 cx, 1 cy"),
    (lambda: intrinsics(1.0, 1.0, 1.0, 1.0, (4, 0)), "size is"),
    (lambda: opencv(torch.eye(3)[None], 1.0, 1.0, 1.0, 1.0, (4, 4)), "opencv: extrinsics is"),
    (
        lambda: replace(turntable(2), fov=torch.ones(3)),
        r"Cameras: fov is float32 \[3\]; expected numbers \[V\] with V = 2",
    ),
    (lambda: replace(turntable(2), view=torch.ones(2, 3, 4)), "Cameras: view is"),
]


@pytest.mark.parametrize(("call", "line"), REFUSED)
def test_what_does_not_fit_is_named_in_one_line(call: Callable[[], Any], line: str) -> None:
    with pytest.raises(InputError, match=line) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", CAMERAS.names())
def test_samplers_are_deterministic_and_upright(name: str) -> None:
    sampler = CAMERAS.find(name)()
    once, again = (sampler(generator(3), 0.5) for _ in range(2))
    assert len(once) >= 4
    for part in ("view", "projection", "azimuth", "elevation", "distance", "fov"):
        assert torch.equal(getattr(once, part), getattr(again, part))
    assert (once.view[:, 1, 1] >= -1e-6).all()
    if name not in ("fixed", "turntable"):
        assert not torch.equal(once.view, sampler(generator(4), 0.5).view)


def test_fixed_shots() -> None:
    cameras = CAMERAS.find("fixed")(azimuths=(0.0, 45.0), elevations=(10.0, 20.0), distance=3.0)(generator(), 0.0)
    torch.testing.assert_close(cameras.azimuth.rad2deg(), torch.tensor([0.0, 45.0]))
    torch.testing.assert_close(cameras.elevation.rad2deg(), torch.tensor([10.0, 20.0]))
    with pytest.raises(InputError, match="2 azimuths and 3 elevations"):
        CAMERAS.find("fixed")(azimuths=(0.0, 1.0), elevations=(0.0, 1.0, 2.0))


def test_text2mesh_scatters_normally_around_its_favourite() -> None:
    cameras = CAMERAS.find("text2mesh")(count=20001, azimuth=10.0, elevation=5.0, spread=40.0)(generator(), 0.0)
    torch.testing.assert_close(cameras.azimuth[0].rad2deg(), torch.tensor(10.0))
    torch.testing.assert_close(cameras.elevation[0].rad2deg(), torch.tensor(5.0))
    for angle, mean, deviation in ((cameras.azimuth, 10.0, 9.0), (cameras.elevation, 5.0, 4.5)):
        assert abs(angle.rad2deg().mean() - mean) < 0.2
        assert abs(angle.rad2deg().std() - deviation) < 0.2


def test_clip_mesh_draws_elevation_from_beta() -> None:
    cameras = CAMERAS.find("clip_mesh")(count=20000, elevation=60.0)(generator(), 0.0)
    share = cameras.elevation.rad2deg() / 60
    assert abs(share.mean() - 1 / 6) < 0.005  # a / (a + b)
    assert abs(share.var() - 5 / 252) < 0.001  # a b / ((a + b)^2 (a + b + 1))
    assert 5 <= cameras.distance.min() <= cameras.distance.max() <= 12
    middle = projected(cameras, [0.0, 0.0, 0.0])
    offset = middle[:, :2] * cameras.distance[:, None] * (cameras.fov / 2).tan()[:, None]
    assert 1.95 < offset.abs().max() <= 2.0001
    assert offset.mean(dim=0).abs().max() < 0.05


def test_dreamfusion_covers_azimuth_in_equal_steps() -> None:
    sampler = CAMERAS.find("dreamfusion")(count=8, elevation=(-10.0, 80.0), shake=0.0, aim=0.0)
    elevations = []
    for seed in range(150):
        cameras = sampler(generator(seed), 0.0)
        assert torch.equal((cameras.azimuth.rad2deg() + 180).div(45).floor(), torch.arange(8.0))
        elevations.append(cameras.elevation)
    height = torch.stack(elevations)
    assert -10.01 < height.min().rad2deg() < height.max().rad2deg() < 80.01
    low, high = math.radians(-10), math.radians(80)
    on_sphere = high * math.sin(high) + math.cos(high) - low * math.sin(low) - math.cos(low)
    on_sphere /= math.sin(high) - math.sin(low)
    assert abs(height.mean() - ((low + high) / 2 + on_sphere) / 2) < 0.04


def test_dreamfusion_tells_where_shaken_cameras_stand() -> None:
    cameras = CAMERAS.find("dreamfusion")(count=50)(generator(), 0.0)
    away = cameras.eye.norm(dim=1)
    assert not torch.allclose(away, cameras.distance, atol=0.05)  # they look past the centre
    back = cameras.camera_to_world[:, :3, 2]
    torch.testing.assert_close(back[:, 1].asin(), cameras.elevation, atol=1e-4, rtol=0)


def test_a_sampler_takes_a_shot_at_least() -> None:
    for name in ("clip_mesh", "dreamfusion", "text2mesh", "turntable"):
        with pytest.raises(InputError, match=f"{name}: count is 0"):
            CAMERAS.find(name)(count=0)
