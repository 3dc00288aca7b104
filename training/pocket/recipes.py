"""How the models are trained: stages, learning rates, attacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Stage:
    """A part of the training.

    Attributes:
        minutes: wall time.
        size: side of the pictures in pixels.
        rate: learning rate at the start and at the end, cosine between.
        learns: ``names``: the image tower, as a linear classifier of single concepts; ``facts``: the image tower, all
            that pictures show; ``words``: the text tower, which brings names and captions to the vectors of what they
            say.
        spread: how much pictures vary at first and, reached after 60 %, in the end.
        replays: updates for each batch; after the first, each sees pictures changed by one more step of attack (Shafahi
            et al., 2019).
        radius: L2 bound of the attack at the start and at the end, for pictures of 64 x 64 pixels; the end is reached
            half way.
        batch: pictures that show something, or texts, in a batch, a multiple of 32.
        nothing: pictures that show nothing in a batch, an even number.
        noise: spread of the strengths of Gaussian noise, in units of the pixels' 0..1.
    """

    minutes: float
    size: int
    rate: tuple[float, float]
    learns: Literal["names", "facts", "words"] = "facts"
    spread: tuple[float, float] = (1.0, 1.0)
    replays: int = 1
    radius: tuple[float, float] = (0.0, 0.0)
    batch: int = 32
    nothing: int = 0
    noise: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """All stages of a training, and the seed of its draws."""

    seed: int
    stages: tuple[Stage, ...]


RECIPES: dict[str, dict[str, Recipe]] = {  # kind of device -> model -> recipe
    "cpu": {  # what the shipped weights were trained by, on one core; the third stage of the judge's had another loss
        "pocket": Recipe(
            21,
            (
                Stage(50, 32, (1e-3, 5e-4), learns="names", spread=(0.1, 1.0)),
                Stage(71, 64, (5e-4, 5e-5), nothing=2, noise=0.05),
                Stage(45, 64, (3e-4, 1e-5), nothing=2, noise=0.05),
                Stage(15, 64, (1.5e-3, 1e-5), learns="words", batch=256),
            ),
        ),
        "pocket-judge": Recipe(
            77,
            (
                Stage(35, 32, (1e-3, 5e-4), learns="names", spread=(0.1, 0.8)),
                Stage(15, 64, (5e-4, 2e-4), learns="names", spread=(0.8, 0.8)),
                Stage(16, 64, (6e-4, 1e-5)),
                Stage(15, 64, (4e-4, 1e-5)),
                Stage(10, 64, (1.5e-3, 1e-5), learns="words", batch=256),
            ),
        ),
    },
    "cuda": {
        "pocket": Recipe(
            21,
            (
                Stage(3, 32, (1e-3, 5e-4), learns="names", spread=(0.1, 1.0), batch=256),
                Stage(4, 64, (1e-3, 2e-4), batch=256, nothing=16, noise=0.1),
                Stage(5, 64, (5e-4, 1e-5), replays=4, radius=(0.2, 2.5), batch=256, nothing=64, noise=0.1),
                Stage(1, 64, (2e-3, 1e-5), learns="words", batch=1024),
            ),
        ),
        "pocket-judge": Recipe(
            77,
            (
                Stage(2, 32, (1e-3, 5e-4), learns="names", spread=(0.1, 0.8), batch=256),
                Stage(3, 64, (1e-3, 1e-5), batch=256),
                Stage(1, 64, (2e-3, 1e-5), learns="words", batch=1024),
            ),
        ),
    },
}
