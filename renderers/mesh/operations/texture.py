"""texture: looks texture maps up, differentiable by texels and coordinates."""

from __future__ import annotations

from itertools import accumulate
from typing import Any, Literal

import torch
from torch import Tensor

from renderers.errors import InputError
from renderers.launch import arrays, launch_owned, launch_sliced
from renderers.mesh import kernels
from renderers.mesh.operations.fragments import Backend
from renderers.mesh.operations.mipmaps import pyramid

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
    levels = [maps] if derivatives is None else pyramid(maps)
    texels = torch.cat([level.flatten(1, 2) for level in levels], dim=1)
    footprints = uv.new_empty(0) if derivatives is None else derivatives.detach().contiguous()
    sizes = [size for level in levels for size in level.shape[1:3]]
    values: Tensor = _sample(texels, uv.contiguous(), footprints, sizes, wrap == "repeat")[0]
    return values


def _tables(texels: Tensor, uv: Tensor, sizes: list[int], repeat: bool) -> tuple[Any, ...]:
    """What all kernels get of levels, maps and coordinates."""
    heights, widths = sizes[::2], sizes[1::2]
    starts = [0, *accumulate(height * width for height, width in zip(heights, widths, strict=True))][:-1]
    rows = list(zip(starts, heights, widths, strict=True))
    levels = torch.tensor(rows, dtype=torch.int32, device=texels.device)
    a_levels, a_uv = arrays(levels, uv.view(-1, 2))
    return a_levels, *texels.shape[1:], uv.numel() // (2 * len(texels)), int(repeat), a_uv


@torch.library.custom_op("limn::mesh_texture", mutates_args=())
def _sample(texels: Tensor, uv: Tensor, footprints: Tensor, sizes: list[int], repeat: bool) -> tuple[Tensor, Tensor]:
    """Colours and between which levels they were sampled.

    From texels of all levels [A, T, C], footprints [N, L, H, W, 2, 2] or none, and height and width of every level.
    """
    values, levels = texels.new_empty(*uv.shape[:-1], texels.shape[2]), uv.new_empty(uv.shape[:-1])
    arguments = (*arrays(texels.view(-1)), *_tables(texels, uv, sizes, repeat))
    arguments += arrays(footprints.view(-1, 4), levels.view(-1), values.view(-1))
    launch_sliced(kernels.sample, levels.numel(), 4096, arguments, values.device)
    return values, levels


@torch.library.custom_op("limn::mesh_texture_texels_adjoint", mutates_args=())
def _texels_adjoint(
    texels: Tensor, uv: Tensor, levels: Tensor, sizes: list[int], repeat: bool, adjoint: Tensor
) -> Tensor:
    result = torch.zeros_like(texels)
    arguments = (*_tables(texels, uv, sizes, repeat), *arrays(levels.view(-1), adjoint.contiguous().view(-1)))
    arguments += arrays(result.view(-1))
    groups, rows, _ = texels.shape
    launch_owned(kernels.texels_adjoint, groups, levels.numel() // groups, rows, arguments, result.device)
    return result


@torch.library.custom_op("limn::mesh_texture_coordinates_adjoint", mutates_args=())
def _coordinates_adjoint(
    texels: Tensor, uv: Tensor, levels: Tensor, sizes: list[int], repeat: bool, adjoint: Tensor
) -> Tensor:
    result = torch.empty_like(uv)
    arguments = (*arrays(texels.view(-1)), *_tables(texels, uv, sizes, repeat))
    arguments += arrays(levels.view(-1), adjoint.contiguous().view(-1), result.view(-1, 2))
    launch_sliced(kernels.coordinates_adjoint, levels.numel(), 4096, arguments, result.device)
    return result


@_sample.register_fake
def _(texels: Tensor, uv: Tensor, footprints: Tensor, sizes: list[int], repeat: bool) -> tuple[Tensor, Tensor]:
    return texels.new_empty(*uv.shape[:-1], texels.shape[2]), uv.new_empty(uv.shape[:-1])


@_texels_adjoint.register_fake
def _(texels: Tensor, *_: Any) -> Tensor:
    return torch.empty_like(texels)


@_coordinates_adjoint.register_fake
def _(texels: Tensor, uv: Tensor, *_: Any) -> Tensor:
    return torch.empty_like(uv)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    texels, uv, _, ctx.sizes, ctx.repeat = inputs
    ctx.save_for_backward(texels, uv, output[1])
    ctx.mark_non_differentiable(output[1])
    ctx.set_materialize_grads(False)


def _adjoint(ctx: Any, adjoint: Tensor, _: Any) -> tuple[Tensor | None, ...]:
    inputs = (*ctx.saved_tensors, ctx.sizes, ctx.repeat, adjoint)
    by_texels = _texels_adjoint(*inputs) if ctx.needs_input_grad[0] else None
    by_coordinates = _coordinates_adjoint(*inputs) if ctx.needs_input_grad[1] else None
    return by_texels, by_coordinates, None, None, None


_sample.register_autograd(_adjoint, setup_context=_remember)
