"""Things from words, and whether they are retrieved: python benchmarks/text_to_3d.py [key=value ...] [--sheet FILE].

Runs `configs/text_to_3d.yaml`, with settings of your own, for twelve prompts of the world of solids or for others, and
prints the rank of each prompt among all names of the world by `pocket-judge`, from 45 degrees above (CLIP R-Precision,
Dream Fields), in how many of eight sides it is the nearest name, the same of the solid itself, and the seconds.

The runs stay in ``outputs/worlds`` and are not made again; ``python run.py evaluate outputs/worlds/text_to_3d
classes=solids measures=r_precision`` says the same of them.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from guidance import load_encoder
from guidance.encoders import Encoder
from limn.cameras import Cameras, join, orbit
from limn.png import png
from pipelines import run
from pipelines.evaluate.evaluate import evaluate
from pipelines.evaluate.looks import SIZE
from pipelines.evaluate.retrieval import Precision, Retrieval, from_above, retrieve, standard_error
from pipelines.evaluate.scene import drawn_again
from pipelines.inputs.model_libraries import LIGHTS
from pipelines.runs.folder import RunFolder
from renderers.mesh.renderer import MeshRenderer
from renderers.solids import captions, solid

JUDGE = "pocket-judge"

PROMPTS = (
    "a red cube",
    "a yellow cube",
    "a green torus",
    "a blue mug",
    "a red mushroom",
    "a dog",
    "a house",
    "a chair",
    "a rocket",
    "a cactus",
    "a pear",
    "a hat",
)
SIDES = 8


def made(prompt: str, config: str, output: Path, settings: dict[str, Any]) -> Path:
    """The folder of a run, from before where there is one."""
    name = prompt.replace(" ", "-")
    folder = output / Path(config).stem / name
    if not folder.exists():
        run(config, prompt=prompt, output=output, run=name, unknown_words="allow", **settings)
    return folder


def views() -> Cameras:
    """One from above, and some around."""
    around = orbit(torch.arange(SIDES) * (2 * math.pi / SIDES), math.radians(20.0), 2.5, math.radians(50.0))
    return join([from_above(), around])


def ranked(pictures: Tensor, prompt: str, names: list[str], judge: Encoder) -> tuple[Retrieval, int]:
    """What the view from above is taken for, and how many of the sides are taken for the prompt."""
    with torch.no_grad():
        first, *sides = retrieve(pictures, [prompt] * len(pictures), names, judge)
    return first, sum(side.rank == 1 for side in sides)


def main() -> None:
    """Prints a line for each prompt, and the precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("settings", nargs="*", help="key=value, as on the command line of a run")
    parser.add_argument("--config", default="configs/text_to_3d.yaml")
    parser.add_argument("--prompts", nargs="*", default=PROMPTS)
    parser.add_argument("--output", default="outputs/worlds", type=Path, help="where runs are")
    parser.add_argument("--sheet", help="PNG of all views")
    options = parser.parse_args()
    settings = {key: yaml.safe_load(value) for key, _, value in (text.partition("=") for text in options.settings)}
    names, judge = list(dict.fromkeys([*captions(), *options.prompts])), load_encoder(JUDGE, precision="float32")
    folders, limits, rows = [], [], []
    for prompt in options.prompts:
        began, spent = time.perf_counter(), time.process_time()
        folder = made(prompt, options.config, options.output, settings)
        seconds, spent = time.perf_counter() - began, time.process_time() - spent
        pictures = drawn_again(RunFolder.open(folder), views(), (SIZE, SIZE))
        _, sides = ranked(pictures, prompt, names, judge)
        line = f"{prompt:32s} {seconds:5.1f} s ({spent:5.1f} of processors), {sides} of {SIDES} sides"
        folders.append(folder)
        rows.append(torch.cat(list(pictures), dim=2))
        itself = solid(prompt)
        if itself is not None:
            lights = LIGHTS(orbit(0.0, 0.0, 2.5, 0.8), torch.Generator())
            seen = MeshRenderer(itself.mesh(48), lights=lights).render(views(), (SIZE, SIZE)).rgb[0]
            limit, all_sides = ranked(seen, prompt, names, judge)
            limits.append(limit)
            line += f"; the solid itself: rank {limit.rank}, {all_sides} sides"
        print(line, flush=True)
        if options.sheet:
            Path(options.sheet).write_bytes(png(torch.cat(rows, dim=1).clamp(0, 1)))
    found = evaluate(folders, "r_precision", JUDGE, classes="solids")
    for number, prompt in enumerate(options.prompts):
        row = found.row(number)
        print(f"{prompt:32s} rank {row['r_precision_rank']:3.0f} of {len(names)}; {row['r_precision_taken_for']}")
    hits = [value for value in found.numbers()["r_precision"] if value is not None]
    print(f"R-Precision, made: {sum(hits) / len(hits):.1%}, standard error {standard_error(hits):.1%}")
    if limits:
        precision = Precision.of(limits)
        print(f"R-Precision, the solids themselves: {precision.mean:.1%}, standard error {precision.error:.1%}")


if __name__ == "__main__":
    main()
