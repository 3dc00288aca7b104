"""antialias: blends pixels across silhouettes, so that the edges of shapes have gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from limn.checks import Arguments
from limn.launch import arrays, filled, launch_owned, launch_sliced
from renderers.mesh import kernels
from renderers.mesh.operations.fragments import BACKENDS, Backend, Fragments, checked, dtype_of, stride_of
from renderers.mesh.operations.neighbours import neighbours_of


def antialias(colour: Tensor, fragments: Fragments, clip: Tensor, faces: Tensor, backend: Backend = "warp") -> Tensor:
    """Blends neighbouring pixels where a silhouette passes between their centres.

    Where two neighbours show different triangles, the nearer surface is followed towards the other pixel until it ends
    in a silhouette: an edge of one triangle alone, or of two that lie on the same side of it. The point where the
    edge crosses the line between the centres gives the covered share of the pixel. Level edges blend up and down,
    upright ones left and right. Triangles must share vertices, or every edge is a silhouette.

    Args:
        colour: pictures [N, H, W, C], for example colour and coverage.
        fragments: from `rasterise`; only the first layer is used.
        clip: the vertices that were rasterised [N, P, 4], or [P, 4] for all pictures.
        faces: the triangles that were rasterised, integers [F, 3].
        backend: ``warp``, ``reference`` or ``nvdiffrast``, see `rasterise`.

    Returns:
        The blended pictures [N, H, W, C], differentiable by the colours and, through the edges, by the clip positions.

    Raises:
        InputError: an argument does not fit, or the back end is not installed.

    Source: Laine et al. 2020, Modular Primitives for High-Performance Differentiable Rendering (arXiv 2011.03277),
    section 3.6. Unlike there, the surface is followed across up to 32 triangles, so that small ones have
    gradients too.
    """
    given = Arguments("antialias")
    given.one_of("backend", backend, BACKENDS)
    colour = given.numbers("colour", colour, "N H W C", dtype=dtype_of(backend))
    clip = given.numbers("clip", clip, "N P 4", "P 4", "1 P 4", dtype=dtype_of(backend))
    clip = clip if clip.ndim == 3 else clip[None]
    faces = given.indices("faces", faces, "F 3", rows=clip.shape[1], of="the vertices")
    fragments = checked(given, fragments, backend, len(faces))
    if backend == "reference":
        from renderers.mesh.reference.antialias import antialias_reference

        return antialias_reference(colour, fragments, clip, faces)
    if backend == "nvdiffrast":
        from renderers.mesh.operations.nvdiffrast import antialias_nvdiffrast

        return antialias_nvdiffrast(colour, fragments, clip, faces)
    tables = (faces, neighbours_of(faces), fragments.triangle, fragments.depth)
    blended: Tensor = _antialias(colour, clip, *tables)[0]
    return blended


@torch.library.custom_op("limn::mesh_antialias", mutates_args=())
def _antialias(
    colour: Tensor, clip: Tensor, faces: Tensor, neighbours: Tensor, triangle: Tensor, depth: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The blended pictures, and for each pixel's two pairs the silhouette and its crossing point."""
    pictures, height, width, channels = colour.shape
    found = torch.empty(pictures, height, width, 2, dtype=torch.int32, device=colour.device)
    shares = torch.empty_like(found, dtype=torch.float32)
    result = torch.empty_like(colour)
    a_clip, a_faces, a_neighbours = arrays(clip.view(-1, 4), faces, neighbours)
    a_found, a_shares = arrays(found.view(-1, 2), shares.view(-1, 2))
    searched: tuple[Any, ...] = (a_clip, a_faces, a_neighbours, stride_of(clip), height, width, triangle.shape[1])
    searched += (*arrays(triangle.view(-1), depth.view(-1)), a_found, a_shares)
    launch_sliced(kernels.find, pictures * height * width, 2048, searched, colour.device)
    a_colour, a_result = arrays(colour.view(-1, channels), result.view(-1, channels))
    blended = (a_colour, width, a_found, a_shares, a_result)
    launch_sliced(kernels.blend(channels), pictures * height * width, 4096, blended, colour.device)
    return result, found, shares


@torch.library.custom_op("limn::mesh_antialias_colour_adjoint", mutates_args=())
def _colour_adjoint(found: Tensor, shares: Tensor, adjoint: Tensor) -> Tensor:
    pictures, height, width, channels = adjoint.shape
    adjoint = adjoint.contiguous()
    result = torch.empty_like(adjoint)
    tables = arrays(found.view(-1, 2), shares.view(-1, 2), adjoint.view(-1, channels), result.view(-1, channels))
    kernel = kernels.colour_adjoint(channels)
    launch_sliced(kernel, pictures * height * width, 4096, (width, *tables), adjoint.device)
    return result


@torch.library.custom_op("limn::mesh_antialias_clip_adjoint", mutates_args=())
def _clip_adjoint(
    colour: Tensor, clip: Tensor, faces: Tensor, found: Tensor, shares: Tensor, adjoint: Tensor
) -> Tensor:
    pictures, height, width, channels = colour.shape
    result = filled(torch.empty_like(clip), 0)
    arguments = (*arrays(clip.view(-1, 4), faces), stride_of(clip), height, width, *arrays(colour.view(-1, channels)))
    arguments += arrays(found.view(-1, 2), shares.view(-1, 2), adjoint.contiguous().view(-1, channels))
    arguments += arrays(result.view(-1, 4))
    kernel = kernels.edge_adjoint(channels)
    threads = pictures // len(clip) * height * width
    launch_owned(kernel, len(clip), threads, clip.shape[1], arguments, colour.device)
    return result


@_antialias.register_fake
def _(colour: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    pairs = colour.new_empty(*colour.shape[:3], 2)
    return torch.empty_like(colour), torch.empty_like(pairs, dtype=torch.int32), pairs


@_colour_adjoint.register_fake
def _(found: Tensor, shares: Tensor, adjoint: Tensor) -> Tensor:
    return adjoint.new_empty(adjoint.shape)


@_clip_adjoint.register_fake
def _(colour: Tensor, clip: Tensor, *_: Tensor) -> Tensor:
    return torch.empty_like(clip)


def _remember(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, ...]) -> None:
    ctx.save_for_backward(*inputs[:3], *output[1:])
    ctx.mark_non_differentiable(*output[1:])
    ctx.set_materialize_grads(False)


def _adjoint(ctx: Any, adjoint: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
    by_colour = _colour_adjoint(*ctx.saved_tensors[3:], adjoint) if ctx.needs_input_grad[0] else None
    by_clip = _clip_adjoint(*ctx.saved_tensors, adjoint) if ctx.needs_input_grad[1] else None
    return by_colour, by_clip, None, None, None, None


_antialias.register_autograd(_adjoint, setup_context=_remember)
