"""Photographs: pictures of a thing from known places."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from limn.cameras import Cameras, perspective
from limn.errors import InputError
from pipelines.inputs.pictures import read_picture

Z_UP = torch.tensor([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
"""From a world in which z is up to ours, in which y is."""


@dataclass(frozen=True)
class Photographs:
    """V pictures of a thing without what is behind it.

    Args:
        cameras: that they were taken with, the thing in about the unit sphere.
        colour: sRGB in 0..1 times alpha [V, 3, H, W].
        alpha: coverage in 0..1 [V, 1, H, W].
        centre: of that sphere in the world of the file, z up [3].
        radius: of that sphere in the world of the file.
    """

    cameras: Cameras
    colour: Tensor
    alpha: Tensor
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    radius: float = 1.0

    def __len__(self) -> int:
        """V, the number of pictures."""
        return len(self.alpha)

    def over(self, background: Tensor | None, which: Tensor) -> Tensor:
        """Some of the pictures over backgrounds [V, 3] or [V, 3, H, W], over white when None [v, 3, H, W]."""
        if background is None:
            background = torch.ones(1, 3, device=self.alpha.device)
        background = background if background.dim() == 4 else background[..., None, None]
        return self.colour[which] + (1 - self.alpha[which]) * background.to(self.alpha.device)

    def cameras_of(self, which: Tensor) -> Cameras:
        """The cameras of some of the pictures."""
        return self.cameras[which.to(self.alpha.device)]

    def to(self, device: torch.device) -> Photographs:
        """The same on another device."""
        return replace(
            self, cameras=self.cameras.to(device), colour=self.colour.to(device), alpha=self.alpha.to(device)
        )


def read_photographs(path: str | Path, shape: tuple[int, int]) -> Photographs:
    """Reads pictures and cameras in the format of NeRF: ``transforms.json`` beside PNG files with alpha.

    Args:
        path: of the JSON file, or of the folder in which it is.
        shape: height and width of the pictures in pixels; pictures of other proportions get transparent borders.

    Raises:
        InputError: a file is missing or damaged, or a picture has no transparent background.

    Source: the data of NeRF (Mildenhall et al. 2020), with the optional intrinsics of instant-ngp: ``fl_x``, ``fl_y``,
    ``cx``, ``cy``, ``w``, ``h`` in pixels, for all frames or for each.
    """
    path = Path(path)
    file = path / "transforms.json" if path.is_dir() else path
    world = _parse(file)
    pictures, projections, poses = [], [], []
    for number, frame in enumerate(world["frames"]):
        place = f"{file}: frames.{number}"
        try:
            picture = _picture(file.parent / str(frame["file_path"]))
            poses.append(_pose(frame["transform_matrix"]))
            projections.append(_projection(world | frame, picture.size, shape))
        except KeyError as error:
            raise InputError(f"{place}: {error} is missing") from error
        except (TypeError, ValueError, OverflowError, RuntimeError, OSError) as error:
            raise InputError(f"{place}: {error}") from error
        pictures.append(_framed(picture, shape))
    rgba = torch.stack(pictures)
    poses_y_up = Z_UP @ torch.stack(poses)
    centre, radius = _sphere(poses_y_up, torch.stack(projections), rgba[:, 3:])
    poses_y_up[:, :3, 3] = (poses_y_up[:, :3, 3] - centre) / radius
    cameras = _cameras(poses_y_up, torch.stack(projections), shape[1] / shape[0])
    x, y, z = centre.tolist()
    return Photographs(cameras, rgba[:, :3], rgba[:, 3:], (x, -z, y), float(radius))


def _parse(file: Path) -> dict[str, Any]:
    try:
        world = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"pictures: {file} cannot be read; expected NeRF's transforms.json") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: no JSON ({error})") from error
    if not (isinstance(world, dict) and isinstance(world.get("frames"), list) and world["frames"]):
        raise InputError(f"{file}: expected a list 'frames' of pictures and their transform_matrix")
    if not all(isinstance(frame, dict) for frame in world["frames"]):
        raise InputError(f"{file}: every entry of 'frames' must be a mapping")
    return world


def _pose(matrix: Any) -> Tensor:
    """Camera to world [4, 4]."""
    pose = torch.tensor(matrix, dtype=torch.float32).reshape(4, 4)
    if not bool((pose.abs() < 1e6).all()) or not 1e-6 < float(torch.linalg.det(pose).abs()) < 1e6:
        raise ValueError("transform_matrix: expected 4 x 4 finite numbers that turn, scale and move")
    return pose


def _picture(path: Path) -> Image.Image:
    # NeRF's own files leave the ending out.
    picture = read_picture(path if path.is_file() else path.with_name(path.name + ".png"))
    if picture.getchannel("A").getextrema()[0] == 255:
        raise InputError(f"picture {str(path)!r}: nothing is transparent; expected the thing without background")
    return picture


def _around(size: tuple[float, float], shape: tuple[int, int]) -> tuple[float, float]:
    """Width and height of the frame in the proportions of a shape, height and width, around a picture of a size."""
    scale = max(size[0] / shape[1], size[1] / shape[0])
    return scale * shape[1], scale * shape[0]


def _framed(picture: Image.Image, shape: tuple[int, int]) -> Tensor:
    """Colour times alpha, and alpha [4, height, width] in 0..1; the picture in the middle."""
    width, height = _around(picture.size, shape)
    x, y = (math.ceil((outer - inner) / 2) for outer, inner in zip((width, height), picture.size, strict=True))
    canvas = Image.new("RGBa", (picture.width + 2 * x, picture.height + 2 * y))
    canvas.paste(picture.convert("RGBa"), (x, y))
    left, top = (canvas.width - width) / 2, (canvas.height - height) / 2
    way = Image.Resampling.BOX if width > shape[1] else Image.Resampling.BILINEAR
    resized = canvas.resize(shape[::-1], way, (left, top, left + width, top + height))
    return torch.from_numpy(np.array(resized)).permute(2, 0, 1).float() / 255


def _projection(lens: dict[str, Any], size: tuple[int, int], shape: tuple[int, int]) -> Tensor:
    """Camera to clip space for the frame around a picture of a size in pixels, width and height [4, 4]."""
    width, height = float(lens.get("w", size[0])), float(lens.get("h", size[1]))
    across, down = _around((width, height), shape)
    focal_x = float(lens["fl_x"]) if "fl_x" in lens else width / 2 / math.tan(float(lens["camera_angle_x"]) / 2)
    focal_y = float(lens.get("fl_y", focal_x))
    if not (focal_x > 0 and focal_y > 0):
        raise ValueError(f"expected a focal length above 0, got {focal_x} and {focal_y}")
    x = float(lens.get("cx", width / 2)) + (across - width) / 2
    y = float(lens.get("cy", height / 2)) + (down - height) / 2
    if not (0 < across < 1e6 and 0 < down < 1e6 and all(abs(value) < 1e6 for value in (focal_x, focal_y, x, y))):
        raise ValueError("expected intrinsics in pixels, below a million")
    matrix = perspective(torch.tensor([1.0]))[0]
    matrix[0, 0], matrix[1, 1] = 2 * focal_x / across, 2 * focal_y / down
    matrix[0, 2], matrix[1, 2] = 1 - 2 * x / across, 2 * y / down - 1
    return matrix


def _sphere(poses: Tensor, projections: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Where the thing is and how far it reaches, from the rays through the middles of its silhouettes."""
    rows, columns = (torch.linspace(-1, 1, side * 2 + 1)[1::2] for side in alpha.shape[2:])
    mass = alpha[:, 0].sum(dim=(1, 2)).clamp_min(1e-6)
    x = (alpha[:, 0].sum(dim=1) @ columns) / mass
    y = -(alpha[:, 0].sum(dim=2) @ rows) / mass
    ray = torch.stack(
        [(x + projections[:, 0, 2]) / projections[:, 0, 0], (y + projections[:, 1, 2]) / projections[:, 1, 1]], 1
    )
    ray = torch.cat([ray, -torch.ones_like(ray[:, :1])], dim=1)
    ray = torch.nn.functional.normalize((poses[:, :3, :3] @ ray[..., None])[..., 0], dim=1)
    across = torch.eye(3) - ray[:, :, None] * ray[:, None, :]
    eye = poses[:, :3, 3]
    centre = torch.linalg.lstsq(across.sum(dim=0), (across @ eye[..., None]).sum(dim=0)).solution[:, 0]
    aspect = (projections[:, 1, 1] / projections[:, 0, 0])[:, None]
    away_x, away_y = (columns - x[:, None]) * aspect, rows - y[:, None]
    far = (away_y**2)[:, :, None] + (away_x**2)[:, None, :]
    reach = torch.where(alpha[:, 0].flip(1) > 0.5, far, 0.0).flatten(1).amax(dim=1).sqrt()
    distance = (centre - eye).norm(dim=1)
    radius = (reach / projections[:, 1, 1] * distance).amax()
    if not 0 < radius < math.inf:
        raise InputError("the pictures are empty: nothing in them is opaque")
    return centre, radius


def _cameras(poses: Tensor, projections: Tensor, aspect: float) -> Cameras:
    eye = poses[:, :3, 3]
    distance = eye.norm(dim=1)
    return Cameras(
        torch.linalg.inv(poses),
        projections,
        torch.atan2(eye[:, 0], eye[:, 2]),
        (eye[:, 1] / distance).clamp(-1, 1).asin(),
        distance,
        2 * (1 / projections[:, 1, 1]).atan(),
        aspect=torch.full_like(distance, aspect),
    )
