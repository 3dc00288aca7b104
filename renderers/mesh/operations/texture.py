"""texture: looks texture maps and cube maps up, differentiable by texels, coordinates and their derivatives."""

from __future__ import annotations

from typing import Any, Literal, get_args

import torch
from torch import Tensor

from limn.checks import Arguments
from limn.launch import arrays, filled, launch_parts, launch_sliced
from renderers.mesh import kernels
from renderers.mesh.operations.cube import on_sides
from renderers.mesh.operations.fragments import BACKENDS, FILTERS, Backend, Filter, Fragments, checked, dtype_of
from renderers.mesh.operations.mipmaps import Level, levels_of, mipmaps, mipmaps_adjoint, texels_in

Wrap = Literal["repeat", "clamp", "mirror", "zero", "cube"]

WRAPS: tuple[str, ...] = get_args(Wrap)  # numbered as in the kernels

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
        maps: texels [A, Ht, Wt, C], where A divides N; picture n uses maps[n // (N // A)]. [Ht, Wt, C] for all. Cube
            maps [A, 6, Wt, Wt, C] or [6, Wt, Wt, C] have the sides +x, -x, +y, -y, +z, -z, turned as in OpenGL.
        uv: coordinates [N, L, H, W, 2]: (0, 0) is the top-left corner of the map, (1, 1) the bottom-right one. For cube
            maps directions of any length [N, L, H, W, 3]; one that is zero gives zeros.
        derivatives: change of uv from a pixel to the next one right and down [N, L, H, W, 2 or 3, 2], for mipmaps.
        filter: ``nearest`` (the texel at uv, without a gradient by uv), ``bilinear``, or ``mipmap`` for bilinear
            between and within levels of half the size each, at the level where the longer axis of the pixel's
            footprint is a texel long. ``mipmap_nearest`` takes the finer of the two levels alone.
        wrap: outside of 0..1 the map is repeated (``repeat``), its border continues (``clamp``), every other copy is
            mirrored (``mirror``), or all is 0 (``zero``). ``cube`` for cube maps, which have no seams: near an edge
            both sides are mixed.
        backend: ``warp``, ``reference`` or ``nvdiffrast``, see `rasterise`; the last has no ``mirror``.
        fragments: pixels without a triangle are skipped; none are when this is None.

    Returns:
        Colours [N, L, H, W, C], zero where nothing is seen.

    Raises:
        InputError: an argument does not fit, the back end is not installed, or a mipmap without derivatives.

    Source: Williams 1983, Pyramidal Parametrics.
    """
    given = Arguments("texture")
    given.one_of("backend", backend, BACKENDS)
    given.one_of("filter", filter, FILTERS)
    given.one_of("wrap", wrap, WRAPS)
    dtype, cube = dtype_of(backend), wrap == "cube"
    maps = given.numbers("maps", maps, *(("A 6 T T C", "6 T T C") if cube else ("A Ht Wt C", "Ht Wt C")), dtype=dtype)
    maps = maps if maps.ndim == (5 if cube else 4) else maps[None]
    if not maps.numel():
        given.refuse("maps", list(maps.shape), "at least one texel and one channel")
    uv = given.numbers("uv", uv, f"N L H W {3 if cube else 2}", dtype=dtype)
    given.divisor("maps", len(maps), len(uv))
    given.countable("maps x texels", PARTS, maps[..., 0].numel(), 2)
    if "mipmap" not in filter:
        derivatives = None
    elif derivatives is None:
        given.refuse("derivatives", None, f"those of uv for filter {filter!r}: interpolate(..., derivatives=True)")
    else:
        derivatives = given.numbers("derivatives", derivatives, f"N L H W {3 if cube else 2} 2", dtype=dtype)
    fragments = None if fragments is None else checked(given, fragments, backend)
    if backend == "nvdiffrast":
        from renderers.mesh.operations.nvdiffrast import texture_nvdiffrast

        return _where_seen(texture_nvdiffrast(maps, uv, derivatives, filter, wrap), fragments)
    sides = None
    if cube:
        sides, uv, derivatives = on_sides(uv, derivatives)
    if backend == "reference":
        from renderers.mesh.reference.texture import texture_reference

        return _where_seen(texture_reference(maps, uv, sides, derivatives, filter, wrap), fragments)
    none = uv.new_empty(0)
    triangle = none.int() if fragments is None else fragments.triangle
    footprints = none if derivatives is None else derivatives.contiguous()
    tables = (none.int() if sides is None else sides, footprints, triangle)
    mode = [WRAPS.index(wrap), filter == "nearest", filter == "mipmap_nearest"]
    values: Tensor = _sample(maps.flatten(0, 1) if cube else maps, uv.contiguous(), *tables, mode)[0]
    return values


def _where_seen(values: Tensor, fragments: Fragments | None) -> Tensor:
    return values if fragments is None else torch.where(fragments.triangle[..., None] >= 0, values, 0)


def _tables(
    texels: Tensor, levels: list[Level], maps: Tensor, uv: Tensor, sides: Tensor, mode: list[int]
) -> tuple[Any, ...]:
    """The arguments of all kernels: texels, levels, how these lie, fragments of a map, coordinates and sides."""
    table = torch.tensor(levels, dtype=torch.int32, device=maps.device)
    every = (texels if len(levels) > 1 else maps).view(-1, maps.shape[3])
    layout = kernels.Layout()
    layout.sides, layout.count, layout.wrap, layout.nearest = _sides(sides), texels_in(levels), *mode[:2]
    a_texels, a_levels, a_uv, a_sides = arrays(every, table, uv.view(-1, 2), sides.view(-1))
    return a_texels, a_levels, layout, uv.numel() * _sides(sides) // (2 * len(maps)), a_uv, a_sides


def _usual(sides: Tensor, mode: list[int]) -> bool:
    """Whether there are texels around every point, and all of them count."""
    return not sides.numel() and not mode[1] and WRAPS[mode[0]] != "zero"


def _sides(sides: Tensor) -> int:
    """How many maps make one: the six sides of a cube."""
    return 6 if sides.numel() else 1


@torch.library.custom_op("limn::mesh_texture", mutates_args=())
def _sample(
    maps: Tensor, uv: Tensor, sides: Tensor, footprints: Tensor, triangle: Tensor, mode: list[int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Colours, between which levels they were sampled, and the texels of all levels.

    Sides are [N, L, H, W], or nothing: then maps are flat. Footprints are [N, L, H, W, 2, 2], or nothing: then the maps
    have one level, and the texels are left out, too. Triangles are [N, L, H, W], or nothing: then everything is seen.
    The mode: number of the wrap, whether the texel at a point counts alone, and whether one level does.
    """
    levels = levels_of(maps, footprints.numel() > 0)
    channels = maps.shape[3]
    texels = mipmaps(maps, levels) if len(levels) > 1 else maps.new_empty(0)
    values, sampled = maps.new_empty(*uv.shape[:-1], channels), uv.new_empty(uv.shape[:-1])
    arguments = (*_tables(texels, levels, maps, uv, sides, mode), *arrays(footprints.view(-1, 4), triangle.view(-1)))
    arguments += (mode[2], *arrays(sampled.view(-1), values.view(-1, channels)))
    kernel = kernels.sample if _usual(sides, mode) else kernels.sample_any
    launch_sliced(kernel(channels), sampled.numel(), 4096, arguments, values.device)
    return values, sampled, texels


@torch.library.custom_op("limn::mesh_texture_adjoint", mutates_args=())
def _sample_adjoint(
    maps: Tensor,
    uv: Tensor,
    sides: Tensor,
    footprints: Tensor,
    sampled: Tensor,
    texels: Tensor,
    mode: list[int],
    adjoint: Tensor,
    wanted: list[bool],
) -> tuple[Tensor, Tensor, Tensor]:
    """Derivatives by the maps, the coordinates and the footprints, as wanted, else nothing."""
    levels = levels_of(maps, texels.numel() > 0)
    channels, each = maps.shape[3], _sides(sides)
    count = len(maps) // each
    by_texels = filled(maps.new_empty(count if wanted[0] else 0, PARTS, each, texels_in(levels), channels), 0)
    by_uv = torch.empty_like(uv) if wanted[1] else uv.new_empty(0)
    by_footprints = torch.empty_like(footprints) if wanted[2] else uv.new_empty(0)
    threads = -(-sampled.numel() // (PARTS * count))
    arguments = (PARTS, threads, *_tables(texels, levels, maps, uv, sides, mode))
    arguments += arrays(footprints.view(-1, 4), sampled.view(-1), adjoint.contiguous().view(-1, channels))
    arguments += arrays(by_texels.view(-1, channels), by_uv.view(-1, 2), by_footprints.view(-1, 4))
    kernel = kernels.sample_adjoint if _usual(sides, mode) else kernels.sample_any_adjoint
    launch_parts(kernel(channels), PARTS * count, threads, arguments, maps.device)
    if wanted[0]:
        by_texels = by_texels.transpose(1, 2).flatten(0, 1).contiguous()  # [maps, parts, texels, channels]
        return mipmaps_adjoint(by_texels, levels), by_uv, by_footprints
    return maps.new_empty(0), by_uv, by_footprints


@_sample.register_fake
def _(maps: Tensor, uv: Tensor, sides: Tensor, footprints: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor]:
    levels = levels_of(maps, footprints.numel() > 0)
    shape = (len(maps), texels_in(levels), maps.shape[3]) if len(levels) > 1 else (0,)
    return maps.new_empty(*uv.shape[:-1], maps.shape[3]), uv.new_empty(uv.shape[:-1]), maps.new_empty(shape)


@_sample_adjoint.register_fake
def _(maps: Tensor, uv: Tensor, sides: Tensor, footprints: Tensor, *rest: Any) -> tuple[Tensor, Tensor, Tensor]:
    given, wanted = (maps, uv, footprints), rest[-1]
    one, two, three = (
        torch.empty_like(tensor) if want else tensor.new_empty(0) for tensor, want in zip(given, wanted, strict=True)
    )
    return one, two, three


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    ctx.mode = list(inputs[5])
    ctx.save_for_backward(*inputs[:4], *output[1:])
    ctx.mark_non_differentiable(*output[1:])
    ctx.set_materialize_grads(False)


def _adjoint(ctx: Any, adjoint: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
    needed = ctx.needs_input_grad
    # A level that is taken alone does not change with the footprint.
    wanted = [needed[0], needed[1], needed[3] and not ctx.mode[2]]
    found = _sample_adjoint(*ctx.saved_tensors, ctx.mode, adjoint, wanted)
    by_maps, by_uv, by_footprints = (by if want else None for by, want in zip(found, wanted, strict=True))
    return by_maps, by_uv, None, by_footprints, None, None


_sample.register_autograd(_adjoint, setup_context=_remember)
