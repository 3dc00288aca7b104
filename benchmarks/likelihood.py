"""How well the likelihood of Whitened CLIP tells pictures of the world from noise.

``OMP_NUM_THREADS=1 python benchmarks/likelihood.py [encoder ...]``; ``pocket`` and ``pocket-judge`` unless given. Four
fifths of the exemplars' names teach the statistics, the pictures of the others are told from each kind of noise: the
area under the curve, 1 where all pictures are likelier, 0.5 by chance. What ``imagine by: clip`` makes of free pixels
is optimised against pocket.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.io import read_image

sys.path.insert(0, str(Path(__file__).parents[1]))

from guidance import Encoder, load_encoder
from guidance.distillation.exemplars.pictures import read_collection
from guidance.embedding.whitening import shrunk_covariance, whitening_of
from pipelines import run

SIDE, COUNT, IMAGINED = 64, 300, 16
"""Of a picture in pixels; pictures of each kind of noise, and of those that are imagined."""


def main(names: list[str]) -> None:
    """A table for each encoder: embeddings as they are and of length 1, covariances as they are and shrunk."""
    world = read_collection("")
    held_out = set(sorted(set(world.captions))[::5])
    pictures = world.resized(SIDE, [k for k, caption in enumerate(world.captions) if caption in held_out])
    teach = world.resized(SIDE, [k for k, caption in enumerate(world.captions) if caption not in held_out])
    draws = torch.Generator().manual_seed(0)
    noises = {
        "white noise": torch.rand(COUNT, 3, SIDE, SIDE, generator=draws),
        "pink noise": pink(draws),
        "shuffled pixels": torch.stack([shuffled(picture, draws) for picture in pictures[:COUNT]]),
        "imagined by clip": imagined(sorted(held_out)[:: len(held_out) // IMAGINED][:IMAGINED]),
    }
    print(f"{len(teach)} pictures teach; {len(pictures)} are told from {[len(noise) for noise in noises.values()]} of")
    for name in names:
        encoder = load_encoder(name, precision="float32")
        print(f"\n{name:30s}" + "".join(f"{title:>18s}" for title in noises))
        taught, *rest = (look(encoder, rows) for rows in (teach, pictures, *noises.values()))
        for kind in ("as they are", "of length 1"):
            for way, covariance in {"": lambda rows: rows.T.cov(), ", shrunk": shrunk_covariance}.items():
                rows, *others = (F.normalize(one, dim=-1) if kind == "of length 1" else one for one in (taught, *rest))
                matrix = whitening_of(rows.mean(dim=0), covariance(rows)).matrix
                far, *farther = (((one - rows.mean(dim=0)) @ matrix).norm(dim=1) for one in others)
                areas = [(far[:, None] < one).float().mean().item() for one in farther]
                print(f"{kind + way:30s}" + "".join(f"{area:18.3f}" for area in areas), flush=True)


def pink(draws: torch.Generator) -> Tensor:
    """Noise whose amplitudes fall with one by the frequency."""
    frequency = (torch.fft.fftfreq(SIDE)[:, None].square() + torch.fft.rfftfreq(SIDE).square()).sqrt()
    spectrum = torch.fft.rfft2(torch.randn(COUNT, 3, SIDE, SIDE, generator=draws)) / frequency.clamp_min(1 / SIDE)
    noise = torch.fft.irfft2(spectrum)
    return (0.5 + 0.2 * noise / noise.std(dim=(2, 3), keepdim=True)).clamp(0, 1)


def shuffled(picture: Tensor, draws: torch.Generator) -> Tensor:
    """A picture [3, H, W] whose pixels stand elsewhere."""
    return picture.flatten(1)[:, torch.randperm(picture[0].numel(), generator=draws)].view_as(picture)


def imagined(names: list[str]) -> Tensor:
    """Free pixels after 100 steps by CLIP alone."""
    made = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            config = {"recipe": "imagine", "prompt": name, "by": "clip", "renderer": "pixels", "steps": 100}
            result = run(config, size=2 * SIDE, output=folder)
            made.append(read_image(str(result.folder / "picture.png")).float() / 255)
    return F.interpolate(torch.stack(made), (SIDE, SIDE), mode="area")


@torch.no_grad()
def look(encoder: Encoder, pictures: Tensor) -> Tensor:
    """Embeddings as the encoder gives them."""
    return torch.cat([encoder(part).embedding for part in torch.split(pictures, 64)])


if __name__ == "__main__":
    main(sys.argv[1:] or ["pocket", "pocket-judge"])
