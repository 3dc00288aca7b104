"""Noise that is optimised, against as many seeds, on what was optimised and on a judge that nobody optimised against.

``OMP_NUM_THREADS=1 python benchmarks/noise.py``: for each prompt the generator ``pocket`` draws a first noise, the best
of 50 and of 150 other noises (as many passes as 50 steps, and three times as many), and what 50 steps make of the
first. ``docs/noise.webp`` shows them.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image

from guidance import Encoder, load_encoder
from guidance.prompt import embed_phrases
from pipelines import optimise, read_config
from pipelines.runs.build import build
from renderers.generated import GeneratedImage

CONFIG = Path(__file__).parents[1] / "configs" / "optimise_noise.yaml"
PROMPTS = [
    "a red apple", "a banana", "a frog", "a sailboat", "a cat", "a rose", "a blue butterfly", "a pizza",
    "a palm tree", "a house", "a tropical fish", "an umbrella", "a mushroom", "a rocket", "a purple cat",
    "a green chair",
]  # fmt: skip
DRAWS = (50, 150)
OPTIMISED: dict[str, dict[str, int]] = {"50 steps": {}, "50 steps, one look": {"num_augs": 0}}
SHOWN = ("first noise", "best of 50 noises", "50 steps")


def main() -> None:
    """Prints the means over prompts, and writes the pictures."""
    reward, judge = load_encoder("pocket", precision="float32"), load_encoder("pocket-judge", precision="float32")
    world = list(judge.concepts or ())
    names = embed_phrases(world, judge)
    found: dict[str, list[Tensor]] = {}
    columns, seconds = [], dict.fromkeys(OPTIMISED, 0.0)
    for prompt in PROMPTS:
        pictures = drawn(prompt, reward, seconds)
        truth = shown(prompt, world)
        for way, rgb in pictures.items():
            seen = look(judge, rgb) @ names.T
            rank = (seen >= seen[:, world.index(truth), None]).sum(dim=1)
            likes = [look(encoder, rgb) @ embed_phrases([prompt], encoder)[0] for encoder in (reward, judge)]
            found.setdefault(way, []).append(torch.stack([*likes, (rank == 1).float(), (rank <= 5).float()]))
        columns.append(torch.cat([F.interpolate(pictures[way], 96, mode="area")[0] for way in SHOWN], dim=1))
        print(prompt, *(f"{way}: {float(values[-1][1].mean()):.3f}" for way, values in found.items()), flush=True)
    print(f"{'':24s} pocket  judge  judge's top-1  top-5  of {len(world)} names")
    for way, values in found.items():
        print(f"{way:24s}", *(f"{float(value):8.3f}" for value in torch.stack(values).mean(dim=(0, 2))))
    print({way: f"{value / len(PROMPTS):.1f} s a prompt" for way, value in seconds.items()})
    halves = [torch.cat(columns[first : first + 8], dim=2) for first in range(0, len(columns), 8)]
    sheet = (torch.cat(halves, dim=1).permute(1, 2, 0) * 255).round().byte().numpy()
    Image.fromarray(sheet).save("docs/noise.webp", quality=85)


def drawn(prompt: str, reward: Encoder, seconds: dict[str, float]) -> dict[str, Tensor]:
    """Pictures [1, 3, H, W] by the way that they were made."""
    found = {}
    for way, changes in OPTIMISED.items():
        config = read_config(CONFIG, {"prompt": prompt, "best_of": 1, "precision": "float32", **changes}.items())
        (stage,) = build(config)
        task = stage.task(None)
        renderer = task.renderer
        assert isinstance(renderer, GeneratedImage)
        if not found:
            found = {"first noise": pictures(renderer, renderer.noise)} | by_chance(prompt, renderer, reward)
        began = time.process_time()
        optimise(renderer, task.objective(), stage.settings)
        seconds[way] += time.process_time() - began
        found[way] = pictures(renderer, renderer.noise)
    return found


@torch.no_grad()
def by_chance(prompt: str, renderer: GeneratedImage, reward: Encoder) -> dict[str, Tensor]:
    """The best of many noises to the encoder that others are optimised for."""
    noise = torch.randn(max(DRAWS), *renderer.noise.shape[1:], generator=torch.Generator().manual_seed(1))
    rgb = torch.cat([pictures(renderer, part) for part in noise.split(25)])
    likes = look(reward, rgb) @ embed_phrases([prompt], reward)[0]
    return {f"best of {count} noises": rgb[likes[:count].argmax(), None] for count in DRAWS}


@torch.no_grad()
def pictures(renderer: GeneratedImage, noise: Tensor) -> Tensor:
    """[N, 3, H, W] in 0..1, as large as losses see them."""
    drawn = renderer.generator.pictures(renderer.generator.latents(noise))
    return F.interpolate(drawn, renderer.size, mode="bicubic", antialias=True).clamp(0, 1)


@torch.no_grad()
def look(encoder: Encoder, rgb: Tensor) -> Tensor:
    """Embeddings of length 1 [N, D]."""
    return F.normalize(torch.cat([encoder(part).embedding for part in rgb.split(25)]), dim=-1)


def shown(prompt: str, world: list[str]) -> str:
    """What a prompt names: "a blue butterfly" is a butterfly, "a red apple" is a red apple."""
    words = prompt.split()[1:]
    return " ".join(words) if " ".join(words) in world else words[-1]


if __name__ == "__main__":
    main()
