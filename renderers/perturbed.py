"""Perturbed: a renderer whose parameters are disturbed in each step so that it misses a picture most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.func import functional_call

from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.frames import Frames
from limn.step import Step
from renderers.base import ParameterGroup, Renderer


class Perturbed(Renderer):
    """Draws flat pictures with the parameters p + d of another renderer, where |d| <= gamma |p| for each tensor of each
    candidate and d climbs the squared distance to a picture; so what fits the picture lies in a flat valley, from which
    any way leads on.

    Where no gradient is asked for, nothing is disturbed.

    Args:
        renderer: whose parameters are optimised.
        picture: that it should show [3, H, W] in 0..1.
        gamma: how far parameters are disturbed, as a share of their length.

    Source: adversarial weight perturbation (Wu et al. 2020), with which Implicit Inversion (2025) prepares its starts.
    """

    def __init__(self, renderer: Renderer, picture: Tensor, gamma: float) -> None:
        super().__init__()
        self.drawn, self.gamma = _Drawn(renderer), gamma
        self.register_buffer("picture", picture, persistent=False)

    @property
    def candidates(self) -> int:
        """S, as of the renderer."""
        return self.drawn.renderer.candidates

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        """Draws every candidate in the size of the picture unless told another.

        Args:
            cameras: not used, pictures are flat.
            size: height and width in pixels; those of the picture when None.
            step: for renderers that sample.
        """
        picture: Tensor = self.picture  # type: ignore[assignment]
        size = size or (picture.shape[-2], picture.shape[-1])
        if not torch.is_grad_enabled() or self.gamma == 0:
            return self.drawn.renderer.render(None, size, step)
        plain = dict(self.drawn.named_parameters())
        missed = (self.drawn(size, step).rgb - picture).square().flatten(1).mean(dim=1)
        slopes = torch.autograd.grad(missed.sum(), list(plain.values()))
        disturbed = {
            name: values + self.gamma * _length(values.detach()) * slope / _length(slope).clamp_min(1e-30)
            for (name, values), slope in zip(plain.items(), slopes, strict=True)
        }
        frames: Frames = functional_call(self.drawn, disturbed, (size, step))
        return frames

    def parameter_groups(self) -> list[ParameterGroup]:
        """Those of the renderer."""
        return self.drawn.renderer.parameter_groups()

    def constrain(self) -> None:
        """As the renderer does."""
        self.drawn.renderer.constrain()

    def artefacts(self, folder: Path, candidate: int = 0) -> list[Artefact]:
        """Those of the renderer."""
        return self.drawn.renderer.artefacts(folder, candidate)

    def keep(self, candidates: Sequence[int]) -> None:
        """As the renderer does."""
        self.drawn.renderer.keep(candidates)


class _Drawn(nn.Module):
    """A renderer as a module that is called, as `functional_call` needs it."""

    def __init__(self, renderer: Renderer) -> None:
        super().__init__()
        self.renderer = renderer

    def forward(self, size: tuple[int, int], step: Step | None) -> Frames:
        return self.renderer.render(None, size, step)


def _length(values: Tensor) -> Tensor:
    """Of each candidate's part of a tensor [S, ...], as [S, 1, ...]."""
    lengths: Tensor = torch.linalg.vector_norm(values.flatten(1), dim=1)
    return lengths.view(-1, *[1] * (values.dim() - 1))
