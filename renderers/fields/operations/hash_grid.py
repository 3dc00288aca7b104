"""hash_grid: features of a multi-resolution hash grid at points; differentiable by its table."""

from __future__ import annotations

from typing import Any, Literal, get_args

import torch
from torch import Tensor

from limn.checks import Arguments
from limn.launch import arrays, filled, launch_parts, launch_sliced
from renderers.fields.kernels import hash_grid as kernels
from renderers.fields.operations.backend import BACKENDS, Backend, dtype_of
from renderers.fields.operations.levels import Levels

Interpolation = Literal["linear", "smoothstep"]


def hash_grid(
    points: Tensor,
    owner: Tensor,
    table: Tensor,
    levels: Levels,
    open: int | None = None,
    interpolation: Interpolation = "linear",
    backend: Backend = "warp",
) -> Tensor:
    """Interpolates between the eight vertices around each point on every level.

    Index and layout are those of tiny-cuda-nn: what one has learned, the other can read.

    Args:
        points: in the box -1..1 [M, 3]; outside, what the nearest face of the box has. There is no gradient by them.
        owner: the candidate of each point, ascending integers [M].
        table: of S candidates, the rows of all levels after each other [S, T, F].
        levels: how they lie there.
        open: how many levels count; the features of finer ones and their gradients are zero. None for all.
        interpolation: ``linear``, or ``smoothstep`` for first derivatives in space that are continuous.
        backend: ``warp`` (kernels for CPU and CUDA, float32) or ``reference`` (slow pure torch, any dtype).

    Returns:
        Features, from the coarsest level to the finest [M, L * F].

    Raises:
        InputError: an argument does not fit.

    Source: Mueller et al. 2022, Instant Neural Graphics Primitives with a Multiresolution Hash Encoding.
    """
    given = Arguments("hash_grid")
    given.one_of("backend", backend, BACKENDS)
    given.one_of("interpolation", interpolation, get_args(Interpolation))
    points = given.numbers("points", points, "M 3", dtype=dtype_of(backend))
    table = given.numbers("table", table, f"S {levels.offsets[-1]} F", dtype=dtype_of(backend))
    if not table.numel():
        given.refuse("table", list(table.shape), "at least one candidate and one feature")
    owner = given.indices("owner", owner, "M", rows=len(table), of="the candidates of the table")
    open = given.count("open", levels.count if open is None else open)
    if open > levels.count:
        given.refuse("open", open, f"at most {levels.count}, the levels")
    given.countable("candidates x rows", *table.shape[:2])
    given.countable("points x levels", len(points), levels.count)
    if backend == "reference":
        from renderers.fields.reference.hash_grid import hash_grid_reference

        return hash_grid_reference(points, owner, table, levels, open, interpolation)
    features: Tensor = _encode(points, owner, table, *levels.layout(points.device), open, interpolation == "smoothstep")
    return features


@torch.library.custom_op("limn::field_hash_grid", mutates_args=())
def _encode(
    points: Tensor, owner: Tensor, table: Tensor, scales: Tensor, layout: Tensor, open: int, smooth: bool
) -> Tensor:
    each = table.shape[2]
    features = points.new_empty(len(points), len(scales) * each)
    if open < len(scales):
        features[:, open * each :] = 0
    arguments = (*arrays(points, owner, scales, layout), int(smooth), table.shape[1])
    arguments += arrays(table.view(-1, each), features.view(-1, each))
    launch_sliced(kernels.encode(each), open * len(points), 4096, arguments, points.device)
    return features


@torch.library.custom_op("limn::field_hash_grid_adjoint", mutates_args=())
def _encode_adjoint(
    points: Tensor,
    owner: Tensor,
    table: Tensor,
    scales: Tensor,
    layout: Tensor,
    open: int,
    smooth: bool,
    by_features: Tensor,
) -> Tensor:
    result, each = filled(torch.empty_like(table), 0), table.shape[2]
    arguments = (*arrays(points, owner, scales, layout), int(smooth), table.shape[1])
    arguments += arrays(by_features.contiguous().view(-1, each), result.view(-1, each))
    launch_parts(kernels.encode_adjoint(each), open, len(points), arguments, points.device)
    return result


@_encode.register_fake
def _(points: Tensor, owner: Tensor, table: Tensor, scales: Tensor, *_: Any) -> Tensor:
    return points.new_empty(len(points), len(scales) * table.shape[2])


@_encode_adjoint.register_fake
def _(points: Tensor, owner: Tensor, table: Tensor, *_: Any) -> Tensor:
    return torch.empty_like(table)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    ctx.save_for_backward(*inputs[:5])
    ctx.mode = inputs[5:]


def _adjoint(ctx: Any, by_features: Tensor) -> tuple[Tensor | None, ...]:
    by_table = None
    if ctx.needs_input_grad[2]:
        by_table = _encode_adjoint(*ctx.saved_tensors, *ctx.mode, by_features)
    return None, None, by_table, None, None, None, None


_encode.register_autograd(_adjoint, setup_context=_remember)
