"""Whether an edit looks alike from all sides: python benchmarks/views.py [MODEL,PROMPT ...] [--sheet FILE] [--sides].

Runs a small `configs/stylise_mesh.yaml` as it is, with the loss `multiview_direction` for the words of each view alone
(``consistency: 0``), and with agreement of near views. Prints the CLIP score, the mean likeness of neighbouring views
and the least, all by `pocket-judge`, which nothing is optimised against, and the means of all pairs.

With ``--sides`` alone: how often pocket takes a solid for the side that it shows, by "a dog, front view" and the like.

The runs stay in ``outputs/views`` and are not made again.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision.transforms.functional import resize, to_pil_image

sys.path.insert(0, str(Path(__file__).parents[1]))

from guidance import load_encoder
from guidance.prompt import embed_phrases
from guidance.views import VIEWS
from limn.cameras import orbit
from pipelines import run
from pipelines.evaluate.evaluate import evaluate
from pipelines.evaluate.looks import drawn, of_model
from renderers.solids import solid

CONFIG = "configs/stylise_mesh.yaml"
MODELS = Path("configs/assets/models")
OUTPUT = Path("outputs/views")
PAIRS = (
    "mushroom,a watermelon", "rocket,a carrot", "vase,a pineapple", "house,a wrapped gift", "dog,a tiger", "dog,a zebra"
)  # fmt: skip
"""None of which the weights were chosen with."""

SOLIDS = ("a car", "a boat", "a fish", "a house", "a rocket", "a chair", "a dog", "a mug")

CAMERAS = {"count": 4, "elevation": [-5, 35], "distance": [2.3, 2.5], "fov": [45, 50], "shake": 0, "aim": 0}
SMALL: dict[str, Any] = {
    "steps": 100,
    "size": 64,
    "preview_size": 64,
    "eval_every": 50,
    "cameras": {"dreamfusion": CAMERAS},
}
TERM = {"loss": "multiview_direction", "num_augs": 1, "weight": {"from": 0, "to": 0.1, "start": 0.3, "end": 0.6}}
WAYS = {"as shipped": None, "with words of views": 0.0, "and agreement": 2.0}
MEASURES = ("clip_score", "view_consistency", "view_consistency_least")


def made(model: str, prompt: str, way: str, seed: int) -> Path:
    """The folder of a run, from before where there is one."""
    name = f"{model} {prompt} {way} {seed}".replace(" ", "-")
    if not (OUTPUT / name / "model.glb").exists():
        settings = SMALL | {"model": str(MODELS / f"{model}.glb"), "prompt": prompt, "seed": seed, "video.formats": []}
        if WAYS[way] is not None:
            settings["losses.views"] = TERM | {"start": f"a {model}", "consistency": WAYS[way]}
        run(CONFIG, output=OUTPUT.parent, name=OUTPUT.name, run=name, **settings)
    return OUTPUT / name


def row(folder: Path) -> Tensor:
    """Eight views side by side, none of which was optimised [3, 112, 896]."""
    return torch.cat(list(resize(of_model(folder / "model.glb", 8), [112, 112], antialias=True)), dim=2)


@torch.no_grad()
def sides(name: str = "pocket") -> None:
    """Prints for how many of three views of each solid the words for that view are the nearest."""
    encoder, right = load_encoder(name, precision="float32"), 0
    cameras = orbit(torch.tensor([0.0, math.pi / 2, math.pi]), math.radians(15.0), 2.5, math.radians(50.0))
    for thing in SOLIDS:
        made = solid(thing)
        assert made is not None
        texts = embed_phrases([f"{thing}, {view}" for view in VIEWS[:3]], encoder)
        seen = encoder(drawn(made.mesh(), cameras)).embedding @ texts.T
        right += int((seen.argmax(dim=1) == torch.arange(3)).sum())
    print(f"{name}: {right} of {3 * len(SOLIDS)} views are named right; by chance {len(SOLIDS)}")


def main() -> None:
    """Prints a line for each run, and the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", nargs="*", default=PAIRS, help="a model of configs/assets/models, a comma, a prompt")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1], help="of the runs")
    parser.add_argument("--sheet", help="a picture of eight views of each")
    parser.add_argument("--sides", action="store_true", help="what pocket knows of sides")
    options = parser.parse_args()
    if options.sides:
        sides()
        return
    pairs = [tuple(pair.split(",")) for pair in options.pairs]
    rows = []
    for way in WAYS:
        folders = [made(model, prompt, way, seed) for seed in options.seeds for model, prompt in pairs]
        found = evaluate(folders, ["clip_score", "view_consistency"])
        for number, pair in enumerate(pairs * len(options.seeds)):
            values = found.row(number)
            print(f"{', '.join(pair):26s} {way:20s}", *(f"{values[name]:7.3f}" for name in MEASURES), flush=True)
        means = [torch.tensor(found.numbers()[name]).mean() for name in MEASURES]
        print(f"{'mean':26s} {way:20s}", *(f"{mean:7.3f}" for mean in means), flush=True)
        rows.append([row(folder) for folder in folders])
    if options.sheet:
        columns = [torch.cat(triple, dim=1) for triple in zip(*rows, strict=True)]
        to_pil_image(torch.cat(columns, dim=1).clamp(0, 1)).save(options.sheet)


if __name__ == "__main__":
    main()
