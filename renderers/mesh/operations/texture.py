"""texture: looks texture maps up, differentiable by texels and coordinates."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

from limn.errors import InputError
from limn.launch import arrays, filled, launch_parts, launch_sliced
from renderers.mesh import kernels
from renderers.mesh.operations.fragments import Backend, Filter, Fragments
from renderers.mesh.operations.mipmaps import Level, levels_of, mipmaps, mipmaps_adjoint, texels_in

Wrap = Literal["repeat", "clamp"]

PARTS = 2
"""In how many parts the derivatives by a map are added up, on as many cores; the same for any number of cores."""


def texture(
    maps: Tensor,
    uv: Tensor,
    derivatives: Tensor | None = None,
    filter: Filter = "bilinear",
    wrap: Wrap = "repeat",
    backend: Backend = "warp",
    fragments: Fragments | None = None,
) -> Tensor:
    """Samples texture maps.

    Args:
        maps: texels [A, Ht, Wt, C], where A divides N; picture n uses maps[n // (N // A)].
        uv: coordinates [N, L, H, W, 2]: (0, 0) is the top-left corner of the map, (1, 1) the bottom-right one.
        derivatives: change of uv from a pixel to the next one right and down [N, L, H, W, 2, 2], needed by ``mipmap``;
            gets no gradient.
        filter: ``bilinear``, or ``mipmap`` for bilinear between and within levels of half the size each, at the level
            where the longer axis of the pixel's footprint is a texel long.
        wrap: outside of 0..1 the map is repeated (``repeat``) or its border continues (``clamp``).
        backend: ``warp``, ``reference`` or ``nvdiffrast``, see `rasterise`.
        fragments: pixels without a triangle are skipped; none are when this is None.

    Returns:
        Colours [N, L, H, W, C], zero where nothing is seen.

    Raises:
        InputError: the back end is not installed, or ``mipmap`` without derivatives.

    Source: Williams 1983, Pyramidal Parametrics.
    """
    if filter == "bilinear":
        derivatives = None
    elif derivatives is None:
        raise InputError("texture: filter 'mipmap' needs the derivatives of uv: interpolate(..., derivatives=True)")
    if backend == "reference":
        from renderers.mesh.reference.texture import texture_reference

        return _where_seen(texture_reference(maps, uv, derivatives, wrap), fragments)
    if backend == "nvdiffrast":
        from renderers.mesh.operations.nvdiffrast import texture_nvdiffrast

        return _where_seen(texture_nvdiffrast(maps, uv, derivatives, wrap), fragments)
    footprints = uv.new_empty(0) if derivatives is None else derivatives.detach().contiguous()
    triangle = uv.new_empty(0, dtype=torch.int32) if fragments is None else fragments.triangle
    values: Tensor = _sample(maps.contiguous(), uv.contiguous(), footprints, triangle, wrap == "repeat")[0]
    return values


def _where_seen(values: Tensor, fragments: Fragments | None) -> Tensor:
    return values if fragments is None else torch.where(fragments.triangle[..., None] >= 0, values, 0)


def _tables(texels: Tensor, levels: list[Level], maps: Tensor, uv: Tensor, repeat: bool) -> tuple[Any, ...]:
    """The arguments of all kernels: texels, levels, maps and coordinates."""
    table = torch.tensor(levels, dtype=torch.int32, device=maps.device)
    every = (texels if len(levels) > 1 else maps).view(-1, maps.shape[3])
    a_texels, a_levels, a_uv = arrays(every, table, uv.view(-1, 2))
    return a_texels, a_levels, texels_in(levels), uv.numel() // (2 * len(maps)), int(repeat), a_uv


@torch.library.custom_op("limn::mesh_texture", mutates_args=())
def _sample(
    maps: Tensor, uv: Tensor, footprints: Tensor, triangle: Tensor, repeat: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Colours, between which levels they were sampled, and the texels of all levels.

    Footprints are [N, L, H, W, 2, 2], or nothing: then the maps have one level, and the texels are left out, too.
    Triangles are [N, L, H, W], or nothing: then everything is seen.
    """
    levels = levels_of(maps, footprints.numel() > 0)
    channels = maps.shape[3]
    texels = mipmaps(maps, levels) if len(levels) > 1 else maps.new_empty(0)
    values, sampled = maps.new_empty(*uv.shape[:-1], channels), uv.new_empty(uv.shape[:-1])
    arguments = (*_tables(texels, levels, maps, uv, repeat), *arrays(footprints.view(-1, 4), triangle.view(-1)))
    arguments += arrays(sampled.view(-1), values.view(-1, channels))
    launch_sliced(kernels.sample(channels), sampled.numel(), 4096, arguments, values.device)
    return values, sampled, texels


@torch.library.custom_op("limn::mesh_texture_adjoint", mutates_args=())
def _sample_adjoint(
    maps: Tensor, uv: Tensor, sampled: Tensor, texels: Tensor, repeat: bool, adjoint: Tensor, wanted: list[bool]
) -> tuple[Tensor, Tensor]:
    """Derivatives by the maps and by the coordinates, as wanted, else nothing."""
    levels = levels_of(maps, texels.numel() > 0)
    count, channels = len(maps), maps.shape[3]
    by_texels = filled(maps.new_empty(count if wanted[0] else 0, PARTS, texels_in(levels), channels), 0)
    by_uv = torch.empty_like(uv) if wanted[1] else uv.new_empty(0)
    threads = -(-sampled.numel() // (PARTS * count))
    arguments = (PARTS, threads, *_tables(texels, levels, maps, uv, repeat))
    arguments += arrays(sampled.view(-1), adjoint.contiguous().view(-1, channels))
    arguments += arrays(by_texels.view(-1, channels), by_uv.view(-1, 2))
    launch_parts(kernels.sample_adjoint(channels), PARTS * count, threads, arguments, maps.device)
    return mipmaps_adjoint(by_texels, levels) if wanted[0] else maps.new_empty(0), by_uv


@_sample.register_fake
def _(maps: Tensor, uv: Tensor, footprints: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor]:
    levels = levels_of(maps, footprints.numel() > 0)
    shape = (len(maps), texels_in(levels), maps.shape[3]) if len(levels) > 1 else (0,)
    return maps.new_empty(*uv.shape[:-1], maps.shape[3]), uv.new_empty(uv.shape[:-1]), maps.new_empty(shape)


@_sample_adjoint.register_fake
def _(maps: Tensor, uv: Tensor, *rest: Any) -> tuple[Tensor, Tensor]:
    wanted: list[bool] = rest[-1]
    return (
        torch.empty_like(maps) if wanted[0] else maps.new_empty(0),
        torch.empty_like(uv) if wanted[1] else uv.new_empty(0),
    )


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    maps, uv, _, _, ctx.repeat = inputs
    ctx.save_for_backward(maps, uv, *output[1:])
    ctx.mark_non_differentiable(*output[1:])
    ctx.set_materialize_grads(False)


def _adjoint(ctx: Any, adjoint: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
    wanted = list(ctx.needs_input_grad[:2])
    found = _sample_adjoint(*ctx.saved_tensors, ctx.repeat, adjoint, wanted)
    return *(by if want else None for by, want in zip(found, wanted, strict=True)), None, None, None


_sample.register_autograd(_adjoint, setup_context=_remember)
