"""GeneratedImage: pictures that a frozen generator makes of noise, and the noise is optimised."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.files import make_folder, write_file
from limn.frames import Frames
from limn.latents import latents_to_rgb
from limn.noise import Noise
from limn.png import png
from limn.step import Step
from renderers.base import ParameterGroup, Renderer


class Generator(Protocol):
    """A frozen network that makes pictures of noise, differentiably.

    Attributes:
        device: where it computes.
        noise_shape: C, h and w of its noise.
    """

    device: torch.device
    noise_shape: tuple[int, int, int]

    def latents(self, noise: Tensor) -> Tensor:
        """Latents [N, C, h, w] of noise [N, C, h, w]."""

    def pictures(self, latents: Tensor) -> Tensor:
        """Pictures [N, 3, H, W] in 0..1 of latents."""


class ClippedSGD(torch.optim.SGD):
    """Gradient descent that shortens the gradient of each candidate that is too long.

    Args:
        params: with S as leading dimension.
        longest: norm of a candidate's gradient in a parameter.
        settings: of `torch.optim.SGD`.
    """

    def __init__(self, params: Any, longest: float, **settings: Any) -> None:
        super().__init__(params, **settings)
        self.longest = longest

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Moves the parameters that have a gradient."""
        for parameter in (p for group in self.param_groups for p in group["params"] if p.grad is not None):
            length = parameter.grad.flatten(1).norm(dim=1).view(-1, *[1] * (parameter.dim() - 1))
            parameter.grad *= (self.longest / length.clamp_min(1e-12)).clamp_max(1.0)
        super().step(closure)


class GeneratedImage(Renderer):
    """S pictures of a generator.

    Args:
        generator: makes them; it is no part of the state.
        noise: where to start [S, C, h, w], standard normal numbers.
        size: height and width of the pictures that losses see, in pixels.
        decoded: whether they see pictures; otherwise latents with a preview, so that steps do without a decoder.
        learning_rate: of the noise.

    Source: Eyring et al., ReNO: Enhancing One-step Text-to-Image Models through Reward-based Noise Optimization, 2024.
    """

    def __init__(
        self,
        generator: Generator,
        noise: Tensor,
        size: tuple[int, int],
        decoded: bool = True,
        learning_rate: float = 5.0,
    ) -> None:
        super().__init__()
        self.generator, self.size, self.decoded, self.learning_rate = generator, size, decoded, learning_rate
        self.noise = nn.Parameter(noise.clone())

    @property
    def candidates(self) -> int:
        """S, the number of pictures."""
        return len(self.noise)

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        """Makes every candidate's picture.

        Args:
            cameras: not used, pictures are flat.
            size: height and width in pixels; those that losses see when None.
            step: not used.

        Returns:
            Frames with one view, and the noise as their geometry.
        """
        latents = self.generator.latents(self.noise)
        decoded = self.decoded or size is not None
        rgb = _resized(self.generator.pictures(latents) if decoded else latents_to_rgb(latents), size or self.size)
        seen = None if decoded else latents[:, None]
        return Frames(rgb[:, None], torch.ones_like(rgb[:, None, :1]), geometry=Noise(self.noise.clone()), latents=seen)

    def parameter_groups(self) -> list[ParameterGroup]:
        """One group: ``noise``."""
        options = {"longest": 0.1, "momentum": 0.9, "nesterov": True}
        return [ParameterGroup("noise", [self.noise], self.learning_rate, ClippedSGD, options)]

    def constrain(self) -> None:
        """Leaves the noise as it is: a loss, `chi_norm`, keeps it usual."""

    @torch.no_grad()
    def artefacts(self, folder: str | Path, candidate: int = 0) -> list[Artefact]:
        """Writes ``picture.png``, as large as the generator draws, and ``noise.safetensors``.

        The noise is what a pipeline of diffusers takes as ``latents``.
        """
        folder = make_folder(Path(folder))
        noise = self.noise[candidate : candidate + 1]
        picture = self.generator.pictures(self.generator.latents(noise))[0]
        content = safetensors.torch.save({"latents": noise.detach().cpu().contiguous()})
        return [
            Artefact(write_file(folder / "picture.png", png(picture)), "picture", "Picture"),
            Artefact(write_file(folder / "noise.safetensors", content), "data", "Noise"),
        ]


def _resized(pictures: Tensor, size: tuple[int, int]) -> Tensor:
    if pictures.shape[-2:] == size:
        return pictures
    return F.interpolate(pictures, size=size, mode="bicubic", antialias=True, align_corners=False).clamp(0.0, 1.0)
