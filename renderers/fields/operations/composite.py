"""composite: what samples along rays show together; differentiable by their opacity and their values."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from limn.checks import Arguments
from limn.launch import arrays, launch_sliced
from limn.volume import Samples
from renderers.fields.kernels import compositing as kernels
from renderers.fields.operations.backend import BACKENDS, Backend, dtype_of

GRAIN = 256
"""Fewest rays that are worth a slice of their own."""


def composite(
    alpha: Tensor, values: Tensor, samples: Samples, stop: float = 1e-4, backend: Backend = "warp"
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Mixes the samples of each ray front to back.

    The weight of a sample is T alpha, where T, the light that is left before it, is the product of 1 - alpha over the
    samples in front. Samples behind the place where T falls below ``stop`` have no weight and no gradient.

    Args:
        alpha: opacity of each sample, 0..1 [M].
        values: what it shows [M, C].
        samples: from `march`.
        stop: least T that is followed, from 0.
        backend: ``warp`` (kernels for CPU and CUDA, float32) or ``reference`` (slow pure torch, any dtype).

    Returns:
        Weights [M]; and of each ray its opacity, the sum of its weights [R], its colour, the weighted sum of the
        values [R, C], and its depth, the weighted sum of the distances [R], not divided by the opacity. All carry the
        gradient of alpha and of the values.

    Raises:
        InputError: an argument does not fit.

    Source: Max 1995, Optical Models for Direct Volume Rendering; Mildenhall et al. 2020, NeRF, equation 3.
    """
    given = Arguments("composite")
    given.one_of("backend", backend, BACKENDS)
    dtype = dtype_of(backend)
    alpha = given.numbers("alpha", alpha, "M", dtype=dtype)
    values = given.numbers("values", values, "M C", dtype=dtype)
    distances = given.numbers("samples.distances", samples.distances, "M", dtype=dtype)
    starts = given.indices("samples.starts", samples.starts, "B", rows=len(alpha) + 1, of="the samples")
    stop = given.number("stop", stop, least=0.0)
    if backend == "reference":
        from renderers.fields.reference.composite import composite_reference

        ray = given.indices("samples.ray", samples.ray, "M", rows=len(starts) - 1, of="the rays")
        return composite_reference(alpha, values, distances, ray, starts, stop)
    found: tuple[Tensor, Tensor, Tensor, Tensor] = _composite(alpha, values, distances, starts, stop)
    return found


@torch.library.custom_op("limn::field_composite", mutates_args=())
def _composite(
    alpha: Tensor, values: Tensor, distances: Tensor, starts: Tensor, stop: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weights, opacity, colours and depth."""
    found = _empty(alpha, values, starts)
    kernel = kernels.composite(values.shape[1])
    arguments = (*arrays(alpha, values, distances, starts), stop, *arrays(*found))
    launch_sliced(kernel, len(starts) - 1, GRAIN, arguments, alpha.device)
    return found


@torch.library.custom_op("limn::field_composite_adjoint", mutates_args=())
def _composite_adjoint(
    alpha: Tensor,
    values: Tensor,
    distances: Tensor,
    starts: Tensor,
    stop: float,
    by_weights: Tensor,
    by_opacity: Tensor,
    by_colours: Tensor,
    by_depth: Tensor,
) -> tuple[Tensor, Tensor]:
    """Derivatives by alpha and by the values, from those by the results, each of which may be left out."""
    found = torch.empty_like(alpha), torch.empty_like(values)
    kernel = kernels.composite_adjoint(values.shape[1])
    by_colours = by_colours.contiguous().view(-1, values.shape[1])
    given = arrays(by_weights.contiguous(), by_opacity.contiguous(), by_colours, by_depth.contiguous())
    arguments = (*arrays(alpha, values, distances, starts), stop, *given, *arrays(*found))
    launch_sliced(kernel, len(starts) - 1, GRAIN, arguments, alpha.device)
    return found


def _empty(alpha: Tensor, values: Tensor, starts: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rays = len(starts) - 1
    return torch.empty_like(alpha), alpha.new_empty(rays), alpha.new_empty(rays, values.shape[1]), alpha.new_empty(rays)


@_composite.register_fake
def _(
    alpha: Tensor, values: Tensor, distances: Tensor, starts: Tensor, stop: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return _empty(alpha, values, starts)


@_composite_adjoint.register_fake
def _(alpha: Tensor, values: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
    return torch.empty_like(alpha), torch.empty_like(values)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    ctx.save_for_backward(*inputs[:4])
    ctx.stop = inputs[4]
    ctx.set_materialize_grads(False)


def _adjoint(ctx: Any, *adjoints: Tensor | None) -> tuple[Tensor | None, ...]:
    alpha = ctx.saved_tensors[0]
    given = [alpha.new_empty(0) if adjoint is None else adjoint for adjoint in adjoints]
    by_alpha, by_values = _composite_adjoint(*ctx.saved_tensors, ctx.stop, *given)
    return by_alpha, by_values, None, None, None


_composite.register_autograd(_adjoint, setup_context=_remember)
