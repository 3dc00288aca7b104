"""Whether a change of words arrives in an edit, and whether the rest stays: CLIP-PAE's target against the plain one.

``OMP_NUM_THREADS=1 python benchmarks/edits.py [drawing|pixels] [SHEET.png]``. Shapes in one colour become those in
another by CLIP alone, as drawings whose paths move or as free pixels. `pocket-judge`, which nothing is optimised
against, names each result among all shapes in all colours. The sheet has a row for each way.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from resvg_py import svg_to_bytes
from torch import Tensor
from torchvision.io import ImageReadMode, read_image
from torchvision.utils import save_image

sys.path.insert(0, str(Path(__file__).parents[1]))

from guidance import load_encoder
from guidance.prompt import embed_phrases
from limn.colours import COLOURS
from pipelines import run
from training.world.shapes import SHAPES, shape_svg

CASES = [
    ("oval", "yellow", "blue"),
    ("ring", "purple", "orange"),
    ("pentagon", "green", "pink"),
    ("rectangle", "blue", "brown"),
    ("star", "orange", "cyan"),
    ("heart", "grey", "red"),
]
"""A shape, its colour, and what that becomes."""

SIDE, STEPS = 64, 50

RIM = 0.15
"""What differs so much from white is the shape."""


def ways(shape: str) -> dict[str, dict[str, Any]]:
    """The losses to compare."""
    corpus = [f"a {colour} {shape}" for colour in COLOURS]
    return {
        "text_similarity": {"loss": "text_similarity"},
        "augmented_target, power 1": {"loss": "augmented_target", "corpus": corpus, "power": 1.0},
        "augmented_target, power 2": {"loss": "augmented_target", "corpus": corpus, "power": 2.0},
    }


def main(kind: str, sheet: str | None) -> None:
    """A line for each way."""
    logging.disable(logging.WARNING)
    judge = load_encoder("pocket-judge", precision="float32")
    names = list(product(COLOURS, SHAPES))
    rows = embed_phrases([f"a {colour} {shape}" for colour, shape in names], judge)
    pictures = []
    print(f"{kind:28s}{'colour':>8s}{'shape':>8s}{'both':>8s}{'overlap':>9s}  of {len(CASES)} edits")
    with tempfile.TemporaryDirectory() as scratch:
        for way in ways(""):
            right, overlap = torch.zeros(2, len(CASES)), 0.0
            for number, (shape, was, now) in enumerate(CASES):
                before, after = edited(kind, shape, was, now, ways(shape)[way], Path(scratch))
                with torch.no_grad():
                    seen = F.normalize(judge(after[None]).embedding, dim=-1) @ rows.T
                colour, found = names[int(seen.argmax())]
                right[:, number] = torch.tensor([colour == now, found == shape])
                old, new = ((1 - picture).amax(dim=0) > RIM for picture in (before, after))
                overlap += float((old & new).sum() / (old | new).sum()) / len(CASES)
                pictures.append(after)
            colours, shapes, both = (int(one.sum()) for one in (*right, right.prod(dim=0)))
            print(f"{way:28s}{colours:8d}{shapes:8d}{both:8d}{overlap:9.2f}", flush=True)
            if sheet:
                save_image(torch.stack(pictures), sheet, nrow=len(CASES))


def edited(kind: str, shape: str, was: str, now: str, loss: dict[str, Any], scratch: Path) -> tuple[Tensor, Tensor]:
    """A picture [3, SIDE, SIDE] and what an edit makes of it."""
    fill = "#" + "".join(f"{round(255 * part):02x}" for part in COLOURS[was])
    svg = shape_svg(shape).replace("#000", fill)
    drawing, picture = scratch / f"{shape}.svg", scratch / f"{shape}.png"
    drawing.write_text(svg)
    picture.write_bytes(svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE, background="white"))
    config = {
        "recipe": "edit",
        "target": str(drawing if kind == "drawing" else picture),
        "source_prompt": f"a {was} {shape}",
        "prompt": f"a {now} {shape}",
        "change": "form",
        "losses": {"change": loss | {"num_augs": 2}},
        "size": SIDE,
        "steps": STEPS,
        "video": {"formats": []},
        "output": str(scratch),
    }
    folder = run(config).folder
    (made,) = (folder / name for name in ("drawing.png", "picture.png") if (folder / name).exists())
    before, after = (read_image(str(file), ImageReadMode.RGB).float() / 255 for file in (picture, made))
    return before, F.interpolate(after[None], (SIDE, SIDE), mode="area")[0]


if __name__ == "__main__":
    main((sys.argv[1:] or ["drawing"])[0], (sys.argv[2:] or [None])[0])
