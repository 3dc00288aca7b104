"""View and projection matrices of cameras (OpenGL's conventions)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def look_at(eye: Tensor, target: Tensor, up: Tensor) -> Tensor:
    """World to camera for cameras that look at a point.

    Args:
        eye: where they stand [V, 3].
        target: the point in the middle of the picture [V, 3] or [3].
        up: the direction that is up in the picture; not along the line of sight [V, 3] or [3].

    Returns:
        [V, 4, 4]; the camera looks down -z, x is right, y is up.
    """
    back = F.normalize(eye - target, dim=-1)
    right = F.normalize(torch.linalg.cross(up.expand_as(back), back), dim=-1)
    turn = torch.stack([right, torch.linalg.cross(back, right), back], dim=1)
    view = torch.eye(4, dtype=eye.dtype, device=eye.device).repeat(len(eye), 1, 1)
    view[:, :3, :3] = turn
    view[:, :3, 3] = -(turn @ eye[..., None])[..., 0]
    return view


def perspective(fov: Tensor, aspect: float = 1.0, near: float = 0.05, far: float = 100.0) -> Tensor:
    """Camera to clip space, in perspective.

    Args:
        fov: vertical field of view in radians, in 0..pi [V].
        aspect: width of the picture over its height.
        near: distance of the near plane, above 0.
        far: distance of the far plane.

    Returns:
        [V, 4, 4]; points with -w <= x, y, z <= w are visible.
    """
    matrix = fov.new_zeros(len(fov), 4, 4)
    focal = 1.0 / (fov / 2).tan()
    matrix[:, 0, 0] = focal / aspect
    matrix[:, 1, 1] = focal
    matrix[:, 2, 2] = (near + far) / (near - far)
    matrix[:, 2, 3] = 2 * near * far / (near - far)
    matrix[:, 3, 2] = -1.0
    return matrix


def orthographic(height: Tensor, aspect: float = 1.0, near: float = 0.05, far: float = 100.0) -> Tensor:
    """Camera to clip space, without perspective.

    Args:
        height: of the visible region, in world units [V].
        aspect: width of the picture over its height.
        near: distance of the near plane.
        far: distance of the far plane.

    Returns:
        [V, 4, 4]; points with -w <= x, y, z <= w are visible.
    """
    matrix = height.new_zeros(len(height), 4, 4)
    matrix[:, 0, 0] = 2.0 / (height * aspect)
    matrix[:, 1, 1] = 2.0 / height
    matrix[:, 2, 2] = 2.0 / (near - far)
    matrix[:, 2, 3] = (near + far) / (near - far)
    matrix[:, 3, 3] = 1.0
    return matrix
