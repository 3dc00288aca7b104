"""draw: a surface, cameras and light become pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from renderers.cameras import Cameras
from renderers.frames import Frames
from renderers.mesh.background import resized
from renderers.mesh.lights import Lights
from renderers.mesh.normals import Corners
from renderers.mesh.operations import Backend, Fragments, antialias, interpolate, rasterise, texture
from renderers.mesh.operations.texture import Filter
from renderers.mesh.relief import bumped, tangents
from renderers.mesh.shading import Shading
from renderers.mesh.unwrap import GREY
from renderers.surface import Surface


@dataclass(frozen=True)
class Look:
    """What makes pictures of a surface besides the cameras.

    Args:
        shading: what light makes of colour.
        lights: of shots that have none of their own.
        background: of shots that have none of their own, sRGB in 0..1 [3] or [3, H, W].
        corners: which corners share a normal.
        filter: how textures are sampled.
        backend: what the pictures are computed with.
    """

    shading: Shading
    lights: Lights
    background: Tensor
    corners: Corners
    filter: Filter = "mipmap"
    backend: Backend = "warp"


def draw(surface: Surface, cameras: Cameras, size: tuple[int, int], look: Look) -> Frames:
    """Draws S candidates in V shots, their silhouettes smooth and with gradients.

    Args:
        surface: S candidates.
        cameras: V shots, on the surface's device.
        size: height and width in pixels.
        look: everything else.

    Returns:
        Frames with depth, normals, and a surface that says which face each pixel shows.
    """
    shape = (surface.candidates, len(cameras), *size)
    clip = _transformed(surface.vertices, cameras.world_to_clip).flatten(0, 1)
    fragments = rasterise(clip, surface.faces, size, backend=look.backend)
    hit = (fragments.triangle[:, 0] >= 0)[..., None].to(clip.dtype)

    point = interpolate(surface.vertices, surface.faces, fragments, backend=look.backend)[:, 0].view(*shape, 3)
    normals = look.corners.normals(surface.vertices, surface.faces)
    normal = interpolate(normals, look.corners.faces, fragments, backend=look.backend)[:, 0]
    normal = F.normalize(normal, dim=-1)
    colour, normal = _painted(surface, fragments, normal, look)
    normal = (normal * _towards_eye(clip, surface.faces, fragments)).view(*shape, 3)
    colour = colour.expand(len(clip), *size, 3).view(*shape, 3)
    if cameras.plain is not None:
        colour = torch.where(cameras.plain[:, None, None, None], GREY, colour)
    lights = look.lights if cameras.lights is None else cameras.lights
    seen = look.shading(colour, normal, point, cameras.eye, lights)

    local = torch.einsum("vij,svhwj->svhwi", cameras.view[:, :3, :3], normal)
    away = -_transformed(point.flatten(2, 3), cameras.view)[..., 2].view(*shape, 1)
    layers = torch.cat([seen, away, local, torch.ones_like(away)], dim=-1).view(len(clip), *size, 8)
    layers = antialias(layers * hit, fragments, clip, surface.faces, backend=look.backend)
    seen, away, local, alpha = torch.split(layers.view(*shape, 8).permute(0, 1, 4, 2, 3), [3, 1, 3, 1], dim=2)
    backdrop = look.background[None] if cameras.background is None else cameras.background
    return Frames(
        rgb=seen + (1 - alpha) * resized(backdrop.to(seen), size),
        alpha=alpha,
        depth=away / alpha.clamp_min(1e-4),
        normal=F.normalize(local, dim=2),
        cameras=cameras,
        surface=replace(surface, seen=fragments.triangle[:, 0].view(shape)),
    )


def _transformed(points: Tensor, matrices: Tensor) -> Tensor:
    """Points [S, P, 3] or [S, V, P, 3] by V matrices, homogeneous [S, V, P, 4]."""
    points = points if points.dim() == 4 else points[:, None]
    return points @ matrices[..., :3].transpose(1, 2) + matrices[:, None, :, 3]


def _painted(surface: Surface, fragments: Fragments, normal: Tensor, look: Look) -> tuple[Tensor, Tensor]:
    """The surface's colour at every pixel, sRGB [N, H, W, 3] or less, and its normal with the normal map's relief."""
    colour = normal.new_full((1, 1, 1, 3), GREY)
    if surface.colours is not None:
        colour = interpolate(surface.colours, surface.faces, fragments, backend=look.backend)[:, 0]
    if surface.uv is None or surface.uv_faces is None:
        return colour, normal
    uv, steps = interpolate(surface.uv[None], surface.uv_faces, fragments, True, look.backend)
    if surface.texture is not None:
        colour = texture(surface.texture, uv, steps, look.filter, backend=look.backend)[:, 0]
    if surface.normal_map is not None:
        relief = texture(surface.normal_map, uv, steps, look.filter, backend=look.backend)[:, 0]
        along = interpolate(tangents(surface), surface.uv_faces, fragments, backend=look.backend)[:, 0]
        normal = bumped(normal, along, relief)
    return colour, normal


def _towards_eye(clip: Tensor, faces: Tensor, fragments: Fragments) -> Tensor:
    """1 where a pixel shows the front of its face and -1 where it shows the back [N, H, W, 1]."""
    with torch.no_grad():
        corners = clip[:, faces.long()][..., [0, 1, 3]]
        front = torch.linalg.det(corners) > 0
        shown = front.gather(1, fragments.triangle[:, 0].clamp_min(0).flatten(1).long())
        return torch.where(shown, 1.0, -1.0).view_as(fragments.triangle[:, 0])[..., None].to(clip.dtype)
