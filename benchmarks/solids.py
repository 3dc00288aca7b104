"""Which solids an encoder knows, and a sheet of them: python benchmarks/solids.py [words ...] [--sheet FILE].

Of every name of the world, or of some words that join those names: the rank among all names in the view from 45 degrees
above (CLIP R-Precision), and in how many of eight views from 20 degrees around its own name is the nearest. That is
the most that anything can reach that makes the same things from the same words.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from guidance import load_encoder
from limn.cameras import join, orbit
from limn.png import png
from pipelines.evaluate.retrieval import Precision, from_above, retrieve
from pipelines.inputs.model_libraries import LIGHTS
from renderers.mesh.renderer import MeshRenderer
from renderers.solids import captions, solid

SIDE = 112


@torch.no_grad()
def seen(words: str) -> Tensor:
    """A solid from above and from eight sides [9, 3, SIDE, SIDE]."""
    found = solid(words)
    if found is None:
        raise SystemExit(f"no solid is {words!r}")
    around = orbit(torch.arange(8) * (math.pi / 4), math.radians(20.0), 2.5, math.radians(50.0))
    cameras = join([from_above(), around])
    cameras = replace(cameras, lights=LIGHTS(cameras, torch.Generator()))
    return MeshRenderer(found.mesh(48), size=(SIDE, SIDE)).render(cameras).rgb[0]


def main() -> None:
    """Prints a line for each, and the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*")
    parser.add_argument("--encoder", default="pocket-judge")
    parser.add_argument("--sheet", help="PNG of all views")
    options = parser.parse_args()
    names = list(dict.fromkeys([*captions(), *options.words]))
    judge, above, rows = load_encoder(options.encoder), [], []
    for words in options.words or names:
        pictures = seen(words)
        rows.append(torch.cat(list(pictures), dim=2))
        with torch.no_grad():
            first, *others = retrieve(pictures, [words] * len(pictures), names, judge)
        above.append(first)
        sides = sum(each.rank == 1 for each in others)
        print(f"{words:28s} rank {first.rank:3d} of {len(names)}, {sides} of 8 sides; {first.taken_for}", flush=True)
    precision = Precision.of(above)
    print(f"R-Precision {precision.mean:.1%}, standard error {precision.error:.1%}, {len(above)} solids")
    if options.sheet:
        Path(options.sheet).write_bytes(png(torch.cat(rows, dim=1)))


if __name__ == "__main__":
    main()
