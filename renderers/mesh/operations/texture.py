"""texture: looks texture maps up, differentiable by texels and coordinates."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

from renderers.errors import InputError
from renderers.launch import arrays, launch_owned, launch_sliced
from renderers.mesh import kernels
from renderers.mesh.operations.fragments import Backend
from renderers.mesh.operations.mipmaps import Level, levels_of, mipmaps, mipmaps_adjoint, texels_in

Filter = Literal["bilinear", "mipmap"]
Wrap = Literal["repeat", "clamp"]


def texture(
    maps: Tensor,
    uv: Tensor,
    derivatives: Tensor | None = None,
    filter: Filter = "bilinear",
    wrap: Wrap = "repeat",
    backend: Backend = "warp",
) -> Tensor:
    """Samples texture maps.

    Args:
        maps: texels [A, Ht, Wt, C], where A divides N; picture n uses maps[n // (N // A)].
        uv: coordinates [N, L, H, W, 2]: (0, 0) is the top-left corner of the map, (1, 1) the bottom-right one.
        derivatives: change of uv from a pixel to the next one right and down [N, L, H, W, 2, 2], needed by ``mipmap``;
            gets no gradient.
        filter: ``bilinear``, or ``mipmap`` for bilinear between and within levels of half the size each, at the level
            where the longer axis of the pixel's footprint is a texel long.
        wrap: what lies outside of 0..1: the map again (``repeat``) or its border (``clamp``).
        backend: ``warp``, ``reference`` or ``nvdiffrast``, see `rasterise`.

    Returns:
        Colours [N, L, H, W, C].

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

        return texture_reference(maps, uv, derivatives, wrap)
    if backend == "nvdiffrast":
        from renderers.mesh.operations.nvdiffrast import texture_nvdiffrast

        return texture_nvdiffrast(maps, uv, derivatives, wrap)
    footprints = uv.new_empty(0) if derivatives is None else derivatives.detach().contiguous()
    values: Tensor = _sample(maps.contiguous(), uv.contiguous(), footprints, wrap == "repeat")[0]
    return values


def _tables(levels: list[Level], maps: Tensor, uv: Tensor, repeat: bool) -> tuple[Any, ...]:
    """What all kernels get of levels, maps and coordinates."""
    table = torch.tensor(levels, dtype=torch.int32, device=maps.device)
    a_levels, a_uv = arrays(table, uv.view(-1, 2))
    return a_levels, texels_in(levels), maps.shape[3], uv.numel() // (2 * len(maps)), int(repeat), a_uv


@torch.library.custom_op("limn::mesh_texture", mutates_args=())
def _sample(maps: Tensor, uv: Tensor, footprints: Tensor, repeat: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Colours, between which levels they were sampled, and the texels of all levels.

    Footprints are [N, L, H, W, 2, 2], or nothing: then the maps have one level, and the texels are left out, too.
    """
    levels = levels_of(maps, footprints.numel() > 0)
    texels = mipmaps(maps, levels) if len(levels) > 1 else maps.new_empty(0)
    values, sampled = maps.new_empty(*uv.shape[:-1], maps.shape[3]), uv.new_empty(uv.shape[:-1])
    arguments = (*arrays((texels if len(levels) > 1 else maps).view(-1)), *_tables(levels, maps, uv, repeat))
    arguments += arrays(footprints.view(-1, 4), sampled.view(-1), values.view(-1))
    launch_sliced(kernels.sample, sampled.numel(), 4096, arguments, values.device)
    return values, sampled, texels


@torch.library.custom_op("limn::mesh_texture_maps_adjoint", mutates_args=())
def _maps_adjoint(maps: Tensor, uv: Tensor, sampled: Tensor, texels: Tensor, repeat: bool, adjoint: Tensor) -> Tensor:
    levels = levels_of(maps, texels.numel() > 0)
    # All pictures may reach all texels, so that no rows are far from each other: the halves of the fragments have a
    # result each. Two for any number of threads, so that the sum is the same.
    result = maps.new_zeros(len(maps), 2, texels_in(levels), maps.shape[3])
    threads = -(-sampled.numel() // (2 * len(maps)))
    arguments = (threads, *_tables(levels, maps, uv, repeat))
    arguments += arrays(sampled.view(-1), adjoint.contiguous().view(-1), result.view(-1))
    launch_owned(kernels.texels_adjoint, 2 * len(maps), threads, result.shape[2], arguments, result.device)
    return mipmaps_adjoint(result, levels)


@torch.library.custom_op("limn::mesh_texture_coordinates_adjoint", mutates_args=())
def _coordinates_adjoint(
    maps: Tensor, uv: Tensor, sampled: Tensor, texels: Tensor, repeat: bool, adjoint: Tensor
) -> Tensor:
    levels = levels_of(maps, texels.numel() > 0)
    result = torch.empty_like(uv)
    arguments = (*arrays((texels if len(levels) > 1 else maps).view(-1)), *_tables(levels, maps, uv, repeat))
    arguments += arrays(sampled.view(-1), adjoint.contiguous().view(-1), result.view(-1, 2))
    launch_sliced(kernels.coordinates_adjoint, sampled.numel(), 4096, arguments, result.device)
    return result


@_sample.register_fake
def _(maps: Tensor, uv: Tensor, footprints: Tensor, repeat: bool) -> tuple[Tensor, Tensor, Tensor]:
    levels = levels_of(maps, footprints.numel() > 0)
    shape = (len(maps), texels_in(levels), maps.shape[3]) if len(levels) > 1 else (0,)
    return maps.new_empty(*uv.shape[:-1], maps.shape[3]), uv.new_empty(uv.shape[:-1]), maps.new_empty(shape)


@_maps_adjoint.register_fake
def _(maps: Tensor, *_: Any) -> Tensor:
    return torch.empty_like(maps)


@_coordinates_adjoint.register_fake
def _(maps: Tensor, uv: Tensor, *_: Any) -> Tensor:
    return torch.empty_like(uv)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    maps, uv, _, ctx.repeat = inputs
    ctx.save_for_backward(maps, uv, *output[1:])
    ctx.mark_non_differentiable(*output[1:])
    ctx.set_materialize_grads(False)


def _adjoint(ctx: Any, adjoint: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
    inputs = (*ctx.saved_tensors, ctx.repeat, adjoint)
    by_maps = _maps_adjoint(*inputs) if ctx.needs_input_grad[0] else None
    by_coordinates = _coordinates_adjoint(*inputs) if ctx.needs_input_grad[1] else None
    return by_maps, by_coordinates, None, None


_sample.register_autograd(_adjoint, setup_context=_remember)
