"""View and projection matrices of cameras (OpenGL's conventions)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.checks import Arguments

Value = Tensor | float


def look_at(eye: Tensor, target: Tensor, up: Tensor) -> Tensor:
    """World to camera for cameras that look at a point.

    Args:
        eye: where they stand [V, 3].
        target: the point in the middle of the picture [V, 3] or [3].
        up: the direction that is up in the picture; not along the line of sight [V, 3] or [3].

    Returns:
        [V, 4, 4]; the camera looks down -z, x is right, y is up.

    Raises:
        InputError: an argument does not fit, or there is no direction to look in.
    """
    given = Arguments("look_at")
    eye = given.numbers("eye", eye, "V 3", dtype=None)
    target = given.numbers("target", target, "V 3", "3", dtype=eye.dtype)
    up = given.numbers("up", up, "V 3", "3", dtype=eye.dtype)
    back = F.normalize(eye - target, dim=-1)
    side = torch.linalg.cross(up.expand_as(back), back)
    if not bool((side.detach().norm(dim=-1) > 0).all()):
        given.refuse("up", "along the line of sight, zero or not finite", "another direction, and a target off the eye")
    right = F.normalize(side, dim=-1)
    turn = torch.stack([right, torch.linalg.cross(back, right), back], dim=1)
    view = torch.eye(4, dtype=eye.dtype, device=eye.device).repeat(len(eye), 1, 1)
    view[:, :3, :3] = turn
    view[:, :3, 3] = -(turn @ eye[..., None])[..., 0]
    return view


def perspective(fov: Value, aspect: float = 1.0, near: float = 0.05, far: float = 100.0) -> Tensor:
    """Camera to clip space, in perspective.

    Args:
        fov: vertical field of view in radians, between 0 and pi [V] or a number.
        aspect: width of the picture over its height.
        near: distance of the near plane, above 0.
        far: distance of the far plane, above ``near``.

    Returns:
        [V, 4, 4]; points with -w <= x, y, z <= w are visible.

    Raises:
        InputError: an argument does not fit.
    """
    given = Arguments("perspective")
    fov = given.values("fov", fov, above=0.0, below=math.pi)
    aspect, near, far = _planes(given, aspect, near, far, 0.0)
    matrix = fov.new_zeros(len(fov), 4, 4)
    focal = 1.0 / (fov / 2).tan()
    matrix[:, 0, 0] = focal / aspect
    matrix[:, 1, 1] = focal
    matrix[:, 2, 2] = (near + far) / (near - far)
    matrix[:, 2, 3] = 2 * near * far / (near - far)
    matrix[:, 3, 2] = -1.0
    return matrix


def orthographic(height: Value, aspect: float = 1.0, near: float = 0.05, far: float = 100.0) -> Tensor:
    """Camera to clip space, without perspective.

    Args:
        height: of the visible region, in world units [V] or a number.
        aspect: width of the picture over its height.
        near: distance of the near plane.
        far: distance of the far plane, above ``near``.

    Returns:
        [V, 4, 4]; points with -w <= x, y, z <= w are visible.

    Raises:
        InputError: an argument does not fit.
    """
    given = Arguments("orthographic")
    height = given.values("height", height, above=0.0)
    aspect, near, far = _planes(given, aspect, near, far, -math.inf)
    matrix = height.new_zeros(len(height), 4, 4)
    matrix[:, 0, 0] = 2.0 / (height * aspect)
    matrix[:, 1, 1] = 2.0 / height
    matrix[:, 2, 2] = 2.0 / (near - far)
    matrix[:, 2, 3] = (near + far) / (near - far)
    matrix[:, 3, 3] = 1.0
    return matrix


def intrinsics(
    fx: Value, fy: Value, cx: Value, cy: Value, size: tuple[int, int], near: float = 0.05, far: float = 100.0
) -> Tensor:
    """Camera to clip space for a camera that is known by its calibration, as OpenCV, COLMAP and NeRF give it.

    A point at x right, y up and z behind the camera, in camera space, is seen at the pixel
    u = cx + fx x / -z from the left and v = cy - fy y / -z from the top.

    Args:
        fx: focal length across, in pixels [V] or a number.
        fy: focal length down, in pixels [V] or a number.
        cx: principal point from the left, in pixels [V] or a number. 0 is the picture's edge and 0.5 the middle of the
            first pixel, as in COLMAP; OpenCV counts from that middle: add 0.5 to its ``cx`` and ``cy``.
        cy: principal point from the top, in pixels [V] or a number.
        size: height and width of the picture in pixels.
        near: distance of the near plane, above 0.
        far: distance of the far plane, above ``near``.

    Returns:
        [V, 4, 4]; points with -w <= x, y, z <= w are visible.

    Raises:
        InputError: an argument does not fit.

    Source: Hartley & Zisserman 2004, Multiple View Geometry, section 6.1; docs.opencv.org, "Camera calibration and 3D
    reconstruction".
    """
    given = Arguments("intrinsics")
    height, width = given.size("size", size)
    _, near, far = _planes(given, 1.0, near, far, 0.0)
    across, down = (given.values(name, value, above=0.0) for name, value in (("fx", fx), ("fy", fy)))
    left, top = (given.values(name, value) for name, value in (("cx", cx), ("cy", cy)))
    across, down, left, top = given.as_many(fx=across, fy=down, cx=left, cy=top)
    matrix = across.new_zeros(len(across), 4, 4)
    matrix[:, 0, 0], matrix[:, 0, 2] = 2 * across / width, 1 - 2 * left / width
    matrix[:, 1, 1], matrix[:, 1, 2] = 2 * down / height, 2 * top / height - 1
    matrix[:, 2, 2] = (near + far) / (near - far)
    matrix[:, 2, 3] = 2 * near * far / (near - far)
    matrix[:, 3, 2] = -1.0
    return matrix


def _planes(given: Arguments, aspect: float, near: float, far: float, above: float) -> tuple[float, float, float]:
    near = given.number("near", near, above=above)
    return given.number("aspect", aspect, above=0.0), near, given.number("far", far, above=near)
