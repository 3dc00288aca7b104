"""Make the shipped statistics of the encoders: what they see in the exemplars' pictures, varied as runs vary them."""

from __future__ import annotations

from pathlib import Path

import torch

from guidance.augment import Augmentations
from guidance.distillation.exemplars.pictures import read_collection
from guidance.embedding.whitening import FOLDER, Whitening, fit_whitening
from guidance.encoders import load_encoder

VIEWS = 8
"""Of each picture."""

AUGMENT: list[str | dict[str, list[float]]] = ["perspective", {"crop": [0.8, 0.8]}]


@torch.no_grad()
def statistics(encoder: str, pictures: str = "", side: int = 64, seed: int = 0) -> Whitening:
    """The whitening of an encoder's embeddings of varied pictures.

    Args:
        encoder: its name, see `load_encoder`.
        pictures: a folder; the shipped exemplars unless given, see `read_collection`.
        side: of the pictures.
        seed: of their variation.
    """
    generator, judge = torch.Generator().manual_seed(seed), load_encoder(encoder, precision="float32")
    found = []
    for batch in torch.split(read_collection(pictures, side).resized(side), 64):
        varied = Augmentations(AUGMENT).draw(VIEWS, generator)(batch, (side, side))
        found.append(judge(varied.flatten(0, 1)).embedding)
    return fit_whitening(torch.cat(found))


def ship_whitening(encoder: str, folder: Path = FOLDER) -> None:
    """Writes the statistics of a shipped encoder beside the code that reads them."""
    statistics(encoder).save(folder / f"{encoder}.safetensors")
