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


def rasterise_nvdiffrast(clip: Tensor, faces: Tensor, size: tuple[int, int], layers: int) -> Fragments:
    """See `rasterise`."""
    found = []
    with _nvdiffrast().DepthPeeler(_context(clip.device), clip.contiguous(), faces, size) as peeler:
        for _ in range(layers):
            rast, steps = peeler.rasterize_next_layer()
            found.append((rast.flip(1), steps.flip(1)))
    rast, steps = (torch.stack(parts, dim=1) for parts in zip(*found, strict=True))
    triangle = rast[..., 3].int() - 1
    # Its second direction is up; ours is down.
    steps = steps.detach().view(*steps.shape[:-1], 2, 2) * steps.new_tensor([1.0, -1.0])
    depth = torch.where(triangle >= 0, rast[..., 2], 1).detach()
    return Fragments(triangle, rast[..., :2], depth, steps)


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
    with torch.no_grad():
        from renderers.mesh.reference.interpolate import interpolate_reference

        steps = interpolate_reference(attributes, faces, fragments)[1]
    return torch.stack(values, dim=1), steps


def texture_nvdiffrast(maps: Tensor, uv: Tensor, derivatives: Tensor | None, wrap: str) -> Tensor:
    """See `texture`. Its levels need sides that can be halved; it stops at the first that cannot."""
    pictures, layers, height, width = uv.shape[:4]
    maps = maps.repeat_interleave(pictures // len(maps), dim=0) if len(maps) > 1 else maps
    mode: dict[str, Any] = {"boundary_mode": "wrap" if wrap == "repeat" else "clamp"}
    if derivatives is None:
        mode["filter_mode"] = "linear"
    else:
        mode |= {"filter_mode": "linear-mipmap-linear", "uv_da": derivatives.detach().flatten(1, 2).flatten(-2)}
    values: Tensor = _nvdiffrast().texture(maps, uv.flatten(1, 2), **mode)
    return values.view(pictures, layers, height, width, -1)


def antialias_nvdiffrast(colour: Tensor, fragments: Fragments, clip: Tensor, faces: Tensor) -> Tensor:
    """See `antialias`; it looks at the pixel's own triangle only."""
    blended: Tensor = _nvdiffrast().antialias(colour.flip(1).contiguous(), _rast(fragments, 0), clip, faces)
    return blended.flip(1)
