"""Pictures with known cameras."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from solids import ball, photographs

from limn.errors import InputError
from pipelines.inputs.photographs import read_photographs
from renderers.mesh.renderer import MeshRenderer


@pytest.mark.parametrize("shape", [(48, 48), (40, 64), (64, 40)])
def test_the_cameras_see_what_the_pictures_show(tmp_path: Path, shape: tuple[int, int]) -> None:
    taken = read_photographs(photographs(tmp_path, ball(), (5.0, -2.0, 1.0), 3.0), shape)
    assert taken.centre == pytest.approx((5.0, -2.0, 1.0), abs=0.05)
    assert taken.radius == pytest.approx(3.0, rel=0.1)
    true = ball(3.0 / taken.radius)
    frames = MeshRenderer(true, size=shape).render(taken.cameras_of(torch.arange(6)))
    inside, seen = frames.alpha[0] > 0.5, taken.alpha > 0.5
    assert (inside & seen).sum() / (inside | seen).sum() > 0.97
    far = (frames.rgb[0] - taken.over(None, torch.arange(6))).abs().mean()
    assert far < 0.01


def test_intrinsics_place_the_middle_of_the_lens(tmp_path: Path) -> None:
    """A picture cut at the left and below, with its lens described in pixels, shows the same thing."""
    file = photographs(tmp_path, ball(), (0.0, 0.0, 0.0), 1.0)
    whole = read_photographs(file, (48, 48))
    world = json.loads(file.read_text())
    focal = 24 / float(torch.tensor(0.4).tan())
    for entry in world["frames"]:
        path = tmp_path / f"{entry['file_path']}.png"
        with Image.open(path) as picture:
            picture.crop((4, 0, 48, 42)).save(path)
        entry |= {"fl_x": focal, "fl_y": focal, "cx": 20.0, "cy": 24.0, "w": 44, "h": 42}
    file.write_text(json.dumps(world))
    cut = read_photographs(tmp_path, (44, 44))
    clip = []
    for taken in (whole, cut):
        x, y, z = taken.centre
        place = (torch.tensor([0.3, 0.2, -0.1]) - torch.tensor([x, z, -y])) / taken.radius
        clip.append(taken.cameras.world_to_clip @ torch.cat([place, torch.ones(1)]))
    for number in range(6):
        x, y = ((clip[0][number, :2] / clip[0][number, 3]) * torch.tensor([1.0, -1.0]) + 1) * 24
        u, v = ((clip[1][number, :2] / clip[1][number, 3]) * torch.tensor([1.0, -1.0]) + 1) * 22
        assert (float(u) + 4, float(v) - 1) == pytest.approx((float(x), float(y)), abs=0.3)


def opaque(folder: Path) -> None:
    Image.new("RGB", (8, 8)).save(folder / "r_0.png")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda world, folder: world.pop("frames"), "transforms.json: expected a list 'frames'"),
        (lambda world, folder: world.pop("camera_angle_x"), "frames.0: 'camera_angle_x' is missing"),
        (lambda world, folder: world["frames"][1].pop("transform_matrix"), "frames.1: 'transform_matrix' is missing"),
        (lambda world, folder: world["frames"][0].update(transform_matrix=[[1, 2], [3, 4]]), "frames.0: shape"),
        (
            lambda world, folder: world["frames"][0].update(transform_matrix=[[0.0] * 4] * 4),
            "frames.0: transform_matrix",
        ),
        (
            lambda world, folder: world["frames"][1].update(transform_matrix=[[float("nan")] * 4] * 4),
            "frames.1: transform_matrix: expected 4 x 4 finite numbers",
        ),
        (
            lambda world, folder: world["frames"][1].update(transform_matrix=[[10**400] * 4] * 4),
            "int too large",
        ),
        (
            lambda world, folder: world["frames"][1].update(file_path="r" * 300),
            "File name too long",
        ),
        (
            lambda world, folder: world["frames"][1]["transform_matrix"][0].__setitem__(3, 1e30),
            "frames.1: transform_matrix: expected 4 x 4 finite numbers",
        ),
        (lambda world, folder: world.update(w=float("inf")), "frames.0: expected intrinsics in pixels"),
        (lambda world, folder: world.update(h=1e308), "frames.0: expected intrinsics in pixels"),
        (lambda world, folder: world.update(cx="1e999"), "frames.0: expected intrinsics in pixels"),
        (lambda world, folder: world["frames"][2].update(file_path="./r_9"), "r_9.png': no such file"),
        (lambda world, folder: world.update(frames=[1]), "every entry of 'frames' must be a mapping"),
        (lambda world, folder: opaque(folder), "nothing is transparent"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, change: Callable[[Any, Path], Any], line: str) -> None:
    file = photographs(tmp_path, ball(), (0.0, 0.0, 0.0), 1.0, size=16)
    world = json.loads(file.read_text())
    change(world, tmp_path)
    file.write_text(json.dumps(world))
    with pytest.raises(InputError) as caught:
        read_photographs(tmp_path, (16, 16))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_json(tmp_path: Path) -> None:
    (tmp_path / "transforms.json").write_text("{")
    with pytest.raises(InputError, match="no JSON"):
        read_photographs(tmp_path, (16, 16))
    with pytest.raises(InputError, match="cannot be read"):
        read_photographs(tmp_path / "other.json", (16, 16))
