"""rasterise: clip positions and triangles to fragments, differentiable by the positions."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from limn.checks import Arguments, index_range
from limn.launch import arrays, filled, launch_owned, launch_sliced
from renderers.mesh import kernels
from renderers.mesh.operations.fragments import BACKENDS, Backend, Fragments, dtype_of, stride_of


def rasterise(
    clip: Tensor,
    faces: Tensor,
    size: tuple[int, int],
    layers: int = 1,
    backend: Backend = "warp",
    ranges: Tensor | None = None,
    step_gradients: bool = False,
) -> Fragments:
    """Finds the triangles that each pixel's centre shows.

    Triangles of either orientation are seen. Where two share an edge, a pixel's centre on it belongs to one of them
    (the top-left rule). Points outside of -w <= z <= w are clipped. Layers are peeled by depth: the second layer is
    the surface behind the first. Of triangles at the same depth the one with the lower index is in front.

    Args:
        clip: vertices in OpenGL's clip space (y up) [N, P, 4], N pictures; [P, 4] for one picture or, with ``ranges``,
            for meshes that lie one after the other.
        faces: vertices of each triangle, integers [F, 3].
        size: height and width in pixels.
        layers: L, the number of surfaces behind each other, from 1.
        backend: ``warp`` (kernels for CPU and CUDA, float32), ``reference`` (slow pure torch, any dtype) or
            ``nvdiffrast`` (CUDA only, not on PyPI).
        ranges: the triangles of each picture, first and count, integers [N, 2], as for meshes of different topology in
            one batch; all triangles are in all pictures when None. Triangles keep their numbers in ``faces``.
        step_gradients: whether ``steps`` carries a gradient, as mipmap levels need it; it takes longer.

    Returns:
        The fragments; their barycentric weights and depth carry the gradient of the clip positions.

    Raises:
        InputError: an argument does not fit, or the back end is not installed.

    Source: Olano & Greer 1997, Triangle Scan Conversion using 2D Homogeneous Coordinates; Everitt 2001, depth peeling.
    """
    given = Arguments("rasterise")
    given.one_of("backend", backend, BACKENDS)
    shapes = ("N P 4", "P 4") if ranges is None else ("P 4", "1 P 4")
    clip = given.numbers("clip", clip, *shapes, dtype=dtype_of(backend))
    clip = clip if clip.ndim == 3 else clip[None]
    faces = given.indices("faces", faces, "F 3", rows=clip.shape[1], of="the vertices")
    height, width = given.size("size", size)
    drawn = _ranges(given, ranges, len(clip), len(faces))
    given.countable("pictures x layers x height x width", len(drawn), given.count("layers", layers), height, width)
    given.countable("pictures x triangles", len(drawn), len(faces))
    if backend == "reference":
        from renderers.mesh.reference.rasterise import rasterise_reference

        found = rasterise_reference(clip, faces, (height, width), layers, drawn, step_gradients)
    elif backend == "nvdiffrast":
        from renderers.mesh.operations.nvdiffrast import rasterise_nvdiffrast

        in_ranges = None if ranges is None else drawn
        found = rasterise_nvdiffrast(clip, faces, (height, width), layers, in_ranges, step_gradients)
    else:
        triangle, barycentric, depth, steps = _rasterise(clip, faces, drawn, height, width, layers)
        found = Fragments(triangle, barycentric, depth, steps if step_gradients else steps.detach())
    index_range.tell(found.triangle, (-1, len(faces) - 1))
    return found


def _ranges(given: Arguments, ranges: Tensor | None, pictures: int, faces: int) -> Tensor:
    """The first triangle of each picture and how many follow, int32 on the CPU [N, 2]."""
    if ranges is None:
        return _whole(pictures, faces)
    if isinstance(ranges, Tensor):
        ranges = ranges.to(given.device)  # nvdiffrast wants them on the CPU
    drawn = given.indices("ranges", ranges, "N 2", rows=faces + 1, of="triangles").cpu()
    ends = drawn.long().sum(1)
    if (ends > faces).any():
        given.refuse("ranges", f"up to triangle {int(ends.max())}", f"at most {faces}, the number of faces")
    return drawn


@lru_cache(maxsize=64)
def _whole(pictures: int, faces: int) -> Tensor:
    """The ranges of pictures that all have all triangles."""
    return torch.tensor([[0, faces]] * pictures, dtype=torch.int32).view(pictures, 2)


@torch.library.custom_op("limn::mesh_rasterise", mutates_args=())
def _rasterise(
    clip: Tensor, faces: Tensor, ranges: Tensor, height: int, width: int, layers: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Triangle, barycentric weights, depth and steps; ranges lie on the CPU."""
    device, pictures, stride = clip.device, len(ranges), stride_of(clip)
    most = int(ranges[:, 1].max()) if pictures else 0
    shape = (pictures, layers, height, width)
    boxes = torch.empty(pictures * most, 4, dtype=torch.int32, device=device)
    keys = filled(torch.empty(shape, dtype=torch.int64, device=device), 0x7F)
    a_clip, a_faces, a_boxes, a_keys = arrays(clip.view(-1, 4), faces, boxes, keys.view(-1))
    drawn = (a_clip, a_faces, *arrays(ranges.to(device)), most)
    launch_sliced(kernels.enclose, pictures * most, 4096, (*drawn, stride, height, width, a_boxes), device)
    for layer in range(layers):
        covered = (*drawn, a_boxes, stride, height, width, layer, layers, a_keys)
        launch_owned(kernels.cover, pictures, most, height, covered, device)
    triangle, depth, barycentric, steps = _empty(clip, *shape)
    resolved: tuple[Any, ...] = (a_clip, a_faces, stride, height, width, layers, a_keys)
    resolved += arrays(triangle.view(-1), barycentric.view(-1, 2), depth.view(-1), steps.view(-1, 4))
    launch_sliced(kernels.resolve, keys.numel(), 4096, resolved, device)
    return triangle, barycentric, depth, steps


@torch.library.custom_op("limn::mesh_rasterise_adjoint", mutates_args=())
def _rasterise_adjoint(
    clip: Tensor, faces: Tensor, triangle: Tensor, by_weights: Tensor, by_depth: Tensor, by_steps: Tensor
) -> Tensor:
    """Derivatives by the clip positions, from those by weights, depth and steps, each of which may be left out."""
    layers, height, width = triangle.shape[1:]
    result = filled(torch.empty_like(clip), 0)
    arguments = (*arrays(clip.view(-1, 4), faces), stride_of(clip), height, width, layers, *arrays(triangle.view(-1)))
    by_weights, by_depth, by_steps = (adjoint.contiguous() for adjoint in (by_weights, by_depth, by_steps))
    arguments += arrays(by_weights.view(-1, 2), by_depth.view(-1), by_steps.view(-1, 4), result.view(-1, 4))
    threads = triangle.numel() // max(len(clip), 1)
    launch_owned(kernels.clip_adjoint, len(clip), threads, clip.shape[1], arguments, clip.device)
    return result


def _empty(clip: Tensor, *shape: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    numbers = clip.new_empty(shape), clip.new_empty(*shape, 2), clip.new_empty(*shape, 2, 2)
    return clip.new_empty(shape, dtype=torch.int32), *numbers


@_rasterise.register_fake
def _(
    clip: Tensor, faces: Tensor, ranges: Tensor, height: int, width: int, layers: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    triangle, depth, barycentric, steps = _empty(clip, len(ranges), layers, height, width)
    return triangle, barycentric, depth, steps


@_rasterise_adjoint.register_fake
def _(clip: Tensor, *_: Tensor) -> Tensor:
    return torch.empty_like(clip)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    ctx.save_for_backward(*inputs[:2], output[0])
    ctx.mark_non_differentiable(output[0])
    ctx.set_materialize_grads(False)


def _adjoint(ctx: Any, _: None, *adjoints: Tensor | None) -> tuple[Tensor | None, ...]:
    clip = ctx.saved_tensors[0]
    given = [clip.new_empty(0) if adjoint is None else adjoint for adjoint in adjoints]
    moved = _rasterise_adjoint(*ctx.saved_tensors, *given) if any(by.numel() for by in given) else None
    return moved, None, None, None, None, None


_rasterise.register_autograd(_adjoint, setup_context=_remember)
