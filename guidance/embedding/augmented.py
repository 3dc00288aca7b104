"""Projection-augmented targets: a picture's embedding changed within the span of a few words alone."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from guidance.embedding.subspaces import Basis, basis_of


def augmented_target(
    picture: Tensor, words: Tensor, corpus: Tensor | None = None, power: float = 8.0, kind: Basis = "gram_schmidt"
) -> Tensor:
    """The embedding that a picture should get, so that what words say changes and all else stays.

    With a corpus e - sum_k c_k b_k + (sum_k c_k / D) t, c_k = power |e . b_k| and D = sum_k t . b_k (1 for ``raw``);
    without one e + power t. A target within the pictures' own embeddings is nearer to them than words ever are.

    Args:
        picture: e, un-normalised [..., D].
        words: t [D], of any length.
        corpus: other words of the same kind, such as all colours [K, D]; what the picture has of them is taken out.
        power: how strong the change is; the paper takes 8.
        kind: of the basis of the corpus.

    Returns:
        [..., D], un-normalised.

    Source: CLIP-PAE (Zhou, Zhong and Oztireli 2023): pae, pae+, paeGS+ and paePCA+.
    """
    words = F.normalize(words, dim=-1)
    if corpus is None:
        return picture + power * words
    basis = basis_of(corpus, kind)
    share = power * (picture @ basis.T).abs()
    along = (words @ basis.T).sum() if kind != "raw" else words.new_ones(())
    return picture - share @ basis + (share.sum(dim=-1, keepdim=True) / along) * words
