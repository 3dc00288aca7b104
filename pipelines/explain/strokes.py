"""Drawings: what each stroke is worth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from guidance.attribution.parts import Game
from limn.errors import InputError
from limn.files import write_file
from pipelines.explain.colours import colours_of
from pipelines.explain.figure import Figure, Picture
from pipelines.explain.score import AT_ONCE, Score
from pipelines.explain.worth import Worth, words_of_worth, worth_of, write_tables
from pipelines.loop.contact_sheets import png, to_bytes
from renderers.strokes import Scene, joined, rasterise, read_svg, write_svg
from renderers.strokes.svg.layers import identities

SHARPNESS = 2
"""Drawings are drawn this much larger than the encoder sees them, at most."""

SHOWN = 512
"""Longer side of the picture, in pixels."""


def strokes_of(folder: Path, score: Score, drawing: Path, seed: int) -> Figure:
    """Writes the drawing with every stroke in the colour of its worth (SVG, PNG), and the table (JSON, CSV).

    Args:
        folder: where they go.
        score: of pictures.
        drawing: an SVG file.
        seed: of the orders in which strokes are added.

    Raises:
        InputError: the drawing has no strokes.
    """
    scene = read_svg(drawing).scene
    count = len(scene.topology.paths)
    if not count:
        raise InputError(f"{drawing} has no strokes")
    worth = worth_of(game_of(scene, score), count, seed)
    names = identities(scene)
    coloured = in_colours_of(scene, worth.best)
    text = write_svg(coloured)
    for name, value in zip(names, worth.best.tolist(), strict=True):
        text = text.replace(f'<path id="{name}"', f'<path id="{name}" data-worth="{value:.6f}"', 1)
    write_file(folder / "strokes.svg", text)
    scale = SHOWN / max(scene.size)
    picture = rasterise(coloured, (round(scene.size[0] * scale), round(scene.size[1] * scale)))[0][0]
    file = write_file(folder / "strokes.png", png(to_bytes(picture)))
    write_tables(folder, "strokes", names, worth)
    return Figure("Strokes", _text(worth), (Picture(file, "red: raises the score; blue: lowers it"),))


def game_of(scene: Scene, score: Score) -> Game:
    """The score of any strokes of a drawing."""
    longer = min(max(scene.size), SHARPNESS * max(score.encoder.size))
    height, width = (max(1, round(side * longer / max(scene.size))) for side in scene.size)
    small = scene.scaled((height, width))

    def game(kept: Tensor) -> Tensor:
        scores = []
        for some in torch.split(kept, AT_ONCE):
            drawn = joined([small] * len(some))
            stroke, fill = (_only(colours, some) for colours in (drawn.stroke_colours, drawn.fill_colours))
            drawn = replace(drawn, stroke_colours=stroke, fill_colours=fill)
            if drawn.gradient_colours is not None:
                drawn = replace(drawn, gradient_colours=_only(drawn.gradient_colours, some))
            scores.append(score(rasterise(drawn)[0]))
        return torch.cat(scores)

    return game


def in_colours_of(scene: Scene, worth: Tensor) -> Scene:
    """A drawing on white, its strokes and shapes in the colours of their worth [n]."""
    colours = torch.cat([colours_of(worth), torch.full((len(worth), 1), 0.85)], dim=1)[None]
    return replace(
        scene, stroke_colours=colours, fill_colours=colours, gradient_ends=None, gradient_colours=None, paper=None,
        background=(1.0, 1.0, 1.0),
    )  # fmt: skip


def _only(colours: Tensor, kept: Tensor) -> Tensor:
    return torch.cat([colours[..., :3], colours[..., 3:] * kept[..., None]], dim=-1)


def _text(worth: Worth) -> str:
    best = worth.best
    harmful = int((best < 0).sum())
    top = best.argsort(descending=True)[: max(1, len(best) // 4)]
    share = float(best[top].sum() / best.clamp_min(0).sum().clamp_min(1e-12))
    return (
        f"The worth of a stroke is {words_of_worth(worth)}. The worthiest quarter ({len(top)} of {len(best)}) has "
        f"{share:.0%} of all that is gained; {harmful} lower the score."
    )
