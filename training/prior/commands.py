"""The prior's part of the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Generator, Tensor

from guidance.encoders import load_encoder
from guidance.pocket.load import concepts
from guidance.pocket.prior.load import load_pipeline
from training.prior.evaluate import SEED, PriorEvaluation
from training.prior.recipes import RECIPES
from training.prior.sheet import contact_sheet
from training.prior.ship import ship
from training.prior.train import PriorTrainer
from training.world.sprites import Sprites

SHOWN = 50
TOGETHER = (
    "a red circle left of a blue square",
    "a green star above a yellow heart",
    "a cat left of a dog",
    "a purple cat",
    "a blue apple",
    "a green rose",
    "a frog on a pink background",
    "a sailboat on an orange background",
    "a yellow triangle on a black background",
    "a pencil sketch of a butterfly",
)


def train_prior(sprites: Sprites, cache: Path, device: str) -> None:
    """Trains until the recipe's time is over; goes on where it was stopped."""
    PriorTrainer(sprites, cache, RECIPES[device], device).run()


def ship_prior(sprites: Sprites, cache: Path) -> None:
    """Writes what the checkpoint holds beside the code."""
    ship(PriorTrainer(sprites, cache, RECIPES["cpu"]))


def evaluate_prior(encoder: str, count: int, device: str) -> dict[str, float]:
    """How many of its pictures an encoder recognises, in percent."""
    return PriorEvaluation(_draw(device), load_encoder(encoder), device).all(count)


def sample_prior(texts: list[str], out: Path, device: str) -> None:
    """Writes a contact sheet of some texts, or of concepts from all over the world and what words do to them."""
    names = concepts()
    texts = texts or [*(names[number * len(names) // SHOWN] for number in range(SHOWN)), *TOGETHER]
    contact_sheet(_draw(device)(texts, Generator(device).manual_seed(SEED)), texts, out)


def _draw(device: str) -> Callable[[list[str], Generator], Tensor]:
    pipeline = load_pipeline()
    pipeline.transformer.to(torch.device(device))
    return pipeline.draw
