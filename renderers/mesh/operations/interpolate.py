"""interpolate: attributes of vertices at every fragment; differentiable by attributes and barycentric weights."""

from __future__ import annotations

from typing import Any, Literal, overload

import torch
from torch import Tensor

from limn.checks import Arguments
from limn.launch import arrays, filled, launch_owned, launch_sliced
from renderers.mesh import kernels
from renderers.mesh.operations.fragments import BACKENDS, Backend, Fragments, checked, dtype_of


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
        attributes: of vertices [A, P, C], where A divides N; picture n uses attributes[n // (N // A)]. [P, C] for all.
        faces: rows of attributes at each triangle's corners, integers [F, 3]; the table that was rasterised or another
            one of the same triangles, as for texture coordinates.
        fragments: from `rasterise`.
        derivatives: whether to also give the attributes' change from a pixel to the next.
        backend: ``warp``, ``reference`` or ``nvdiffrast``, see `rasterise`.

    Returns:
        Values [N, L, H, W, C], zero where nothing is seen; with ``derivatives`` also their steps right and down
        [N, L, H, W, C, 2]. Both carry the gradient of the attributes and of what the fragments carry.

    Raises:
        InputError: an argument does not fit, or the back end is not installed.
    """
    given = Arguments("interpolate")
    given.one_of("backend", backend, BACKENDS)
    attributes = given.numbers("attributes", attributes, "A P C", "P C", dtype=dtype_of(backend))
    attributes = attributes if attributes.ndim == 3 else attributes[None]
    faces = given.indices("faces", faces, "F 3", rows=attributes.shape[1], of="the rows of attributes")
    fragments = checked(given, fragments, backend, len(faces))
    given.divisor("attributes", len(attributes), len(fragments.triangle))
    if backend == "reference":
        from renderers.mesh.reference.interpolate import interpolate_reference

        both = interpolate_reference(attributes, faces, fragments)
        return both if derivatives else both[0]
    if backend == "nvdiffrast":
        from renderers.mesh.operations.nvdiffrast import interpolate_nvdiffrast

        return interpolate_nvdiffrast(attributes, faces, fragments, derivatives)
    steps = fragments.steps if derivatives else fragments.steps.new_empty(0)
    values: Tensor
    changes: Tensor
    values, changes = _interpolate(attributes, faces, fragments.triangle, fragments.barycentric, steps)
    if not derivatives:
        return values
    return values, changes if attributes.requires_grad or steps.requires_grad else changes.detach()


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
    arguments += arrays(barycentric.view(-1, 2), steps.view(-1, 4))
    arguments += arrays(values.view(-1, channels), changes.view(-1, 2 * channels))
    launch_sliced(kernels.interpolate(channels), triangle.numel(), 4096, arguments, values.device)
    return values, changes


@torch.library.custom_op("limn::mesh_interpolate_attributes_adjoint", mutates_args=())
def _attributes_adjoint(
    attributes: Tensor,
    faces: Tensor,
    triangle: Tensor,
    barycentric: Tensor,
    steps: Tensor,
    adjoint: Tensor,
    by_changes: Tensor,
) -> Tensor:
    """Derivatives by the attributes, from those by values and changes, either of which may be left out."""
    result = filled(torch.empty_like(attributes), 0)
    groups, rows, channels = attributes.shape
    arguments = (*_tables(attributes, faces, triangle), *arrays(barycentric.view(-1, 2), steps.view(-1, 4)))
    arguments += arrays(adjoint.contiguous().view(-1, channels), by_changes.contiguous().view(-1, 2 * channels))
    kernel = kernels.attributes_adjoint(channels)
    launched = (*arguments, *arrays(result.view(-1, channels)))
    launch_owned(kernel, groups, triangle.numel() // groups, rows, launched, result.device)
    return result


@torch.library.custom_op("limn::mesh_interpolate_weights_adjoint", mutates_args=())
def _weights_adjoint(attributes: Tensor, faces: Tensor, triangle: Tensor, adjoint: Tensor) -> Tensor:
    result = attributes.new_empty(*triangle.shape, 2)
    channels = attributes.shape[2]
    arguments = (*arrays(attributes.view(-1, channels)), *_tables(attributes, faces, triangle))
    arguments += arrays(adjoint.contiguous().view(-1, channels), result.view(-1, 2))
    launch_sliced(kernels.weights_adjoint(channels), triangle.numel(), 4096, arguments, result.device)
    return result


@torch.library.custom_op("limn::mesh_interpolate_steps_adjoint", mutates_args=())
def _steps_adjoint(attributes: Tensor, faces: Tensor, triangle: Tensor, by_changes: Tensor) -> Tensor:
    result = attributes.new_empty(*triangle.shape, 2, 2)
    channels = attributes.shape[2]
    arguments = (*arrays(attributes.view(-1, channels)), *_tables(attributes, faces, triangle))
    arguments += arrays(by_changes.contiguous().view(-1, 2 * channels), result.view(-1, 4))
    launch_sliced(kernels.steps_adjoint(channels), triangle.numel(), 4096, arguments, result.device)
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


@_steps_adjoint.register_fake
def _(attributes: Tensor, faces: Tensor, triangle: Tensor, by_changes: Tensor) -> Tensor:
    return attributes.new_empty(*triangle.shape, 2, 2)


@_weights_adjoint.register_fake
def _(attributes: Tensor, faces: Tensor, triangle: Tensor, *_: Tensor) -> Tensor:
    return attributes.new_empty(*triangle.shape, 2)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    ctx.save_for_backward(*inputs)
    ctx.set_materialize_grads(False)


def _adjoint(ctx: Any, adjoint: Tensor | None, by_changes: Tensor | None) -> tuple[Tensor | None, ...]:
    attributes, faces, triangle, barycentric, steps = ctx.saved_tensors
    if not steps.numel():  # changes were left out
        by_changes = None
    tables, needed = (attributes, faces, triangle), ctx.needs_input_grad
    by_attributes = by_weights = by_steps = None
    if needed[0] and not (adjoint is None and by_changes is None):
        given = [attributes.new_empty(0) if by is None else by for by in (adjoint, by_changes)]
        by_attributes = _attributes_adjoint(*tables, barycentric, steps, *given)
    if needed[3] and adjoint is not None:
        by_weights = _weights_adjoint(*tables, adjoint)
    if needed[4] and by_changes is not None:
        by_steps = _steps_adjoint(*tables, by_changes)
    return by_attributes, None, None, by_weights, by_steps


_interpolate.register_autograd(_adjoint, setup_context=_remember)
