"""accumulate: sums along rays; differentiable by the weights and by the values."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from limn.checks import Arguments
from limn.launch import arrays, launch_sliced
from limn.volume import Samples
from renderers.fields.kernels import compositing as kernels
from renderers.fields.operations.backend import BACKENDS, Backend, dtype_of
from renderers.fields.operations.composite import GRAIN


def accumulate(weights: Tensor, values: Tensor, samples: Samples, backend: Backend = "warp") -> Tensor:
    """Sums values of the samples of each ray, such as normals, by weights that `composite` found.

    Args:
        weights: of samples [M].
        values: of samples [M, C].
        samples: from `march`.
        backend: ``warp`` (kernels for CPU and CUDA, float32) or ``reference`` (slow pure torch, any dtype).

    Returns:
        For each ray the sum of weight times value [R, C]; carries the gradient of both.

    Raises:
        InputError: an argument does not fit.
    """
    given = Arguments("accumulate")
    given.one_of("backend", backend, BACKENDS)
    weights = given.numbers("weights", weights, "M", dtype=dtype_of(backend))
    values = given.numbers("values", values, "M C", dtype=dtype_of(backend))
    starts = given.indices("samples.starts", samples.starts, "B", rows=len(weights) + 1, of="the samples")
    if backend == "reference":
        ray = given.indices("samples.ray", samples.ray, "M", rows=len(starts) - 1, of="the rays")
        sums = values.new_zeros(len(starts) - 1, values.shape[1])
        return sums.index_add(0, ray, weights[:, None] * values)
    found: Tensor = _accumulate(weights, values, starts)
    return found


@torch.library.custom_op("limn::field_accumulate", mutates_args=())
def _accumulate(weights: Tensor, values: Tensor, starts: Tensor) -> Tensor:
    sums = _empty(values, starts)
    arguments = arrays(weights, values, starts, sums)
    launch_sliced(kernels.accumulate(values.shape[1]), len(sums), GRAIN, arguments, values.device)
    return sums


@torch.library.custom_op("limn::field_accumulate_adjoint", mutates_args=())
def _accumulate_adjoint(weights: Tensor, values: Tensor, starts: Tensor, by_sums: Tensor) -> tuple[Tensor, Tensor]:
    """Derivatives by the weights and by the values."""
    found = torch.empty_like(weights), torch.empty_like(values)
    arguments = arrays(weights, values, starts, by_sums.contiguous(), *found)
    launch_sliced(kernels.accumulate_adjoint(values.shape[1]), len(by_sums), GRAIN, arguments, values.device)
    return found


def _empty(values: Tensor, starts: Tensor) -> Tensor:
    return values.new_empty(len(starts) - 1, values.shape[1])


@_accumulate.register_fake
def _(weights: Tensor, values: Tensor, starts: Tensor) -> Tensor:
    return _empty(values, starts)


@_accumulate_adjoint.register_fake
def _(weights: Tensor, values: Tensor, starts: Tensor, by_sums: Tensor) -> tuple[Tensor, Tensor]:
    return torch.empty_like(weights), torch.empty_like(values)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _adjoint(ctx: Any, by_sums: Tensor) -> tuple[Tensor, Tensor, None]:
    by_weights, by_values = _accumulate_adjoint(*ctx.saved_tensors, by_sums)
    return by_weights, by_values, None


_accumulate.register_autograd(_adjoint, setup_context=_remember)
