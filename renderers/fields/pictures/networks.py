"""Pictures as small networks: Fourier features, SIREN, FINER and WIRE, initialised as published."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from limn.ranges import Side
from renderers.base import ParameterGroup
from renderers.fields.pictures.field_image import FieldImage, Frequency, PictureField
from renderers.registry import Canvas

Width = Annotated[int, Field(ge=4, le=1024)]
"""Numbers in a hidden layer."""


class Affine(nn.Module):
    """S affine maps. Weights and biases start uniformly within bounds.

    Args:
        shape: S, inputs, outputs.
        generator: of the start.
        weight: bound of the weights; torch's own, 1 / sqrt(inputs), when None. Biases have that one.
        is_complex: complex numbers, kept as pairs in a last dimension.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        generator: torch.Generator,
        weight: float | None = None,
        is_complex: bool = False,
    ) -> None:
        super().__init__()
        candidates, inputs, outputs = shape
        self.is_complex, parts, bound = is_complex, (2,) * is_complex, inputs**-0.5
        self.weight = nn.Parameter(_uniform((candidates, inputs, outputs, *parts), weight or bound, generator))
        self.bias = nn.Parameter(_uniform((candidates, 1, outputs, *parts), bound, generator))

    def forward(self, values: Tensor) -> Tensor:
        """Maps values [S or 1, P, inputs] to [S, P, outputs]."""
        weight, bias = self.weight, self.bias
        if self.is_complex:
            weight, bias = torch.view_as_complex(weight), torch.view_as_complex(bias)
        return torch.baddbmm(bias, values.expand(len(weight), -1, -1), weight)


def _uniform(shape: tuple[int, ...], bound: float, generator: torch.Generator) -> Tensor:
    return bound * (2 * torch.rand(shape, generator=generator) - 1)


class Network(PictureField):
    """S networks of position.

    Args:
        layers: affine maps; the last one gives colours.
        activation: after every layer but the last.
        learning_rate: of all parameters.
        waves: of a first layer of Fourier features, cos and sin of 2 pi p W [2, M]; positions p themselves without.
    """

    waves: Tensor | None

    def __init__(
        self,
        layers: Sequence[Affine],
        activation: Callable[[Tensor], Tensor],
        learning_rate: float,
        waves: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.layers, self.activation, self.learning_rate = nn.ModuleList(layers), activation, learning_rate
        self.register_buffer("waves", waves, persistent=False)

    def forward(self, y: Tensor, x: Tensor) -> Tensor:
        """The networks at all points of a grid, see `PictureField`."""
        values = torch.cartesian_prod(y, x)[None]
        if self.waves is not None:
            angle = 2 * math.pi * values @ self.waves.to(values)
            values = torch.cat([angle.cos(), angle.sin()], dim=-1)
        *hidden, last = self.layers
        for layer in hidden:
            values = self.activation(layer(values))
        colours = last(values)
        colours = colours.real if colours.is_complex() else colours
        return colours.mT.unflatten(-1, (len(y), len(x)))

    def parameter_groups(self) -> list[ParameterGroup]:
        """One group: ``network``."""
        return [ParameterGroup("network", list(self.parameters()), self.learning_rate)]


def sine(values: Tensor, omega: float) -> Tensor:
    """SIREN's activation sin(omega z) (Sitzmann et al. 2020)."""
    return torch.sin(omega * values)


def variable_sine(values: Tensor, omega: float) -> Tensor:
    """FINER's activation sin(omega (|z| + 1) z) (Liu et al. 2024), with its whole gradient."""
    return torch.sin(omega * (values.abs() + 1) * values)


def gabor(values: Tensor, omega: float, sigma: float) -> Tensor:
    """WIRE's activation exp(j omega z - |sigma z|^2) (Saragadam et al. 2023), complex."""
    return torch.exp(1j * omega * values - (sigma * values).abs().square())


def fourier(canvas: Canvas, frequency: Frequency = 5.0, width: Width = 64, export_size: Side = 512) -> FieldImage:
    """Fourier features and a ReLU network (Tancik et al. 2020).

    Args:
        canvas: what to draw on.
        frequency: standard deviation of the features' waves, in cycles across the longer side; the same waves for all.
        width: numbers in each of three hidden layers; as many features.
        export_size: longer side of the picture that is written, in pixels.
    """
    waves = frequency / 2 * torch.randn(2, width // 2, generator=torch.Generator().manual_seed(0))
    sizes = [2 * (width // 2), width, width, width, 3]
    shapes = [(canvas.candidates, *pair) for pair in zip(sizes[:-1], sizes[1:], strict=True)]
    layers = [Affine(shape, canvas.generator) for shape in shapes]
    return FieldImage(Network(layers, torch.relu, 1e-3, waves), canvas, export_size)


def siren(canvas: Canvas, frequency: Frequency = 5.0, width: Width = 64, export_size: Side = 512) -> FieldImage:
    """SIREN: a network of sines (Sitzmann et al. 2020).

    Args:
        canvas: what to draw on.
        frequency: fastest wave of the first layer, in cycles across the longer side: omega / 2 pi.
        width: numbers in each of three hidden layers.
        export_size: longer side of the picture that is written, in pixels.
    """
    return FieldImage(_sines(sine, canvas, 2 * math.pi * frequency, width), canvas, export_size)


def finer(canvas: Canvas, frequency: Frequency = 5.0, width: Width = 64, export_size: Side = 512) -> FieldImage:
    """FINER: sines that are faster where their argument is larger (Liu et al. 2024).

    Args:
        canvas: what to draw on.
        frequency: as SIREN's; up to four times as much where the argument is largest.
        width: numbers in each of three hidden layers.
        export_size: longer side of the picture that is written, in pixels.
    """
    return FieldImage(_sines(variable_sine, canvas, 2 * math.pi * frequency, width), canvas, export_size)


def wire(canvas: Canvas, frequency: Frequency = 5.0, width: Width = 64, export_size: Side = 512) -> FieldImage:
    """WIRE: a network of Gabor wavelets (Saragadam et al. 2023).

    Args:
        canvas: what to draw on.
        frequency: fastest wave of the first layer, in cycles across the longer side: omega / (sqrt(2) pi); the decay
            sigma is half of omega.
        width: real numbers in each of two hidden layers, and 1 / sqrt(2) as many complex ones.
        export_size: longer side of the picture that is written, in pixels.
    """
    omega, units = math.sqrt(2) * math.pi * frequency, round(width / math.sqrt(2))
    candidates, generator = canvas.candidates, canvas.generator
    layers = [
        Affine((candidates, 2, units), generator),
        Affine((candidates, units, units), generator, is_complex=True),
        Affine((candidates, units, 3), generator, is_complex=True),
    ]
    return FieldImage(Network(layers, partial(gabor, omega=omega, sigma=omega / 2), 5e-3), canvas, export_size)


def _sines(activation: Callable[..., Tensor], canvas: Canvas, omega: float, width: int) -> Network:
    candidates, generator, hidden = canvas.candidates, canvas.generator, math.sqrt(6 / width) / omega
    layers = [Affine((candidates, 2, width), generator, weight=1 / 2)]
    layers += [Affine((candidates, width, outputs), generator, hidden) for outputs in (width, width, 3)]
    return Network(layers, partial(activation, omega=omega), 5e-4)
