"""dense_grid: values of a grid at points, and their gradients in space; differentiable by the grid."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from limn.checks import Arguments
from limn.launch import arrays, filled, launch_pieces, launch_sliced
from renderers.fields.kernels import dense_grid as kernels
from renderers.fields.operations.backend import BACKENDS, Backend, dtype_of
from renderers.fields.operations.layers import shares_of_layers


def dense_grid(points: Tensor, owner: Tensor, table: Tensor, backend: Backend = "warp") -> Tensor:
    """Interpolates between the eight vertices around each point.

    Args:
        points: in the box -1..1 [M, 3]; outside, what the nearest face of the box has. There is no gradient by them.
        owner: the candidate of each point, ascending integers [M].
        table: values of S candidates at the vertices [S, Rz, Ry, Rx, C], from 2 vertices on each axis. Those at the
            ends lie on the faces of the box.
        backend: ``warp`` (kernels for CPU and CUDA, float32) or ``reference`` (slow pure torch, any dtype).

    Returns:
        Values [M, C].

    Raises:
        InputError: an argument does not fit.
    """
    points, owner, table = _checked("dense_grid", points, owner, table, backend)
    if backend == "reference":
        from renderers.fields.reference.dense_grid import dense_grid_reference

        return dense_grid_reference(points, owner, table)
    values: Tensor = _interpolate(points, owner, table)
    return values


def dense_grid_gradient(
    points: Tensor, owner: Tensor, table: Tensor, backend: Backend = "warp"
) -> tuple[Tensor, Tensor]:
    """Values at points, and how they change in space; both are linear in the table and differentiable by it.

    Args:
        points: see `dense_grid`.
        owner: see `dense_grid`.
        table: see `dense_grid`.
        backend: see `dense_grid`.

    Returns:
        Values [M, C], and their derivatives along x, y and z [M, C, 3]: those of the cell that a point lies in, and 0
        along an axis on which it lies outside of the box.

    Raises:
        InputError: an argument does not fit.
    """
    points, owner, table = _checked("dense_grid_gradient", points, owner, table, backend)
    if backend == "reference":
        from renderers.fields.reference.dense_grid import dense_grid_gradient_reference

        return dense_grid_gradient_reference(points, owner, table)
    values: Tensor
    gradients: Tensor
    values, gradients = _differentiate(points, owner, table)
    return values, gradients


def _checked(
    function: str, points: Tensor, owner: Tensor, table: Tensor, backend: Backend
) -> tuple[Tensor, Tensor, Tensor]:
    given = Arguments(function)
    given.one_of("backend", backend, BACKENDS)
    points = given.numbers("points", points, "M 3", dtype=dtype_of(backend))
    table = given.numbers("table", table, "S Rz Ry Rx C", dtype=dtype_of(backend))
    if min(table.shape[1:4]) < 2 or not table.numel():
        given.refuse("table", list(table.shape), "at least one candidate, 2 vertices on each axis and one channel")
    given.countable("candidates x vertices", *table.shape[:4])
    return points, given.indices("owner", owner, "M", rows=len(table), of="the candidates of the table"), table


def _arguments(points: Tensor, owner: Tensor, table: Tensor) -> tuple[Any, ...]:
    """The first arguments of all kernels."""
    return (*arrays(points, owner), tuple(table.shape[3:0:-1]))


def _rows(table: Tensor) -> Any:
    return arrays(table.view(-1, table.shape[4]))[0]


@torch.library.custom_op("limn::field_dense_grid", mutates_args=())
def _interpolate(points: Tensor, owner: Tensor, table: Tensor) -> Tensor:
    values = points.new_empty(len(points), table.shape[4])
    arguments = (*_arguments(points, owner, table), _rows(table), *arrays(values))
    launch_sliced(kernels.interpolate(table.shape[4]), len(points), 4096, arguments, points.device)
    return values


@torch.library.custom_op("limn::field_dense_grid_adjoint", mutates_args=())
def _interpolate_adjoint(points: Tensor, owner: Tensor, table: Tensor, by_values: Tensor) -> Tensor:
    result = filled(torch.empty_like(table), 0)
    arguments = (*_arguments(points, owner, table), *arrays(by_values.contiguous()), _rows(result))
    kernel = kernels.interpolate_adjoint(table.shape[4])
    pieces = shares_of_layers(points, owner, *table.shape[:2])
    launch_pieces(kernel, pieces, arguments, points.device)
    return result


@torch.library.custom_op("limn::field_dense_grid_gradient", mutates_args=())
def _differentiate(points: Tensor, owner: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    channels = table.shape[4]
    values, gradients = points.new_empty(len(points), channels), points.new_empty(len(points), channels, 3)
    arguments = (*_arguments(points, owner, table), _rows(table), *arrays(values, gradients.view(-1, 3 * channels)))
    launch_sliced(kernels.differentiate(channels), len(points), 4096, arguments, points.device)
    return values, gradients


@torch.library.custom_op("limn::field_dense_grid_gradient_adjoint", mutates_args=())
def _differentiate_adjoint(
    points: Tensor, owner: Tensor, table: Tensor, by_values: Tensor, by_gradients: Tensor
) -> Tensor:
    result, channels = filled(torch.empty_like(table), 0), table.shape[4]
    arguments = (*_arguments(points, owner, table), *arrays(by_values.contiguous()))
    arguments += (*arrays(by_gradients.contiguous().view(-1, 3 * channels)), _rows(result))
    kernel = kernels.differentiate_adjoint(channels)
    pieces = shares_of_layers(points, owner, *table.shape[:2])
    launch_pieces(kernel, pieces, arguments, points.device)
    return result


@_interpolate.register_fake
def _(points: Tensor, owner: Tensor, table: Tensor) -> Tensor:
    return points.new_empty(len(points), table.shape[4])


@_differentiate.register_fake
def _(points: Tensor, owner: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    channels = table.shape[4]
    return points.new_empty(len(points), channels), points.new_empty(len(points), channels, 3)


@_interpolate_adjoint.register_fake
@_differentiate_adjoint.register_fake
def _(points: Tensor, owner: Tensor, table: Tensor, *_: Tensor) -> Tensor:
    return torch.empty_like(table)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    ctx.save_for_backward(*inputs)


def _adjoint(ctx: Any, by_values: Tensor) -> tuple[Tensor | None, ...]:
    by_table = _interpolate_adjoint(*ctx.saved_tensors, by_values) if ctx.needs_input_grad[2] else None
    return None, None, by_table


def _gradient_adjoint(ctx: Any, by_values: Tensor, by_gradients: Tensor) -> tuple[Tensor | None, ...]:
    needed = ctx.needs_input_grad[2]
    return None, None, _differentiate_adjoint(*ctx.saved_tensors, by_values, by_gradients) if needed else None


_interpolate.register_autograd(_adjoint, setup_context=_remember)
_differentiate.register_autograd(_gradient_adjoint, setup_context=_remember)
