"""Names of heads: the words that say best in what their outputs differ from picture to picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.attribution.decomposition import decompose
from guidance.encoders import Encoder
from limn.errors import InputError

AT_ONCE = 16
"""Pictures that are taken apart together: every head has an embedding for each of their places."""


@dataclass(frozen=True)
class Span:
    """Texts whose directions explain the outputs of a head.

    Args:
        texts: their numbers, the one that explains most first.
        explained: the share of the variance that they explain together, after each of them, 0..1.
    """

    texts: list[int]
    explained: list[float]


def text_span(outputs: Tensor, texts: Tensor, count: int = 5) -> Span:
    """TEXTSPAN: greedily chooses texts whose directions span what a head says.

    In each round, the text along which the outputs vary most is chosen; its direction is taken out of the outputs and
    out of all other texts.

    Args:
        outputs: of a head for K pictures [K, D].
        texts: embeddings of M texts [M, D].
        count: texts to choose.

    Raises:
        InputError: fewer than two pictures, or more texts to choose than there are.

    Source: Gandelsman et al. 2024, Algorithm 1.
    """
    if len(outputs) < 2:
        raise InputError("text_span: expected the outputs for two pictures at least")
    if not 1 <= count <= len(texts):
        raise InputError(f"text_span: count {count} is not in 1..{len(texts)}, the number of texts")
    left = outputs - outputs.mean(dim=0)
    total = left.square().sum().clamp_min(1e-12)
    # Of texts, only what lies in the space of the outputs counts.
    _, values, rows = torch.linalg.svd(left, full_matrices=False)
    space = rows[values > values[0] * 1e-5]
    directions = F.normalize(texts, dim=-1) @ space.T @ space
    chosen: list[int] = []
    explained: list[float] = []
    for _ in range(count):
        lengths = directions.norm(dim=-1, keepdim=True)
        units = torch.where(lengths > 1e-4, directions / lengths.clamp_min(1e-12), 0.0)
        along = (directions @ left.T).square().sum(dim=1) * (units.norm(dim=-1) > 0)
        if chosen:
            along[chosen] = -1.0
        best = int(along.argmax())
        unit = units[best]
        left = left - (left @ unit)[:, None] * unit
        directions = directions - (directions @ unit)[:, None] * unit
        chosen.append(best)
        explained.append(1.0 - float(left.square().sum() / total))
    return Span(chosen, explained)


@torch.no_grad()
def head_outputs(encoder: Encoder, pictures: Tensor) -> Tensor:
    """What every head adds to the embeddings of pictures [N, 3, H, W], over all tokens [N, A, heads, D].

    Raises:
        InputError: the encoder cannot be taken apart, see `decompose`.
    """
    return torch.cat([decompose(encoder, some).heads.sum(dim=3) for some in torch.split(pictures, AT_ONCE)])


def name_heads(
    outputs: Tensor, heads: Sequence[tuple[int, int]], words: Sequence[str], texts: Tensor, count: int = 3
) -> list[list[str]]:
    """The words of some heads, chosen by `text_span`.

    Args:
        outputs: of all heads for K pictures [K, A, heads, D], see `head_outputs`.
        heads: attention and head of those that are named.
        words: M texts to choose from.
        texts: their embeddings [M, D]; what they have in common is taken out first.
        count: words of each.
    """
    centred = F.normalize(texts, dim=-1)
    centred = centred - centred.mean(dim=0)
    return [
        [words[text] for text in text_span(outputs[:, attention, head], centred, count).texts]
        for attention, head in heads
    ]
