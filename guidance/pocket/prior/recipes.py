"""How the prior is trained: stages, learning rates, which pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

from guidance.pocket.prior.architecture import SIDE
from guidance.pocket.world.compose import Mix

WORLD = Mix(line=0.14, edges=0.0, shape=0.12, glyph=0.04, pair=0.16, recolour=0.12)


@dataclass(frozen=True)
class Stage:
    """A part of the training.

    Attributes:
        minutes: wall time.
        rate: learning rate at the start and at the end, cosine between.
        size: side of the pictures in pixels.
        pictures: in a batch, an even number.
        looks: noise levels at which each picture of a batch is seen, as drawing it costs about as much as one look.
        calm: how much place, size, turn and background vary in one half of the pictures; in the other, fully.
    """

    minutes: float
    rate: tuple[float, float]
    size: int = SIDE
    pictures: int = 8
    looks: int = 4
    calm: float = 0.3


@dataclass(frozen=True)
class Recipe:
    """All stages of a training, the seed of its draws, and the sorts of pictures."""

    seed: int
    stages: tuple[Stage, ...]
    mix: Mix = field(default=WORLD)


RECIPES: dict[str, Recipe] = {  # by kind of device
    "cpu": Recipe(31, (Stage(360, (8e-4, 4e-4), 32), Stage(360, (5e-4, 1e-5)))),
    "cuda": Recipe(31, (Stage(3, (1e-3, 8e-4), 32, pictures=384), Stage(6, (8e-4, 1e-5), pictures=256))),
}
