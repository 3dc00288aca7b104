"""interpolate: attributes of vertices at every fragment; differentiable by attributes and barycentric weights."""

from __future__ import annotations

from typing import Any, Literal, overload

import torch
from torch import Tensor

from limn.launch import arrays, filled, launch_owned, launch_sliced
from renderers.mesh import kernels
from renderers.mesh.operations.fragments import Backend, Fragments


@overload
def interpolate(
    attributes: Tensor,
    faces: Tensor,
    fragments: Fragments,
    derivatives: Literal[False] = False,
    backend: Backend = "warp",
) -> Tensor: ...


@overload
def interpolate(
    attributes: Tensor, faces: Tensor, fragments: Fragments, derivatives: Literal[True], backend: Backend = "warp"
) -> tuple[Tensor, Tensor]: ...


def interpolate(
    attributes: Tensor,
    faces: Tensor,
    fragments: Fragments,
    derivatives: bool = False,
    backend: Backend = "warp",
) -> Tensor | tuple[Tensor, Tensor]:
    """Mixes the attributes of each fragment's three corners by its barycentric weights.

    Args:
        attributes: of vertices [A, P, C], where A divides N; picture n uses attributes[n // (N // A)].
        faces: rows of attributes at each triangle's corners, int32 [F, 3]; the table that was rasterised or another
            one of the same triangles, as for texture coordinates.
        fragments: from `rasterise`.
        derivatives: whether to also give the attributes' change from a pixel to the next.
        backend: ``warp``, ``reference`` or ``nvdiffrast``, see `rasterise`.

    Returns:
        Values [N, L, H, W, C], zero where nothing is seen; with ``derivatives`` also their steps right and down
        [N, L, H, W, C, 2], which carry no gradient.

    Raises:
        InputError: the back end is not installed.
    """
    if backend == "reference":
        from renderers.mesh.reference.interpolate import interpolate_reference

        both = interpolate_reference(attributes, faces, fragments)
        return both if derivatives else both[0]
    if backend == "nvdiffrast":
        from renderers.mesh.operations.nvdiffrast import interpolate_nvdiffrast

        return interpolate_nvdiffrast(attributes, faces, fragments, derivatives)
    steps = fragments.steps if derivatives else fragments.steps.new_empty(0)
    tables = (faces.contiguous(), fragments.triangle, fragments.barycentric, steps)
    values, changes = _interpolate(attributes.contiguous(), *tables)
    return (values, changes) if derivatives else values


def _tables(attributes: Tensor, faces: Tensor, triangle: Tensor) -> tuple[Any, ...]:
    """The first arguments of all kernels."""
    share = triangle.numel() // len(attributes)
    a_faces, a_triangle = arrays(faces, triangle.view(-1))
    return a_faces, attributes.shape[1], share, a_triangle


@torch.library.custom_op("limn::mesh_interpolate", mutates_args=())
def _interpolate(
    attributes: Tensor, faces: Tensor, triangle: Tensor, barycentric: Tensor, steps: Tensor
) -> tuple[Tensor, Tensor]:
    """Values and, where there are steps, their change to the next pixels."""
    values, changes = _empty(attributes, triangle, steps)
    channels = attributes.shape[2]
    arguments = (*arrays(attributes.view(-1, channels)), *_tables(attributes, faces, triangle))
    arguments += arrays(barycentric.contiguous().view(-1, 2), steps.contiguous().view(-1, 4))
    arguments += arrays(values.view(-1, channels), changes.view(-1, 2 * channels))
    launch_sliced(kernels.interpolate(channels), triangle.numel(), 4096, arguments, values.device)
    return values, changes


@torch.library.custom_op("limn::mesh_interpolate_attributes_adjoint", mutates_args=())
def _attributes_adjoint(
    attributes: Tensor, faces: Tensor, triangle: Tensor, barycentric: Tensor, adjoint: Tensor
) -> Tensor:
    result = filled(torch.empty_like(attributes), 0)
    groups, rows, channels = attributes.shape
    arguments = (*_tables(attributes, faces, triangle), *arrays(barycentric.contiguous().view(-1, 2)))
    arguments += arrays(adjoint.contiguous().view(-1, channels), result.view(-1, channels))
    kernel = kernels.attributes_adjoint(channels)
    launch_owned(kernel, groups, triangle.numel() // groups, rows, arguments, result.device)
    return result


@torch.library.custom_op("limn::mesh_interpolate_weights_adjoint", mutates_args=())
def _weights_adjoint(attributes: Tensor, faces: Tensor, triangle: Tensor, adjoint: Tensor) -> Tensor:
    result = attributes.new_empty(*triangle.shape, 2)
    channels = attributes.shape[2]
    arguments = (*arrays(attributes.view(-1, channels)), *_tables(attributes, faces, triangle))
    arguments += arrays(adjoint.contiguous().view(-1, channels), result.view(-1, 2))
    launch_sliced(kernels.weights_adjoint(channels), triangle.numel(), 4096, arguments, result.device)
    return result


def _empty(attributes: Tensor, triangle: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
    channels = attributes.shape[2]
    changes = (*triangle.shape, channels, 2) if steps.numel() else (0, channels, 2)
    return attributes.new_empty(*triangle.shape, channels), attributes.new_empty(changes)


@_interpolate.register_fake
def _(attributes: Tensor, faces: Tensor, triangle: Tensor, _: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
    return _empty(attributes, triangle, steps)


@_attributes_adjoint.register_fake
def _(attributes: Tensor, *_: Tensor) -> Tensor:
    return torch.empty_like(attributes)


@_weights_adjoint.register_fake
def _(attributes: Tensor, faces: Tensor, triangle: Tensor, *_: Tensor) -> Tensor:
    return attributes.new_empty(*triangle.shape, 2)


def _remember(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, Tensor]) -> None:
    ctx.save_for_backward(*inputs[:4])
    ctx.mark_non_differentiable(output[1])
    ctx.set_materialize_grads(False)


def _adjoint(ctx: Any, adjoint: Tensor | None, _: Any) -> tuple[Tensor | None, ...]:
    if adjoint is None:
        return None, None, None, None, None
    attributes, faces, triangle, _ = ctx.saved_tensors
    by_attributes = _attributes_adjoint(*ctx.saved_tensors, adjoint) if ctx.needs_input_grad[0] else None
    by_weights = _weights_adjoint(attributes, faces, triangle, adjoint) if ctx.needs_input_grad[3] else None
    return by_attributes, None, None, by_weights, None


_interpolate.register_autograd(_adjoint, setup_context=_remember)
