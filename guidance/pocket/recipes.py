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
        learns: ``captions``: both towers; ``names``: the image tower alone, as a linear classifier of the concepts;
            ``words``: the text tower alone, which brings names and simple captions to the vectors of their concepts.
        spread: how much pictures of a stage of names vary at first and, reached after 60 %, in the end.
        replays: updates for each batch; after the first, each sees pictures changed by one more step of attack (Shafahi
            et al., 2019).
        radius: L2 bound of the attack at the start and at the end, for pictures of 64 x 64 pixels; the end is reached
            half way.
        batch: pictures that show something in a batch, a multiple of 32.
        captioned: how many of them get a caption.
        named: names of concepts in a batch.
        nothing: pictures that show nothing in a batch, an even number.
        noise: spread of the strengths of Gaussian noise, in units of the pixels' 0..1.
    """

    minutes: float
    size: int
    rate: tuple[float, float]
    learns: Literal["captions", "names", "words"] = "captions"
    spread: tuple[float, float] = (0.1, 1.0)
    replays: int = 1
    radius: tuple[float, float] = (0.0, 0.0)
    batch: int = 64
    captioned: int = 24
    named: int = 64
    nothing: int = 8
    noise: float = 0.1


@dataclass(frozen=True)
class Recipe:
    """All stages of a training, and the seed of its draws."""

    seed: int
    stages: tuple[Stage, ...]


RECIPES: dict[str, dict[str, Recipe]] = {  # kind of device -> model -> recipe
    "cpu": {  # what the shipped weights were trained by, on one core
        "pocket": Recipe(
            20,
            (
                Stage(7.5, 48, (2e-3, 1e-3), learns="names"),
                Stage(21, 64, (1.5e-3, 2e-5)),
                Stage(38, 32, (1.5e-3, 4e-4), batch=128),
                Stage(22, 32, (6e-4, 2e-4), replays=2, radius=(0.1, 1.2), batch=128),
                Stage(18, 64, (6e-4, 1e-5), replays=2, radius=(0.6, 1.2)),
                Stage(18, 32, (6e-4, 2e-4), learns="names", replays=2, radius=(0.3, 1.2), batch=32, spread=(0.7, 1.0)),
                Stage(18, 64, (4e-4, 1e-5), replays=2, radius=(0.6, 1.5), batch=32, captioned=20),
            ),
        ),
        "pocket-judge": Recipe(
            77,
            (
                Stage(35, 32, (1e-3, 5e-4), learns="names", batch=32, spread=(0.1, 0.8)),
                Stage(15, 64, (5e-4, 2e-4), learns="names", batch=32, spread=(0.8, 0.8)),
                Stage(16, 64, (6e-4, 1e-5), batch=32, named=256),
                Stage(3, 64, (1e-3, 1e-5), learns="words", named=256),
            ),
        ),
    },
    "cuda": {
        "pocket": Recipe(
            20,
            (
                Stage(1, 64, (2e-3, 1e-3), learns="names", batch=256),
                Stage(4, 64, (1.5e-3, 2e-4), batch=512, captioned=192, named=512, nothing=64),
                Stage(
                    7, 64, (1e-3, 1e-5), replays=4, radius=(0.2, 2.5), batch=256, captioned=96, named=256, nothing=64
                ),
            ),
        ),
        "pocket-judge": Recipe(
            77,
            (
                Stage(1, 64, (1e-3, 5e-4), learns="names", batch=256),
                Stage(5, 64, (1e-3, 1e-5), batch=512, captioned=192, named=512, nothing=64),
            ),
        ),
    },
}
