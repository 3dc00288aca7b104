"""A prior whose score is known: two-dimensional points (as pictures of 2 x 1 pixels) from a Gaussian mixture."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from guidance.distillation import Condition, Prior
from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.frames import Frames
from limn.step import Step
from renderers.base import ParameterGroup, Renderer

MODES = torch.tensor([[0.2, 0.2], [0.8, 0.8], [0.2, 0.8]])
SPREAD = 0.05
NAMES = {"left": [1.0, 0.0, 1.0], "right": [0.0, 1.0, 0.0], "first": [1.0, 0.0, 0.0], "": [1.0, 1.0, 1.0]}


class MixturePrior(Prior):
    """Three modes; a text says which of them are meant, anything unknown means all of them.

    Args:
        poison: from this call on, the noise of row 0 is not a number.
        cured: until this call.
    """

    def __init__(self, poison: int = 1 << 30, cured: int = 1 << 30) -> None:
        self.name, self.device, self.size = "mixture", torch.device("cpu"), (2, 1)
        self.calls, self.poison, self.cured = 0, poison, cured

    def encode(self, pictures: Tensor) -> Tensor:
        return pictures[:, :1]

    def decode(self, latents: Tensor) -> Tensor:
        return latents.expand(-1, 3, -1, -1)

    def level(self, times: Tensor) -> tuple[Tensor, Tensor]:
        angle = times.clamp(0.001, 0.999).view(-1, 1, 1, 1) * math.pi / 2
        return angle.cos(), angle.sin()

    def predict_noise(self, noisy: Tensor, times: Tensor, condition: Condition) -> Tensor:
        self.calls += 1
        noise = self.exact(noisy, times, condition["weights"])
        if self.poison <= self.calls < self.cured:
            noise = noise.clone()
            noise[0] = torch.nan
        return noise

    def exact(self, noisy: Tensor, times: Tensor, weights: Tensor) -> Tensor:
        """-sigma times the score of the mixture blurred to this level, by automatic differentiation."""
        alpha, sigma = (value.view(-1, 1) for value in self.level(times))
        with torch.enable_grad():
            points = noisy.detach().flatten(1).requires_grad_()
            variance = (alpha * SPREAD).square() + sigma.square()
            square = (points[:, None] - alpha[:, None] * MODES.to(points)).square().sum(dim=2)
            density = (weights.log() - square / (2 * variance)).logsumexp(dim=1)
            (score,) = torch.autograd.grad(density.sum(), points)
        return (-sigma * score).view_as(noisy)

    def embed(self, text: str) -> Condition:
        return {"weights": torch.tensor([NAMES.get(text, NAMES[""])])}


class Points(Renderer):
    """S points as pictures of 2 x 1 pixels."""

    def __init__(self, points: Tensor) -> None:
        super().__init__()
        self.points = nn.Parameter(points.clone())

    @property
    def candidates(self) -> int:
        return len(self.points)

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        rgb = self.points.view(-1, 1, 1, 2, 1).expand(-1, 1, 3, 2, 1)
        return Frames(rgb, torch.ones_like(rgb[:, :, :1]))

    def parameter_groups(self) -> list[ParameterGroup]:
        return [ParameterGroup("points", [self.points], 0.01)]

    def constrain(self) -> None:
        self.points.clamp_(0, 1)

    def artefacts(self, folder: Path, candidate: int = 0) -> list[Artefact]:
        return []
