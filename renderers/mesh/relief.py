"""Relief: normal maps in tangent space, as in glTF."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.gather import gather_rows
from limn.surface import Surface


def tangents(surface: Surface) -> Tensor:
    """The direction in which a texture's columns run over the surface, at every texture coordinate.

    Returns:
        The mean direction over the adjacent faces, and 1 where the texture shows its front, -1 where it is mirrored
        [S, T, 4].
    """
    assert surface.uv is not None and surface.uv_faces is not None
    rows = surface.uv_faces.long()
    a, b, c = gather_rows(surface.vertices, surface.faces).unbind(dim=2)
    p, q, r = surface.uv[rows].unbind(dim=1)
    (u1, v1), (u2, v2) = (q - p).unbind(dim=1), (r - p).unbind(dim=1)
    turn = (u2 * v1 - u1 * v2).sign()  # v runs down
    along = ((c - a) * v1[:, None] - (b - a) * v2[:, None]) * turn[:, None]
    each = torch.cat([along, turn[:, None].expand(*along.shape[:2], 1)], dim=2)
    total = each.new_zeros(len(each), len(surface.uv), 4)
    for row in rows.unbind(dim=1):
        total = total.index_add(1, row, each)
    return torch.cat([F.normalize(total[..., :3], dim=-1), total[..., 3:].sign()], dim=-1)


def bumped(normal: Tensor, tangent: Tensor, relief: Tensor) -> Tensor:
    """Normals with relief.

    Args:
        normal: unit normals of the surface [..., 3].
        tangent: as from `tangents` [..., 4].
        relief: normals in tangent space: x along the texture's columns, y up the texture, z out [..., 3].

    Returns:
        Unit normals [..., 3].
    """
    along = tangent[..., :3] - normal * (normal * tangent[..., :3]).sum(dim=-1, keepdim=True)
    along = F.normalize(along, dim=-1)
    up = torch.linalg.cross(normal, along) * tangent[..., 3:].sign()
    x, y, z = relief[..., :1], relief[..., 1:2], relief[..., 2:]
    return F.normalize(x * along + y * up + z * normal, dim=-1)
