"""Things from words, and whether they are retrieved: python benchmarks/text_to_3d.py [key=value ...] [--sheet FILE].

Runs `configs/text_to_3d.yaml`, with settings of your own, for twelve prompts of the world of solids or for others, and
prints the rank of each prompt among all names of the world by `pocket-judge`, from 45 degrees above (CLIP R-Precision,
Dream Fields), in how many of eight sides it is the nearest name, the same of the solid itself, and the seconds.
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
from pipelines import Result, build, optimise, read_config
from pipelines.evaluate.retrieval import Precision, Retrieval, from_above, retrieve
from pipelines.inputs.model_libraries import LIGHTS
from renderers.base import Renderer
from renderers.mesh.renderer import MeshRenderer
from renderers.solids import captions, solid

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
SIDES, SIDE = 8, 128


def made(prompt: str, config: str, settings: dict[str, Any]) -> Result:
    """The result of a run, without a folder."""
    result = None
    for stage in build(read_config(config, {"prompt": prompt, **settings}.items())):
        task = stage.task(result)
        result = optimise(task.renderer, task.objective(), stage.settings, cameras=task.cameras)
    assert result is not None
    return result


@torch.no_grad()
def seen(renderer: Renderer, candidate: int = 0) -> Tensor:
    """From above and from all sides [1 + SIDES, 3, SIDE, SIDE]."""
    return renderer.render(views(), (SIDE, SIDE)).rgb[candidate]


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
    parser.add_argument("--sheet", help="PNG of all views")
    options = parser.parse_args()
    settings = {key: yaml.safe_load(value) for key, _, value in (text.partition("=") for text in options.settings)}
    names, judge = list(dict.fromkeys([*captions(), *options.prompts])), load_encoder("pocket-judge")
    found, limits, rows = [], [], []
    for prompt in options.prompts:
        began, spent = time.perf_counter(), time.process_time()
        result = made(prompt, options.config, settings)
        seconds, spent = time.perf_counter() - began, time.process_time() - spent
        pictures = seen(result.renderer, result.candidate)
        first, sides = ranked(pictures, prompt, names, judge)
        line = f"{prompt:32s} {seconds:5.1f} s ({spent:5.1f} of processors), rank {first.rank:3d} of {len(names)}"
        found.append(first)
        rows.append(torch.cat(list(pictures), dim=2))
        itself = solid(prompt)
        if itself is not None:
            lights = LIGHTS(orbit(0.0, 0.0, 2.5, 0.8), torch.Generator())
            limit, all_sides = ranked(seen(MeshRenderer(itself.mesh(48), lights=lights)), prompt, names, judge)
            limits.append(limit)
            line += f", {sides} of {SIDES} sides; the solid itself {limit.rank}, {all_sides}"
        print(f"{line}; {first.taken_for}", flush=True)
        if options.sheet:
            Path(options.sheet).write_bytes(png(torch.cat(rows, dim=1).clamp(0, 1)))
    for name, retrievals in (("made", found), ("the solids themselves", limits)):
        if retrievals:
            precision = Precision.of(retrievals)
            print(f"R-Precision, {name}: {precision.mean:.1%}, standard error {precision.error:.1%}")


if __name__ == "__main__":
    main()
