"""rasterise: clip positions and triangles to fragments, differentiable by the positions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from limn.launch import arrays, filled, launch_owned, launch_sliced
from renderers.mesh import kernels
from renderers.mesh.operations.fragments import Backend, Fragments


def rasterise(
    clip: Tensor, faces: Tensor, size: tuple[int, int], layers: int = 1, backend: Backend = "warp"
) -> Fragments:
    """Finds the triangles that each pixel's centre shows.

    Triangles of either orientation are seen. Where two share an edge, a pixel's centre on it belongs to one of them
    (the top-left rule). Points outside of -w <= z <= w are clipped. Layers are peeled by depth: the second layer is
    the surface behind the first. Of triangles at the same depth the one with the lower index is in front.

    Args:
        clip: vertices in OpenGL's clip space (y up) [N, P, 4], N pictures.
        faces: vertices of each triangle, int32 [F, 3], the same in all pictures.
        size: height and width in pixels.
        layers: L, the number of surfaces behind each other, from 1.
        backend: ``warp`` (kernels for CPU and CUDA, float32), ``reference`` (slow pure torch, any dtype) or
            ``nvdiffrast`` (CUDA only, not on PyPI).

    Returns:
        The fragments; their barycentric weights carry the gradient of the clip positions.

    Raises:
        InputError: the back end is not installed.

    Source: Olano & Greer 1997, Triangle Scan Conversion using 2D Homogeneous Coordinates; Everitt 2001, depth peeling.
    """
    if backend == "reference":
        from renderers.mesh.reference.rasterise import rasterise_reference

        return rasterise_reference(clip, faces, size, layers)
    if backend == "nvdiffrast":
        from renderers.mesh.operations.nvdiffrast import rasterise_nvdiffrast

        return rasterise_nvdiffrast(clip, faces, size, layers)
    return Fragments(*_rasterise(clip.contiguous(), faces.contiguous(), *size, layers))


@torch.library.custom_op("limn::mesh_rasterise", mutates_args=())
def _rasterise(
    clip: Tensor, faces: Tensor, height: int, width: int, layers: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Triangle, barycentric weights, depth and steps."""
    (pictures, vertices, _), device, count = clip.shape, clip.device, len(faces)
    shape = (pictures, layers, height, width)
    boxes = torch.empty(pictures * count, 4, dtype=torch.int32, device=device)
    keys = filled(torch.empty(shape, dtype=torch.int64, device=device), 0x7F)
    a_clip, a_faces, a_boxes, a_keys = arrays(clip.view(-1, 4), faces, boxes, keys.view(-1))
    enclosed = (a_clip, a_faces, vertices, height, width, a_boxes)
    launch_sliced(kernels.enclose, pictures * count, 4096, enclosed, device)
    for layer in range(layers):
        covered = (a_clip, a_faces, a_boxes, vertices, height, width, layer, layers, a_keys)
        launch_owned(kernels.cover, pictures, count, height, covered, device)
    triangle, depth, barycentric, steps = _empty(clip, *shape)
    resolved: tuple[Any, ...] = (a_clip, a_faces, vertices, height, width, layers, a_keys)
    resolved += arrays(triangle.view(-1), barycentric.view(-1, 2), depth.view(-1), steps.view(-1, 4))
    launch_sliced(kernels.resolve, keys.numel(), 4096, resolved, device)
    return triangle, barycentric, depth, steps


@torch.library.custom_op("limn::mesh_rasterise_adjoint", mutates_args=())
def _rasterise_adjoint(clip: Tensor, faces: Tensor, triangle: Tensor, adjoint: Tensor) -> Tensor:
    """Derivatives by the clip positions, from those by the barycentric weights."""
    pictures, layers, height, width = triangle.shape
    result = filled(torch.empty_like(clip), 0)
    a_clip, a_faces, a_result, a_triangle = arrays(clip.view(-1, 4), faces, result.view(-1, 4), triangle.view(-1))
    (a_adjoint,) = arrays(adjoint.contiguous().view(-1, 2))
    arguments = (a_clip, a_faces, clip.shape[1], height, width, layers, a_triangle, a_adjoint, a_result)
    launch_owned(kernels.clip_adjoint, pictures, layers * height * width, clip.shape[1], arguments, clip.device)
    return result


def _empty(clip: Tensor, *shape: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    numbers = clip.new_empty(shape), clip.new_empty(*shape, 2), clip.new_empty(*shape, 2, 2)
    return clip.new_empty(shape, dtype=torch.int32), *numbers


@_rasterise.register_fake
def _(clip: Tensor, faces: Tensor, height: int, width: int, layers: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    triangle, depth, barycentric, steps = _empty(clip, len(clip), layers, height, width)
    return triangle, barycentric, depth, steps


@_rasterise_adjoint.register_fake
def _(clip: Tensor, *_: Tensor) -> Tensor:
    return torch.empty_like(clip)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    triangle, _, depth, steps = output
    ctx.save_for_backward(*inputs[:2], triangle)
    ctx.mark_non_differentiable(triangle, depth, steps)
    ctx.set_materialize_grads(False)


def _adjoint(ctx: Any, *adjoints: Tensor | None) -> tuple[Tensor | None, ...]:
    barycentric = adjoints[1]
    moved = None if barycentric is None else _rasterise_adjoint(*ctx.saved_tensors, barycentric)
    return moved, None, None, None, None


_rasterise.register_autograd(_adjoint, setup_context=_remember)
