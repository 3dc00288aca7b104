"""A scene with views: a strip of pixels around the viewer, of which a camera sees a window; and its recipe."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from guidance import Loss, Step
from limn.artefact import Artefact
from limn.cameras import Cameras, orbit, turntable
from limn.frames import Frames
from pipelines import RunConfig, Task, build_objective
from renderers.base import ParameterGroup, Renderer


class Panorama(Renderer):
    """S strips of free pixels.

    Args:
        strips: where they start [S, 3, H, W], W a multiple of H.
    """

    def __init__(self, strips: Tensor) -> None:
        super().__init__()
        self.colours = nn.Parameter(strips.clone())
        self.seen: list[list[int]] = []

    @property
    def candidates(self) -> int:
        return len(self.colours)

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        height, width = self.colours.shape[-2:]
        cameras = turntable(4) if cameras is None else cameras
        firsts = (cameras.azimuth * (width / (2 * math.pi))).round().long() % width
        self.seen.append(firsts.tolist())
        columns = (firsts[:, None] + torch.arange(height)) % width
        rgb = self.colours[..., columns].permute(0, 3, 1, 2, 4)
        if size is not None:
            rgb = nn.functional.interpolate(rgb.flatten(0, 1), size).unflatten(0, rgb.shape[:2])
        return Frames(rgb=rgb, alpha=torch.ones_like(rgb[:, :, :1]), cameras=cameras)

    def parameter_groups(self) -> list[ParameterGroup]:
        return [ParameterGroup("colours", [self.colours], 0.05)]

    def constrain(self) -> None:
        self.colours.clamp_(0, 1)

    def artefacts(self, folder: Path, candidate: int = 0) -> list[Artefact]:
        file = folder / "strip.bin"
        file.write_bytes(self.colours[candidate].detach().numpy().tobytes())
        return [Artefact(file, "data")]


class Grey(Loss):
    """Mean squared distance to grey."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        return (frames.rgb - 0.5).square().flatten(1).mean(dim=1)


def looks(step: Step, width: int = 64) -> Cameras:
    """Three random directions in training, four fixed ones in evaluations."""
    if not step.training:
        return turntable(4)
    firsts = torch.randint(width, (3,), generator=step.generator("cameras"))
    return orbit(2 * math.pi * firsts / width, 0.0, 1.0, 1.0)


def panorama(config: RunConfig) -> Task:
    """A strip around the viewer becomes grey."""
    generator = Step(0, 1, config.seed).generator("start")
    renderer = Panorama(torch.rand(config.best_of, 3, config.shape()[0], 4 * config.shape()[1], generator=generator))
    return Task(
        renderer,
        lambda: build_objective(config),
        cameras=lambda step: looks(step, 4 * config.shape()[1]),
        turntable=turntable,
    )
