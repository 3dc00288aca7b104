"""Turn a training checkpoint into the files that are shipped."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from guidance.pocket.architecture import ARCHITECTURES
from guidance.pocket.load import FOLDER
from training.pocket.recipes import RECIPES
from training.pocket.train import Trainer
from training.world.sprites import Sprites


def ship(name: str, sprites: Sprites, checkpoints: Path, folder: Path = FOLDER) -> None:
    """Write ``<name>.safetensors`` (float16, only the token rows in use) and ``<name>.json``.

    Args:
        name: ``pocket`` or ``pocket-judge``.
        sprites: the world that the model was trained on.
        checkpoints: folder of the training's checkpoint; the averaged weights are taken.
        folder: where the files go.
    """
    trainer = Trainer(name, sprites, checkpoints, RECIPES["cpu"][name])
    state = {key: value.half() if value.is_floating_point() else value for key, value in trainer.average.items()}
    state["token_ids"] = torch.tensor(trainer.ids, dtype=torch.int32)
    size = trainer.model.visual.image_size
    config = {**ARCHITECTURES[name]}
    config["vision_cfg"] = {**config["vision_cfg"], "image_size": size if isinstance(size, int) else size[0]}
    described = {
        "open_clip": config,
        "training": {
            "seed": trainer.seed,
            "steps": trainer.steps,
            "pictures": trainer.seen,
            "minutes": round(trainer.total / 60, 1),
            "data_sha256": sprites.digest(),
        },
        "concepts": sprites.names,
        "words": sorted(trainer.captions.words()),
    }
    save_file({key: value.contiguous() for key, value in state.items()}, folder / f"{name}.safetensors")
    (folder / f"{name}.json").write_text(json.dumps(described, separators=(",", ":")) + "\n")
