"""What the nearest pictures and captions of a store say about words."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.embedding.neighbours import aligned, blend


def rotation(seed: int) -> Tensor:
    found: Tensor = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(seed))).Q
    return found


def around(middle: Tensor) -> Tensor:
    draws = torch.Generator().manual_seed(3)
    return F.normalize(middle + 0.2 * torch.randn(20, 6, generator=draws), dim=-1)


def test_words_are_turned_as_the_captions_near_them_are() -> None:
    """Two kinds of things, whose pictures lie in other directions from their captions."""
    ends = torch.eye(6)[:2]
    captions = torch.cat([around(end) for end in ends])
    pictures = torch.cat([captions[:20] @ rotation(0).T, captions[20:] @ rotation(1).T])
    words = around(ends[0])[:1], around(ends[1])[:1]
    found = aligned(3 * torch.cat(words), captions, pictures, pairs=20, stay=0)
    wanted = torch.cat([words[0] @ rotation(0).T, words[1] @ rotation(1).T])
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)
    far = F.cosine_similarity(aligned(torch.cat(words), captions, pictures, pairs=40, stay=0), wanted)
    assert (far < 0.99).all()  # one rotation for both fits neither
    torch.testing.assert_close(aligned(torch.cat(words), captions, pictures, pairs=0), torch.cat(words))


def test_a_blend_goes_from_the_nearest_picture_to_the_mean() -> None:
    pictures = F.normalize(torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), dim=-1)
    words = torch.tensor([[2.0, 0.2, 0.0]])
    torch.testing.assert_close(blend(words, 5 * pictures, count=1), pictures[:1])
    torch.testing.assert_close(
        blend(words, pictures, count=2, temperature=1e6), F.normalize(pictures[:2].mean(0)[None])
    )
    cosines = F.normalize(words, dim=-1) @ pictures.T
    wanted = F.normalize((cosines / 0.1).softmax(dim=-1) @ pictures, dim=-1)
    torch.testing.assert_close(blend(words, pictures, count=9, temperature=0.1), wanted)
