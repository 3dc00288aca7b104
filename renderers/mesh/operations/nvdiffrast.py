"""nvdiffrast as a back end, where it is installed: the same functions and conventions.

Written to its public interface; it needs CUDA and has no wheels, and was not run by us. Its rows start at the bottom of
the picture, so pictures are flipped on the way out and in; its maps start at v = 0 as ours do.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from limn.errors import InputError
from renderers.mesh.operations.fragments import Fragments

FILTERS = {
    "nearest": "nearest",
    "bilinear": "linear",
    "mipmap_nearest": "linear-mipmap-nearest",
    "mipmap": "linear-mipmap-linear",
}
BOUNDARIES = {"repeat": "wrap", "clamp": "clamp", "zero": "zero", "cube": "cube"}
"""Its words for our filters and wraps."""


def _nvdiffrast() -> Any:
    try:
        import nvdiffrast.torch
    except ImportError:
        raise InputError(
            "backend 'nvdiffrast' needs nvdiffrast (CUDA; not free for commercial use), which has no wheels: "
            "pip install git+https://github.com/NVlabs/nvdiffrast --no-build-isolation, or use backend 'warp'"
        ) from None
    return nvdiffrast.torch


@lru_cache(maxsize=8)
def _context(device: torch.device) -> Any:
    return _nvdiffrast().RasterizeCudaContext(device=device)


def rasterise_nvdiffrast(
    clip: Tensor, faces: Tensor, size: tuple[int, int], layers: int, ranges: Tensor | None, step_gradients: bool
) -> Fragments:
    """See `rasterise`; depth carries no gradient."""
    found = []
    clip = clip if ranges is None else clip[0]
    with _nvdiffrast().DepthPeeler(_context(clip.device), clip, faces, size, ranges, step_gradients) as peeler:
        for _ in range(layers):
            rast, steps = peeler.rasterize_next_layer()
            found.append((rast.flip(1), steps.flip(1)))
    rast, steps = (torch.stack(parts, dim=1) for parts in zip(*found, strict=True))
    triangle = rast[..., 3].int() - 1
    # Its second direction is up; ours is down.
    steps = steps.view(*steps.shape[:-1], 2, 2) * steps.new_tensor([1.0, -1.0])
    depth = torch.where(triangle >= 0, rast[..., 2], 1).detach()
    return Fragments(triangle, rast[..., :2], depth, steps if step_gradients else steps.detach())


def _rast(fragments: Fragments, layer: int) -> Tensor:
    parts = [fragments.barycentric, fragments.depth[..., None], (fragments.triangle + 1)[..., None].float()]
    return torch.cat(parts, dim=-1)[:, layer].flip(1).contiguous()


def interpolate_nvdiffrast(
    attributes: Tensor, faces: Tensor, fragments: Fragments, derivatives: bool
) -> Tensor | tuple[Tensor, Tensor]:
    """See `interpolate`."""
    pictures, layers = fragments.triangle.shape[:2]
    attributes = attributes.repeat_interleave(pictures // len(attributes), dim=0)
    values = [
        _nvdiffrast().interpolate(attributes, _rast(fragments, layer), faces)[0].flip(1) for layer in range(layers)
    ]
    if not derivatives:
        return torch.stack(values, dim=1)
    from renderers.mesh.reference.interpolate import interpolate_reference

    return torch.stack(values, dim=1), interpolate_reference(attributes, faces, fragments)[1]


def texture_nvdiffrast(maps: Tensor, uv: Tensor, derivatives: Tensor | None, filter: str, wrap: str) -> Tensor:
    """See `texture`. Its levels need sides that can be halved; it stops at the first that cannot."""
    if wrap not in BOUNDARIES:
        raise InputError(f"texture: wrap {wrap!r} is not in backend 'nvdiffrast'; expected {', '.join(BOUNDARIES)}")
    pictures, layers, height, width = uv.shape[:4]
    maps = maps.repeat_interleave(pictures // len(maps), dim=0) if len(maps) > 1 else maps
    mode: dict[str, Any] = {"boundary_mode": BOUNDARIES[wrap], "filter_mode": FILTERS[filter]}
    if derivatives is not None:
        mode["uv_da"] = derivatives.flatten(1, 2).flatten(-2)
    values: Tensor = _nvdiffrast().texture(maps, uv.flatten(1, 2), **mode)
    return values.view(pictures, layers, height, width, -1)


def antialias_nvdiffrast(colour: Tensor, fragments: Fragments, clip: Tensor, faces: Tensor) -> Tensor:
    """See `antialias`; it looks at the pixel's own triangle only."""
    shared = len(clip) < len(colour)  # all meshes in one table
    positions = clip[0] if shared else clip
    blended: Tensor = _nvdiffrast().antialias(colour.flip(1).contiguous(), _rast(fragments, 0), positions, faces)
    return blended.flip(1)
