"""activate: raw values and colours behind their functions; differentiable by the values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from limn.checks import Arguments
from limn.launch import arrays, launch_sliced
from renderers.fields.kernels import activation as kernels

Blob = Literal["none", "magic3d", "dreamfusion"]

BLOBS: tuple[str, ...] = get_args(Blob)

ROWS = 1024
"""Samples of one thread on a CPU."""


@dataclass(frozen=True)
class Activation:
    """From raw values to density.

    Args:
        softplus: density is log(1 + exp(raw - shift)); otherwise it is exp(raw - shift).
        shift: what is taken off raw values.
        blob: what is added to raw values, see `renderers.fields.densities.radiance`.
        scale: of the blob.
        width: of the blob.
    """

    softplus: bool
    shift: float
    blob: Blob
    scale: float
    width: float

    @property
    def numbers(self) -> tuple[int, float, int, float, float]:
        """What kernels get."""
        return int(self.softplus), self.shift, BLOBS.index(self.blob), self.scale, self.width


def activate(values: Tensor, points: Tensor, lengths: Tensor, activation: Activation) -> tuple[Tensor, Tensor, Tensor]:
    """Opacity and colours of samples; the definition is `Density.show`.

    Args:
        values: a number and three colours before the sigmoid, of each sample [M, 4].
        points: where they are, in the box -1..1 [M, 3].
        lengths: of the intervals [M].
        activation: from raw values to density.

    Returns:
        Raw values [M]: the number and the blob; opacity, 0..1 [M]; and colours, 0..1 [M, 3]. All carry the gradient of
        the values.

    Raises:
        InputError: an argument does not fit.
    """
    given = Arguments("activate")
    values = given.numbers("values", values, "M 4")
    points = given.numbers("points", points, "M 3")
    lengths = given.numbers("lengths", lengths, "M")
    found: tuple[Tensor, Tensor, Tensor] = _activate(values, points, lengths, *activation.numbers)
    return found


def _launch(kernel: Any, count: int, arguments: tuple[Any, ...], device: torch.device) -> None:
    each = ROWS if device.type == "cpu" else 1
    launch_sliced(kernel, -(-count // each), 4, (each, *arguments), device)


@torch.library.custom_op("limn::field_activate", mutates_args=())
def _activate(
    values: Tensor, points: Tensor, lengths: Tensor, softplus: int, shift: float, blob: int, scale: float, width: float
) -> tuple[Tensor, Tensor, Tensor]:
    found = _empty(values)
    arguments = (*arrays(values, points, lengths), softplus, shift, blob, scale, width, *arrays(*found))
    _launch(kernels.activate, len(values), arguments, values.device)
    return found


@torch.library.custom_op("limn::field_activate_adjoint", mutates_args=())
def _activate_adjoint(
    lengths: Tensor,
    softplus: int,
    shift: float,
    raw: Tensor,
    alpha: Tensor,
    colours: Tensor,
    by_alpha: Tensor,
    by_colours: Tensor,
) -> Tensor:
    by_values = alpha.new_empty(len(alpha), 4)
    adjoints = (by_alpha.contiguous(), by_colours.contiguous())
    arguments = (*arrays(lengths), softplus, shift, *arrays(raw, alpha, colours, *adjoints, by_values))
    _launch(kernels.activate_adjoint, len(alpha), arguments, alpha.device)
    return by_values


def _empty(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    count = len(values)
    return values.new_empty(count), values.new_empty(count), values.new_empty(count, 3)


@_activate.register_fake
def _(values: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor]:
    return _empty(values)


@_activate_adjoint.register_fake
def _(lengths: Tensor, *_: Any) -> Tensor:
    return lengths.new_empty(len(lengths), 4)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    ctx.save_for_backward(inputs[2], *output)
    ctx.numbers = inputs[3:5]
    ctx.set_materialize_grads(False)


def _adjoint(
    ctx: Any, by_raw: Tensor | None, by_alpha: Tensor | None, by_colours: Tensor | None
) -> tuple[Tensor | None, ...]:
    lengths, raw, alpha, colours = ctx.saved_tensors
    by_alpha = torch.zeros_like(alpha) if by_alpha is None else by_alpha
    by_colours = torch.zeros_like(colours) if by_colours is None else by_colours
    by_values = _activate_adjoint(lengths, *ctx.numbers, raw, alpha, colours, by_alpha, by_colours)
    if by_raw is not None:
        by_values[:, 0] += by_raw
    return by_values, *[None] * 7


_activate.register_autograd(_adjoint, setup_context=_remember)
