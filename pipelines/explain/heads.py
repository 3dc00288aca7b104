"""Heads of the encoder: which of them drive the score, and what they tell apart."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from guidance.attribution import decompose, head_outputs, name_heads
from limn.colours import COLOURS
from limn.files import write_file
from pipelines.explain.figure import Figure
from pipelines.explain.score import Score

MOST = 8
"""Heads that are named."""

PICTURES = 96
"""Of the shipped world, on which heads are named."""

WORDS = (
    *("animal", "bird", "face", "person", "hand", "plant", "flower", "tree", "fruit", "food", "drink", "vehicle"),
    *("building", "furniture", "tool", "clothing", "letter", "number", "sign", "flag", "symbol", "arrow", "heart"),
    *("circle", "square", "triangle", "star", "ring", "cross", "line", "sky", "water", "night", "weather"),
)
"""Words that name heads, beside colours: kinds of things say more than things."""


@torch.no_grad()
def heads_of(folder: Path, score: Score, picture: Tensor) -> Figure:
    """Names the heads that add most to the score of a picture [3, H, W]; writes ``heads.json``.

    Raises:
        InputError: the encoder cannot be taken apart into heads.
    """
    heads, mlps, rest = (part[0] for part in decompose(score.encoder, picture[None]).toward(score.text))
    adds = heads.sum(dim=2)
    order = adds.abs().flatten().argsort(descending=True)[:MOST].tolist()
    chosen = [divmod(number, adds.shape[1]) for number in order]
    words = list(dict.fromkeys([*WORDS, *COLOURS]))
    texts = score.encoder.encode_text(words)
    names = name_heads(head_outputs(score.encoder, _world()), chosen, words, texts)
    table = [
        {"attention": a + 1, "head": h + 1, "adds": round(float(adds[a, h]), 5), "tells apart": name}
        for (a, h), name in zip(chosen, names, strict=True)
    ]
    write_file(folder / "heads.json", json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    rows = [("attention", "head", "adds", "tells apart")]
    rows += [
        (f"{a + 1}", f"{h + 1}", f"{adds[a, h]:+.3f}", ", ".join(n)) for (a, h), n in zip(chosen, names, strict=True)
    ]
    text = (
        f"What heads add to the cosine: {float(adds.sum()):+.3f} by {adds.numel()} heads"
        + (f", {float(mlps.sum()):+.3f} by {len(mlps)} MLPs" if len(mlps) else "")
        + f", {float(rest):+.3f} by the rest. A head's words are those along which it differs most between pictures "
        "(TEXTSPAN)."
    )
    return Figure("Heads", text, rows=tuple(rows))


@lru_cache(1)
def _world() -> Tensor:
    """Pictures of the shipped world, evenly chosen [PICTURES, 3, h, w] in 0..1."""
    from guidance.distillation.exemplars.pictures import read_collection

    pictures = read_collection("").pictures
    return pictures[torch.linspace(0, len(pictures) - 1, PICTURES).long()].float() / 255
