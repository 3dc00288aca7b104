"""Pictures as small networks: Fourier features, SIREN, FINER and WIRE, initialised as published."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
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

AT_ONCE = 4096
"""Points that are evaluated together on a CPU: what a layer makes of them stays in its cache, which halves the time."""


class Affine(nn.Module):
    """S affine maps. Weights and biases start uniformly within bounds.

    Args:
        shape: S, inputs, outputs.
        generator: of the start.
        bound: of the weights; torch's own, 1 / sqrt(inputs), when None.
        bias: bound of the biases; torch's own when None.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        generator: torch.Generator,
        bound: float | None = None,
        bias: float | None = None,
    ) -> None:
        super().__init__()
        candidates, inputs, outputs = shape
        usual = inputs**-0.5
        self.weight = nn.Parameter(_uniform((candidates, inputs, outputs), bound or usual, generator))
        self.bias = nn.Parameter(_uniform((candidates, 1, outputs), bias or usual, generator))

    def forward(self, values: Tensor) -> Tensor:
        """Maps values [S or 1, P, inputs] to [S, P, outputs]."""
        return torch.baddbmm(self.bias, values.expand(len(self.weight), -1, -1), self.weight)


class ComplexAffine(nn.Module):
    """S affine maps of complex numbers. A vector is its real parts, then its imaginary parts.

    Args:
        shape: S, inputs, outputs, in complex numbers.
        generator: of the start: real and imaginary parts uniform within 1 / sqrt(inputs), as torch's own.
    """

    def __init__(self, shape: tuple[int, int, int], generator: torch.Generator) -> None:
        super().__init__()
        self.real, self.imaginary = Affine(shape, generator), Affine(shape, generator)

    def forward(self, values: Tensor) -> Tensor:
        """Maps values [S, P, 2 inputs] to [S, P, 2 outputs]."""
        a, b = self.real, self.imaginary
        weight = torch.cat([torch.cat([a.weight, b.weight], dim=2), torch.cat([-b.weight, a.weight], dim=2)], dim=1)
        return torch.baddbmm(torch.cat([a.bias, b.bias], dim=2), values, weight)


def _uniform(shape: tuple[int, ...], bound: float, generator: torch.Generator) -> Tensor:
    return bound * (2 * torch.rand(shape, generator=generator) - 1)


class Network(PictureField):
    """S networks of position.

    Args:
        layers: affine maps, the last one to colours.
        activation: after every layer but the last.
        learning_rate: of all parameters.
        waves: of a first layer of Fourier features, cos and sin of 2 pi p W [2, M]; positions p themselves without.
    """

    waves: Tensor | None

    def __init__(
        self,
        layers: Sequence[nn.Module],
        activation: Callable[[Tensor], Tensor],
        learning_rate: float,
        waves: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.layers, self.activation, self.learning_rate = nn.ModuleList(layers), activation, learning_rate
        self.register_buffer("waves", waves, persistent=False)

    def forward(self, y: Tensor, x: Tensor) -> Tensor:
        """The networks at all points of a grid, see `PictureField`."""
        rows = max(1, AT_ONCE // len(x)) if y.device.type == "cpu" else len(y)
        points = torch.cartesian_prod(y, x)[None]
        parts = torch.split(points, rows * len(x), dim=1)
        colours = torch.cat([self._colours(part) for part in parts], dim=1)
        return colours.mT.reshape(-1, 3, len(y), len(x))

    def _colours(self, values: Tensor) -> Tensor:
        """Of points [1, P, 2]: [S, P, 3]."""
        if self.waves is not None:
            angle = 2 * math.pi * values @ self.waves.to(values)
            values = torch.cat([angle.cos(), angle.sin()], dim=-1)
        *hidden, last = self.layers
        for layer in hidden:
            values = self.activation(layer(values))
        colours: Tensor = last(values)
        return colours

    @torch.no_grad()
    def vanish(self) -> None:
        """Empties the last layer."""
        for parameter in self.layers[-1].parameters():
            parameter.zero_()

    def parameter_groups(self) -> list[ParameterGroup]:
        """One group: ``network``. Its bands are the layers, as later ones make faster waves of earlier ones."""
        bands = [band for band, layer in enumerate(self.layers) for _ in layer.parameters()]
        return [ParameterGroup("network", list(self.parameters()), self.learning_rate, bands=bands)]


def sine(values: Tensor, omega: float) -> Tensor:
    """SIREN's activation sin(omega z) (Sitzmann et al. 2020)."""
    return torch.sin(omega * values)


def variable_sine(values: Tensor, omega: float) -> Tensor:
    """FINER's activation sin(omega (|z| + 1) z) (Liu et al. 2024), with its whole gradient."""
    return torch.sin(omega * (values.abs() + 1) * values)


def gabor(values: Tensor, omega: float, sigma: float) -> Tensor:
    """WIRE's activation exp(j omega z - |sigma z|^2) (Saragadam et al. 2023) of complex z, see `ComplexAffine`."""
    a, b = values.chunk(2, dim=-1)
    size = torch.exp(-omega * b - sigma**2 * (a.square() + b.square()))
    return torch.cat([size * torch.cos(omega * a), size * torch.sin(omega * a)], dim=-1)


def fourier(canvas: Canvas, frequency: Frequency = 2.0, width: Width = 64, export_size: Side = 512) -> FieldImage:
    """Fourier features and a ReLU network (Tancik et al. 2020).

    Args:
        canvas: what to draw on.
        frequency: standard deviation of the features' waves, in cycles across the longer side; the same waves for all.
        width: numbers in each of three hidden layers; as many features.
        export_size: longer side of the picture that is written, in pixels.
    """
    waves = frequency / 2 * torch.randn(2, width // 2, generator=torch.Generator().manual_seed(0))
    sizes = [2 * (width // 2), width, width, width, 3]
    shapes = [(canvas.candidates, *pair) for pair in pairwise(sizes)]
    layers = [Affine(shape, canvas.generator) for shape in shapes]
    return FieldImage(Network(layers, torch.relu, 1e-3, waves), canvas, export_size)


def siren(canvas: Canvas, frequency: Frequency = 3.0, width: Width = 64, export_size: Side = 512) -> FieldImage:
    """SIREN: a network of sines (Sitzmann et al. 2020).

    Args:
        canvas: what to draw on.
        frequency: fastest wave of the first layer, in cycles across the longer side: omega / 2 pi.
        width: numbers in each of three hidden layers.
        export_size: longer side of the picture that is written, in pixels.
    """
    return FieldImage(_sines(sine, canvas, 2 * math.pi * frequency, width), canvas, export_size)


def finer(canvas: Canvas, frequency: Frequency = 2.0, width: Width = 64, export_size: Side = 512) -> FieldImage:
    """FINER: sines that are faster where their argument is larger (Liu et al. 2024).

    Args:
        canvas: what to draw on.
        frequency: as SIREN's; up to four times as much where the argument is largest.
        width: numbers in each of three hidden layers.
        export_size: longer side of the picture that is written, in pixels.
    """
    return FieldImage(_sines(variable_sine, canvas, 2 * math.pi * frequency, width), canvas, export_size)


def wire(canvas: Canvas, frequency: Frequency = 1.0, width: Width = 64, export_size: Side = 512) -> FieldImage:
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
        nn.Sequential(Affine((candidates, 2, units), generator), nn.ConstantPad1d((0, units), 0.0)),
        ComplexAffine((candidates, units, units), generator),
        Affine((candidates, 2 * units, 3), generator, units**-0.5, units**-0.5),  # the real part of a complex one
    ]
    return FieldImage(Network(layers, partial(gabor, omega=omega, sigma=omega / 2), 5e-3), canvas, export_size)


def _sines(activation: Callable[..., Tensor], canvas: Canvas, omega: float, width: int) -> Network:
    candidates, generator, hidden = canvas.candidates, canvas.generator, math.sqrt(6 / width) / omega
    layers = [Affine((candidates, 2, width), generator, 1 / 2)]
    layers += [Affine((candidates, width, outputs), generator, hidden) for outputs in (width, width, 3)]
    return Network(layers, partial(activation, omega=omega), 5e-4)
