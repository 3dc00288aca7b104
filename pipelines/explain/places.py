"""Places of a picture: which of them drive the score, and with which words."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.attribution import interactions, occlusion
from limn.files import write_file
from pipelines.explain.colours import heat_map, smoothed
from pipelines.explain.figure import Figure, Picture
from pipelines.explain.score import Score
from pipelines.loop.contact_sheets import png, to_bytes

STEPS = 32
"""Points on the line from white paper to the picture."""

WINDOWS = 6
"""Windows that lie beside each other in a picture."""


def heat_of(folder: Path, score: Score, pictures: Tensor) -> Figure:
    """Writes heat maps over pictures [V, 3, H, W]: how much the score falls under a window of white paper."""
    shown = []
    for number, picture in enumerate(pictures, 1):
        window = max(picture.shape[-2:]) // WINDOWS
        worth = occlusion(score, picture, torch.ones_like(picture), window, max(1, window // 2))
        file = folder / ("heat.png" if len(pictures) == 1 else f"heat-{number}.png")
        write_file(file, png(to_bytes(heat_map(picture, worth))))
        with torch.no_grad():
            shown.append(Picture(file, f"cosine {float(score(picture[None])):.3f}, at most {float(worth.max()):+.3f}"))
    text = "Where a window of white paper lowers the score, the place is red; where it raises it, blue (occlusion)."
    return Figure("Places", text, tuple(shown))


def words_by_places(folder: Path, score: Score, picture: Tensor) -> Figure:
    """Writes a heat map for each word over a picture [3, H, W]: what both do together."""
    found = interactions(score.encoder, picture, score.words, torch.ones_like(picture), STEPS)
    seen = score.encoder.preprocess.fit(picture[None])[0].clamp(0, 1)
    size = picture.shape[-2:]
    seen, *worths = (
        F.interpolate(each[None], size=size, mode="bilinear", align_corners=False)[0]
        for each in (seen, *found.values[:, None])
    )
    most = max(float(smoothed(worth[0]).abs().max()) for worth in worths)
    shown = []
    for number, (word, worth, values) in enumerate(zip(found.words, worths, found.values, strict=True), 1):
        file = write_file(folder / f"word-{number}.png", png(to_bytes(heat_map(seen, worth[0], most))))
        shown.append(Picture(file, f"{word} {float(values.sum()):+.3f}"))
    text = (
        "What each word does together with each place, in one scale (second-order attributions). They add up to "
        f"{float(found.values.sum()):+.3f} of {found.difference:+.3f}."
    )
    return Figure("Words by places", text, tuple(shown))
