"""triplane: values of three planes at points; differentiable by the planes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from limn.checks import Arguments
from limn.launch import arrays, filled, launch_parts, launch_sliced
from renderers.fields.kernels import triplane as kernels
from renderers.fields.operations.backend import BACKENDS, Backend, dtype_of

SHARES = 2
"""Into how many shares points are cut when derivatives are added up; the same for any number of cores."""


def triplane(points: Tensor, owner: Tensor, planes: Tensor, backend: Backend = "warp") -> Tensor:
    """Interpolates between the four vertices around each point on the planes XY, XZ and YZ.

    These three are what EG3D's authors recommend; its published code has XY twice and YZ not at all.

    Args:
        points: in the box -1..1 [M, 3]; outside, what the nearest face of the box has. There is no gradient by them.
        owner: the candidate of each point, ascending integers [M].
        planes: values of S candidates at the vertices [S, 3, R, R, C], R from 2. Those at the ends lie on the faces of
            the box; the second axis of a plane's name is that of its rows.
        backend: ``warp`` (kernels for CPU and CUDA, float32) or ``reference`` (slow pure torch, any dtype).

    Returns:
        Values of the three planes after each other [M, 3 * C].

    Raises:
        InputError: an argument does not fit.

    Source: Chan et al. 2022, Efficient Geometry-aware 3D Generative Adversarial Networks.
    """
    given = Arguments("triplane")
    given.one_of("backend", backend, BACKENDS)
    points = given.numbers("points", points, "M 3", dtype=dtype_of(backend))
    planes = given.numbers("planes", planes, "S 3 R R C", dtype=dtype_of(backend))
    if planes.shape[2] < 2 or not planes.numel():
        given.refuse("planes", list(planes.shape), "at least one candidate, 2 vertices on each axis and one channel")
    owner = given.indices("owner", owner, "M", rows=len(planes), of="the candidates of the planes")
    given.countable("candidates x vertices", SHARES, *planes.shape[:4])
    given.countable("points x planes", len(points) + SHARES, 3)
    if backend == "reference":
        from renderers.fields.reference.triplane import triplane_reference

        return triplane_reference(points, owner, planes)
    values: Tensor = _interpolate(points, owner, planes)
    return values


@torch.library.custom_op("limn::field_triplane", mutates_args=())
def _interpolate(points: Tensor, owner: Tensor, planes: Tensor) -> Tensor:
    side, channels = planes.shape[3:]
    values = points.new_empty(len(points), 3 * channels)
    arguments = (*arrays(points, owner), side, *arrays(planes.view(-1, channels), values.view(-1, channels)))
    launch_sliced(kernels.interpolate(channels), 3 * len(points), 4096, arguments, points.device)
    return values


@torch.library.custom_op("limn::field_triplane_adjoint", mutates_args=())
def _interpolate_adjoint(points: Tensor, owner: Tensor, planes: Tensor, by_values: Tensor) -> Tensor:
    side, channels = planes.shape[3:]
    result, each = filled(planes.new_empty(SHARES, *planes.shape), 0), -(-len(points) // SHARES)
    arguments = (*arrays(points, owner), side, each, planes[..., 0].numel())
    arguments += arrays(by_values.contiguous().view(-1, channels), result.view(-1, channels))
    launch_parts(kernels.interpolate_adjoint(channels), 3 * SHARES, each, arguments, points.device)
    return result.sum(dim=0)


@_interpolate.register_fake
def _(points: Tensor, owner: Tensor, planes: Tensor) -> Tensor:
    return points.new_empty(len(points), 3 * planes.shape[4])


@_interpolate_adjoint.register_fake
def _(points: Tensor, owner: Tensor, planes: Tensor, _: Tensor) -> Tensor:
    return torch.empty_like(planes)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _adjoint(ctx: Any, by_values: Tensor) -> tuple[Tensor | None, ...]:
    return None, None, _interpolate_adjoint(*ctx.saved_tensors, by_values) if ctx.needs_input_grad[2] else None


_interpolate.register_autograd(_adjoint, setup_context=_remember)
