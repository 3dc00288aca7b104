"""Smoothing: offsets of vertices that vary slowly over a mesh, by the inverse of I + strength L."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from limn.launch import arrays, launch_sliced
from limn.surface import Connectivity
from renderers.mesh import kernels

ERROR = 1e-5
"""Largest relative error of a solution, about what float32 can hold."""


class Smoothing(nn.Module):
    """Multiplies values at vertices by (I + strength L)^-1, where L is the graph Laplacian, degree minus adjacency.

    A constant stays as it is; what changes from vertex to vertex shrinks. No result exceeds the largest value.

    Source: Nicolet, Jacobson and Jakob 2021, "Large steps in inverse rendering of geometry". They factorise the
    matrix; here the Chebyshev iteration solves it, which has a fixed number of rounds and no sums over vertices.

    Args:
        connectivity: of the mesh.
        count: P, its vertices.
        strength: lambda, from 0; values reach about sqrt(lambda) edges far.
    """

    starts: Tensor
    neighbours: Tensor

    def __init__(self, connectivity: Connectivity, count: int, strength: float) -> None:
        super().__init__()
        self.strength = strength
        both = torch.cat([connectivity.edges, connectivity.edges.flip(1)])
        degree = torch.bincount(both[:, 0], minlength=count)
        starts = torch.cat([degree.new_zeros(1), degree.cumsum(0)])
        self.register_buffer("starts", starts.int(), persistent=False)
        self.register_buffer("neighbours", both[both[:, 0].argsort(stable=True), 1].int(), persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        """The smooth values of S candidates [S, P, 3]."""
        if self.strength == 0:
            return values
        smooth: Tensor = _solved(values.contiguous(), self.starts, self.neighbours, self.strength)
        return smooth

    def inverse(self, values: Tensor) -> Tensor:
        """(I + strength L) times values [S, P, 3], which smoothing turns into these values."""
        degree = self.starts.diff().long()
        owner = torch.arange(len(degree), device=degree.device).repeat_interleave(degree)
        pull = torch.zeros_like(values).index_add(1, owner, values[:, self.neighbours.long()])
        return values + self.strength * (degree[:, None] * values - pull)


@torch.library.custom_op("limn::mesh_smooth", mutates_args=())
def _solved(values: Tensor, starts: Tensor, neighbours: Tensor, strength: float) -> Tensor:
    """(I + strength L)^-1 times values [S, P, 3]."""
    before, now = torch.zeros_like(values), torch.zeros_like(values)
    rough, a, b = arrays(*(tensor.view(-1, 3) for tensor in (values, before, now)))
    table = (*arrays(starts, neighbours), values.shape[1], strength)
    for momentum, rate in chebyshev(strength):
        launch_sliced(kernels.relax, values.numel() // 3, 8192, (rough, b, a, *table, momentum, rate), values.device)
        before, now, a, b = now, before, b, a
    return now


@_solved.register_fake
def _(values: Tensor, *_: Any) -> Tensor:
    return torch.empty_like(values)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    ctx.table = inputs[1:]


def _adjoint(ctx: Any, adjoint: Tensor) -> tuple[Tensor | None, ...]:
    # The matrix is symmetric, and every round is linear.
    return _solved(adjoint.contiguous(), *ctx.table), None, None, None


_solved.register_autograd(_adjoint, setup_context=_remember)


def chebyshev(strength: float) -> Iterator[tuple[float, float]]:
    """Momentum and rate of each round of the Chebyshev iteration for I + strength L, divided by its diagonal.

    The eigenvalues lie below 2. Edges of a planar graph can be given to their ends so that none gets more than three
    (Nash-Williams 1964), from which follows that the eigenvalues lie above 1 / (1.5 + 6 strength). Where a mesh is far
    from planar, the smoothest parts are found less exactly.

    Source: Golub and Varga 1961.
    """
    low, high = 1.0 / (1.5 + 6.0 * strength), 2.0
    middle, half = (high + low) / 2, (high - low) / 2
    ratio = math.sqrt(low / high)
    yield 0.0, 1.0 / middle
    rho = half / middle
    for _ in range(math.ceil(math.log(2.0 / ERROR) / math.log((1.0 + ratio) / (1.0 - ratio)))):
        new = 1.0 / (2.0 * middle / half - rho)
        yield new * rho, 2.0 * new / half
        rho = new
