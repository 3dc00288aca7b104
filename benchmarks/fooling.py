"""How much results fool the encoder that they are optimised against, with and without defences.

``python benchmarks/fooling.py [draw] [imagine] [text_to_3d] [--ways plain noise ...] [--output FOLDER]``: runs by
``pocket`` alone, plain and with each defence, and by distillation, for prompts on which nothing was tuned; a line for
each run, then means. `guidance.fooling` says what is measured; the judge is ``pocket-judge``.
The figures stand in ``fooling.json`` in the folder, and what stands there is not made again. ``world`` in place of
recipes measures pictures of the shipped world by their captions, which fool nobody.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

from guidance import Prompt, load_encoder
from guidance.distillation.exemplars.pictures import read_collection
from guidance.fooling import CHANGES, measure_fooling
from limn.files import read_json, write_file
from pipelines import run
from pipelines.runs.record import FILE

PROMPTS = {
    "draw": ("a yellow banana", "a green frog"),
    "imagine": ("a yellow banana", "a green frog"),
    "text_to_3d": ("a red mushroom", "a blue mug"),
}

SIMILARITY = {"loss": "text_similarity"}
SMALL: dict[str, dict[str, Any]] = {
    "draw": {"size": 64, "strokes": 48, "width": 3, "steps": 150, "best_of": 1, "preview_size": 128},
    "imagine": {"renderer": "pixels", "size": 64, "steps": 100},
    "text_to_3d": {"steps": 100, "size": 48, "preview_size": 96},
}
AWAY = {"from": 0.5, "to": 0.1, "end": 0.5, "shape": "exp"}
CLEAR = {"clear": {"loss": "transmittance", "weight": 0.5, "opacity": AWAY}}
LOOKS = {"num_augs": 8, "augment": ["perspective", {"crop": [0.4, 0.9]}, "colour"]}
TWO_SIZES = {
    "loss": "text_ensemble",
    "encoders": ["pocket", {"encoder": "pocket", "encoder_size": 96}],
    "rule": "worst",
}


def fourier(weight: float) -> dict[str, Any]:
    """Total variation in Fourier space."""
    return {"calm": {"loss": "fourier_variation", "weight": weight}}


WAYS: dict[str, dict[str, Any]] = {
    "plain": {"losses": {"clip": SIMILARITY}, "num_augs": 0},
    "augmentations": {"losses": {"clip": SIMILARITY}, **LOOKS},
    "noise": {"losses": {"clip": SIMILARITY}, "num_augs": 8, "augment": [], "smoothing": 0.3},
    "fourier": {"losses": {"clip": SIMILARITY} | fourier(0.1), "num_augs": 0},
    "two sizes": {"losses": {"clip": TWO_SIZES}, "num_augs": 0},
    "all": {"losses": {"clip": SIMILARITY} | fourier(0.02), **LOOKS, "smoothing": 0.3},
    "distillation": {},
}


def settings_of(recipe: str, way: str) -> tuple[str, dict[str, Any]]:
    """The config and the settings of a way."""
    made = {**SMALL[recipe], **WAYS[way], "video": {"formats": []}, "preview_every": 50}
    if recipe != "text_to_3d":
        return f"configs/{recipe}.yaml", made if way == "distillation" else {"by": "clip", **made}
    losses = made.get("losses", {"prior": {"loss": "distillation", "prior": "exemplars:solids", "samples": 2}})
    return "configs/dream_fields.yaml", {**made, "losses": losses | CLEAR}


def measured(recipe: str, way: str, prompt: str, output: Path) -> dict[str, float]:
    """What `evaluation.json` of a run says, and its seconds."""
    config, settings = settings_of(recipe, way)
    began = time.perf_counter()
    name = f"{way}-{prompt}".replace(" ", "-")
    result = run(config, prompt=prompt, output=output, name=recipe, run=name, **settings)
    assert result.folder is not None
    return {**read_json(result.folder / FILE)["measures"], "seconds": time.perf_counter() - began}


def measure_world(every: int = 25) -> None:
    """Prints how much pictures of the world fool, one in so many."""
    world = read_collection("")
    chosen = range(0, len(world.captions), every)
    pictures = world.resized(64, list(chosen))
    encoder, judge = (load_encoder(name, precision="float32") for name in ("pocket", "pocket-judge"))
    found = [
        measure_fooling(picture[None], Prompt.parse(world.captions[number]), encoder, judge)
        for number, picture in zip(chosen, pictures, strict=True)
    ]
    shares = torch.tensor([one["fooling"] for one in found])
    print(f"{len(found)} pictures: fooling {shares.mean():.0%}, 95 % of them below {shares.quantile(0.95):.0%}")
    for change in CHANGES:
        left = sum(one[f"fooling_{change}"] for one in found) / sum(one["fooling_score"] for one in found)
        print(f"{left:.0%} of the score is left after {change}")


def main() -> None:
    """Prints a line for each run and means for each way."""
    if sys.argv[1:] == ["world"]:
        measure_world()
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="*", default=list(PROMPTS))
    parser.add_argument("--ways", nargs="*", default=list(WAYS))
    parser.add_argument("--prompts", nargs="*", help="in place of those here, such as to tune")
    parser.add_argument("--output", default="outputs/fooling", type=Path)
    options = parser.parse_args()
    file = options.output / "fooling.json"
    found: dict[str, dict[str, float]] = json.loads(file.read_text()) if file.exists() else {}
    for recipe in options.recipes:
        prompts = options.prompts or PROMPTS[recipe]
        for way in options.ways:
            for prompt in prompts:
                key = f"{recipe} | {way} | {prompt}"
                if key not in found:
                    found[key] = measured(recipe, way, prompt, options.output)
                    write_file(file, json.dumps(found, indent=1) + "\n")
                    print(key, row([found[key]]), flush=True)
    print(f"{'mean':36s} fooling   pocket  the judge  after JPEG   blur  shift")
    for recipe in options.recipes:
        for way in options.ways:
            rows = [found[f"{recipe} | {way} | {prompt}"] for prompt in options.prompts or PROMPTS[recipe]]
            print(f"{recipe + ', ' + way:36s} {row(rows)}")


def row(numbers: list[dict[str, float]]) -> str:
    """Means as columns."""
    names = ("fooling", "fooling_score", "fooling_judge", "fooling_jpeg", "fooling_blur", "fooling_shift")
    means = [sum(one[name] for one in numbers) / len(numbers) for name in names]
    return f"{means[0]:7.0%} " + " ".join(f"{value:8.2f}" for value in means[1:])


if __name__ == "__main__":
    main()
