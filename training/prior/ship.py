"""Turn a training checkpoint into the folder that is shipped."""

from __future__ import annotations

from pathlib import Path

from guidance.pocket.prior.load import WEIGHTS
from training.prior.train import PriorTrainer


def ship(trainer: PriorTrainer, folder: Path = WEIGHTS) -> None:
    """Writes the averaged weights as float16, in diffusers' format.

    Args:
        trainer: resumed from its checkpoint.
        folder: where the files go.
    """
    pipeline = trainer.pipeline()
    pipeline.transformer.half()
    pipeline.save(
        folder,
        {
            "seed": trainer.recipe.seed,
            "steps": trainer.steps,
            "looks": trainer.seen,
            "minutes": round(trainer.total / 60, 1),
            "data_sha256": trainer.world.digest(),
        },
    )
