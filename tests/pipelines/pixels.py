"""A renderer, a loss and a recipe such as a user could write: pictures as they are, pixel by pixel."""

from __future__ import annotations

import resource
import signal
import time
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from guidance import Loss, Step
from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.errors import InputError
from limn.files import write_file
from limn.frames import Frames
from pipelines import InputPath, RunConfig, Task, build_objective
from pipelines.inputs.pictures import fit, read_picture
from renderers.base import ParameterGroup, Renderer


class Pixels(Renderer):
    """S pictures of free pixels.

    Args:
        pictures: where they start [S, 3, H, W].
    """

    def __init__(self, pictures: Tensor) -> None:
        super().__init__()
        self.colours = nn.Parameter(pictures.clone())
        self.bias = nn.Parameter(torch.zeros(len(pictures)))

    @property
    def candidates(self) -> int:
        return len(self.colours)

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        rgb = (self.colours + self.bias[:, None, None, None]).clamp(0, 1)
        if size is not None:
            rgb = nn.functional.interpolate(rgb, size)
        rgb = rgb[:, None]
        return Frames(rgb=rgb, alpha=torch.ones_like(rgb[:, :, :1]))

    def parameter_groups(self) -> list[ParameterGroup]:
        return [ParameterGroup("colours", [self.colours], 0.05), ParameterGroup("bias", [self.bias], 0.001)]

    def constrain(self) -> None:
        self.colours.clamp_(0, 1)

    def artefacts(self, folder: Path, candidate: int = 0) -> list[Artefact]:
        pixels = self.render().rgb[candidate, 0].detach().mul(255).round().byte()
        rows = [
            f'<rect x="{x}" y="{y}" width="1" height="1" fill="#{bytes(pixels[:, y, x].tolist()).hex()}"/>'
            for y in range(pixels.shape[1])
            for x in range(pixels.shape[2])
        ]
        svg, png = folder / "drawing.svg", folder / "drawing.png"
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {pixels.shape[2]} {pixels.shape[1]}">'
        svg.write_text("\n".join([head, *rows, "</svg>"]))
        Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(png)
        return [Artefact(svg, "drawing"), Artefact(png, "picture")]


class Near(Loss):
    """Mean squared distance to the target, looked at with noise.

    Args:
        target: picture [1, 3, H, W].
        noise: standard deviation of what is added to the target while training.
        poison: from this step on candidate 0 is not a number.
        cured: until this step.
    """

    def __init__(self, target: Tensor, noise: float = 0.05, poison: int = -1, cured: int = 1 << 30) -> None:
        super().__init__()
        self.register_buffer("target", target)
        self.noise, self.poison, self.cured = noise, poison, cured

    def forward(self, frames: Frames, step: Step) -> Tensor:
        target = self.target.expand(len(frames.rgb), -1, -1, -1)
        if step.training:
            target = target + self.noise * torch.randn(target.shape, generator=step.generator("near"))
        values = (frames.rgb[:, 0] - target).square().flatten(1).mean(dim=1)
        if step.training and 0 <= self.poison <= step.index < self.cured:
            values = values * torch.tensor([torch.nan] + [1.0] * (len(values) - 1))
        return values


class Interruption(Loss):
    """Nothing, but someone presses Ctrl-C.

    Args:
        at: step at which that happens.
        times: how often.
        signal: its name.
    """

    def __init__(self, at: int, times: int = 1, signal: str = "SIGINT") -> None:
        super().__init__()
        self.at, self.times, self.signal = at, times, signal

    def forward(self, frames: Frames, step: Step) -> Tensor:
        if step.training and step.index == self.at:
            for _ in range(self.times):
                signal.raise_signal(signal.Signals[self.signal])
        return frames.rgb.flatten(1).sum(dim=1) * 0


class Threads(Loss):
    """Brightness, times the number of threads, as a sum whose order depends on it."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        return torch.get_num_threads() * frames.rgb.flatten(1).mean(dim=1)


class Shortage(Loss):
    """Nothing, but files can become no larger from some step on.

    Args:
        at: the step.
        room: bytes.
    """

    def __init__(self, at: int, room: int) -> None:
        super().__init__()
        self.at, self.room = at, room

    def forward(self, frames: Frames, step: Step) -> Tensor:
        if step.training and step.index == self.at:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.room, resource.RLIM_INFINITY))
        return frames.rgb.flatten(1).sum(dim=1) * 0


class Slow(Loss):
    """Nothing, slowly.

    Args:
        seconds: per step.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def forward(self, frames: Frames, step: Step) -> Tensor:
        if step.training:
            time.sleep(self.seconds)
        return frames.rgb.flatten(1).sum(dim=1) * 0


class Mishap(Loss):
    """Nothing, but once something goes wrong.

    Args:
        at: step at which that happens.
        kind: ``hang``, ``crash``, ``defect`` or ``fault``.
        unless: a file; that it is there, it has happened.
    """

    def __init__(self, at: int, kind: str, unless: str = "") -> None:
        super().__init__()
        self.at, self.kind, self.unless = at, kind, Path(unless)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        if step.training and step.index == self.at and not (self.unless.name and self.unless.exists()):
            if self.unless.name:
                self.unless.touch()
            match self.kind:
                case "hang":
                    time.sleep(1000)
                case "crash":
                    signal.raise_signal(signal.SIGSEGV)
                case "defect":
                    raise RuntimeError("something is broken")
                case "fault":
                    raise InputError("something is wrong")
        return frames.rgb.flatten(1).sum(dim=1) * 0


def start(config: RunConfig) -> Tensor:
    generator = Step(0, 1, config.seed).generator("start")
    return torch.rand(config.best_of, 3, *config.shape(), generator=generator)


class PixelConfig(RunConfig):
    """Settings of the pixel recipe."""

    target: InputPath
    """The picture to come near to."""
    padding: int = 0
    """Bytes to make the animation longer by."""
    signals: tuple[str, ...] = ()
    """Names of signals that come while results are written."""


def pixels(config: PixelConfig) -> Task:
    """A picture is copied pixel by pixel."""
    target = fit(read_picture(config.target), config.shape())
    renderer = Pixels(start(config))
    animation = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{" " * config.padding}</svg>'

    def animate(folder: Path, candidate: int) -> list[Artefact]:
        for name in config.signals:
            signal.raise_signal(signal.Signals[name])
        return [Artefact(write_file(folder / "animation.svg", animation), "animation")]

    return Task(renderer, lambda: build_objective(config, target=target), {"target": target[0]}, artefacts=animate)
