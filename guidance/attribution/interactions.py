"""Which words drive a score together with which places of a picture.

Source: Möller et al., Explaining Caption-Image Interactions in CLIP Models with Second-Order Attributions, 2024.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from guidance.attribution.pixels import on_line
from guidance.embedding.soft_words import token_embedding
from guidance.encoders import Encoder
from limn.errors import InputError


@dataclass(frozen=True)
class Interactions:
    """What pairs of a word and a pixel add to the cosine of a phrase and a picture.

    Args:
        words: W words of the phrase.
        values: [W, H, W'] in the pixels of the encoder.
        difference: what they add up to, the more steps the nearer: the cosine of phrase and picture, less those with
            the empty phrase or the empty picture in place of one, plus that of both.
    """

    words: list[str]
    values: Tensor
    difference: float


def interactions(encoder: Encoder, picture: Tensor, phrase: str, reference: Tensor, steps: int = 16) -> Interactions:
    """A = d_words (J_words^T J_picture) d_picture with Jacobians that are integrated along lines from references.

    Args:
        encoder: a CLIP.
        picture: [3, H, W] in 0..1.
        phrase: words.
        reference: the empty picture [3, H, W], such as white paper. That of a phrase are as many empty tokens.
        steps: points on each of both lines.

    Raises:
        InputError: the phrase has no words or is longer than the context, or the text tower is not known.
    """
    words, spans, tokens = _words(encoder, phrase)
    seen, empty = encoder.preprocess.fit(torch.stack([picture, reference]))
    shares, change_of_words = _shares_of_words(encoder, tokens, spans, steps)
    along = on_line(seen, empty, steps).detach().requires_grad_()
    units = F.normalize(encoder(along).embedding, dim=-1)
    values = []
    for share in shares:
        (gradient,) = torch.autograd.grad((units @ share).sum(), along, retain_graph=True)
        values.append(((seen - empty) * gradient.mean(dim=0)).sum(dim=0))
    with torch.no_grad():
        ends = F.normalize(encoder(torch.stack([seen, empty])).embedding, dim=-1)
    return Interactions(words, torch.stack(values), float(change_of_words @ (ends[0] - ends[1])))


def _words(encoder: Encoder, phrase: str) -> tuple[list[str], list[slice], Tensor]:
    """The words of a phrase, where their tokens stand, and its tokens beside those of nothing [2, L]."""
    words = phrase.split()
    if not words:
        raise InputError("the phrase has no words")
    if encoder.count_tokens(phrase) > encoder.context:
        raise InputError(f"{phrase!r} is longer than encoder {encoder.name!r} reads")
    tokens = encoder.tokenizer([phrase, ""]).to(next(encoder.model.parameters()).device)
    first = int((tokens[0] != tokens[1]).nonzero()[0])
    none = encoder.count_tokens("")
    ends = [first + encoder.count_tokens(" ".join(words[: n + 1])) - none for n in range(len(words))]
    return words, [slice(*pair) for pair in zip([first, *ends], ends, strict=False)], tokens


def _shares_of_words(encoder: Encoder, tokens: Tensor, spans: list[slice], steps: int) -> tuple[Tensor, Tensor]:
    """What each word adds to the unit embedding of the phrase [W, D], and the change that they add up to [D]."""
    table = token_embedding(encoder)
    with torch.no_grad():
        full = table(tokens[0])
        empty = full.clone()
        empty[spans[0].start : spans[-1].stop] = table(tokens[1, -1])
        ends = F.normalize(_read(encoder, table, tokens[0], torch.stack([full, empty])), dim=-1)
    rows = on_line(full, empty, steps).requires_grad_()
    with sdpa_kernel(SDPBackend.MATH):  # the only one that is differentiated twice
        units = F.normalize(_read(encoder, table, tokens[0], rows), dim=-1)
        # J v is the derivative of v^T J^T u by u, for any u: one pass for each word in place of one for each number.
        dummy = torch.zeros_like(units, requires_grad=True)
        (product,) = torch.autograd.grad(units, rows, dummy, create_graph=True)
        shares = []
        for span in spans:
            change = torch.zeros_like(rows)
            change[:, span] = (full - empty)[span]
            (moved,) = torch.autograd.grad(product, dummy, change, retain_graph=True)
            shares.append(moved.mean(dim=0))
    return torch.stack(shares), ends[0] - ends[1]


def _read(encoder: Encoder, table: nn.Embedding, tokens: Tensor, rows: Tensor) -> Tensor:
    """Embeddings [K, D] of a phrase whose tokens have other vectors [K, L, C]."""

    def put(module: nn.Module, given: Any, found: Tensor) -> Tensor:
        return rows.to(found.dtype)

    hook = table.register_forward_hook(put)
    try:
        embedding: Tensor = encoder.model.encode_text(tokens.expand(len(rows), -1), normalize=False).float()
    finally:
        hook.remove()
    return embedding
