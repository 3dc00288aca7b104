"""Cameras as OpenCV, COLMAP and NeRF-like data describe them."""

from __future__ import annotations

import torch
from torch import Tensor

from limn.cameras.cameras import Cameras
from limn.cameras.matrices import Value, intrinsics
from limn.checks import Arguments


def opencv(
    extrinsics: Tensor,
    fx: Value,
    fy: Value,
    cx: Value,
    cy: Value,
    size: tuple[int, int],
    near: float = 0.05,
    far: float = 100.0,
) -> Cameras:
    """Calibrated cameras: where they stand and how they project, in OpenCV's axes (x right, y down, z forward).

    Args:
        extrinsics: world to camera, rotation and translation [V, 4, 4] or [V, 3, 4].
        fx: see `intrinsics`, as the further arguments.
        fy: focal length down, in pixels.
        cx: principal point from the left edge of the picture, in pixels.
        cy: principal point from its top edge, in pixels.
        size: height and width of the pictures in pixels; others show more or less at the sides.
        near: distance of the near plane.
        far: distance of the far plane.

    Returns:
        V cameras; the world stays as it is. Their angles and distance are those about the world's origin.

    Raises:
        InputError: an argument does not fit.
    """
    given = Arguments("opencv")
    pose = given.numbers("extrinsics", extrinsics, "V 4 4", "V 3 4")
    flipped = pose[:, :3] * pose.new_tensor([1.0, -1.0, -1.0])[:, None]
    last = pose.new_tensor([[0.0, 0.0, 0.0, 1.0]]).expand(len(pose), 1, 4)
    view = torch.cat([flipped, last], dim=1)
    projection = intrinsics(fx, fy, cx, cy, size, near, far).to(pose.device).expand(len(pose), 4, 4)
    eye = -(flipped[:, :, :3].transpose(1, 2) @ flipped[:, :, 3:])[..., 0]
    distance = eye.norm(dim=1)
    return Cameras(
        view,
        projection,
        torch.atan2(eye[:, 0], eye[:, 2]),
        (eye[:, 1] / distance.clamp_min(1e-12)).clamp(-1, 1).asin(),
        distance,
        2 * (1 / projection[:, 1, 1]).atan(),
        aspect=torch.full_like(distance, size[1] / size[0]),
    )
