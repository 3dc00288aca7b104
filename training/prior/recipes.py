"""How the prior is trained: stages, learning rates, which pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

from guidance.pocket.prior.memory import SIDE
from training.world.compose import Mix

WORLD = Mix(line=0.06, edges=0.0, shape=0.1, glyph=0.04, pair=0.25, recolour=0.2)


@dataclass(frozen=True)
class Stage:
    """A part of the training.

    Attributes:
        minutes: wall time.
        rate: learning rate at the start and at the end, cosine between.
        size: side of the pictures in pixels.
        pictures: in a batch, a multiple of 4.
        looks: noise levels at which each picture of a batch is seen, as drawing it costs about as much as one look.
        spread: how much place, size and turn vary, 0 to 1. The background varies fully in a quarter of the pictures.
    """

    minutes: float
    rate: tuple[float, float]
    size: int = SIDE
    pictures: int = 8
    looks: int = 4
    spread: float = 0.3


@dataclass(frozen=True)
class Recipe:
    """All of a training.

    Attributes:
        seed: of its draws.
        stages: of the denoiser.
        learning: updates of the memory before them.
        mix: the sorts of pictures.
    """

    seed: int
    stages: tuple[Stage, ...]
    learning: int = 4000
    mix: Mix = field(default=WORLD)


RECIPES: dict[str, Recipe] = {  # by kind of device
    "cpu": Recipe(31, (Stage(60, (1e-3, 1e-5)), Stage(19, (6e-4, 1e-5)), Stage(60, (6e-4, 1e-5)))),
    "cuda": Recipe(31, (Stage(6, (1e-3, 1e-5), pictures=256),)),
}
