"""Robust start: a scene begins as a blurred picture of a store, where no small change of its parameters harms it."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance import Objective, Prompt, load_encoder
from guidance.distillation.exemplars.aligned import Pairs, in_store
from guidance.distillation.exemplars.pictures import read_collection
from guidance.filters import blur, fitted
from guidance.losses.pixels import PixelDistance
from guidance.target import Target
from limn.pictures import with_longer_side
from limn.ranges import Fraction, Steps
from limn.settings import Section
from pipelines.config.run_config import RunConfig
from pipelines.loop.loop import Settings
from pipelines.loop.optimise import optimise
from pipelines.task.start import Start
from renderers.base import Renderer
from renderers.perturbed import Perturbed

SIDE = 48
"""Longer side of what is fitted, in pixels: it is blurred."""


class RobustStart(Section):
    """What a scene begins as (Implicit Inversion 2025)."""

    store: str = ""
    """Pictures with captions: a folder or a file as of ``exemplars:``; the shipped exemplars unless given. The one that
    is nearest to the prompt is the start."""
    pairs: Pairs = 64
    """How many captions near the prompt say where pictures of such words lie; 0 turns no words."""
    blur: Annotated[float, Field(gt=0, le=0.5)] = 0.06
    """Standard deviation of the blur, as a fraction of the picture."""
    gamma: Fraction = 0.05
    """By how much each tensor of parameters is disturbed while it is fitted, as a share of its length."""
    steps: Steps = 150
    """Steps of the fit."""


def start_robustly(
    renderer: Renderer, config: RunConfig, settings: RobustStart, prompt: Prompt, start: Start
) -> Tensor:
    """Makes every candidate show the blurred picture of the store that is nearest to the prompt.

    Args:
        renderer: of flat pictures; changed in place.
        config: of the run.
        settings: of the start.
        prompt: what the run looks for.
        start: keeps what was found.

    Returns:
        The blurred picture [3, h, w].

    Raises:
        InputError: a store that cannot be read.
    """

    def find() -> dict[str, Tensor]:
        picture = _nearest(config, settings, prompt)
        renderer.to(config.torch_device())
        fit(renderer, picture.to(config.torch_device()), settings, config.seed)
        return {"picture": picture, **{f"renderer.{name}": value for name, value in renderer.state_dict().items()}}

    found = start.once("robust", find)
    picture = found.pop("picture")
    renderer.load_state_dict({name.removeprefix("renderer."): value for name, value in found.items()})
    return picture


def fit(renderer: Renderer, picture: Tensor, settings: RobustStart, seed: int) -> None:
    """Fits a renderer to a picture [3, h, w] under adversarial perturbation of its parameters, in place."""
    perturbed = Perturbed(renderer, picture, settings.gamma)
    near = Objective({"near": PixelDistance(Target(picture[None]))})
    optimise(perturbed, near, Settings(settings.steps, seed, eval_every=settings.steps, last=True))


@torch.no_grad()
def _nearest(config: RunConfig, settings: RobustStart, prompt: Prompt) -> Tensor:
    """The nearest picture of the store in the proportions of the canvas, over white, blurred [3, h, w]."""
    encoder = load_encoder(config.encoder, str(config.torch_device()), config.precision, config.encoder_size)
    words, seen = in_store(prompt.embed(encoder), encoder, settings.store, settings.pairs)
    number = int((seen @ (prompt.weights.to(words) @ words)).argmax())
    height, width = with_longer_side(config.shape(), SIDE)
    side = min(height, width)
    picture = fitted(read_collection(settings.store).resized(SIDE, [number]), side, side)
    down, across = height - side, width - side
    picture = F.pad(picture, [across // 2, across - across // 2, down // 2, down - down // 2], value=1.0)
    return blur(picture, settings.blur * side)[0]
