"""Pictures and texts to embeddings, as training needs it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from open_clip.model import CLIP
from torch import Tensor

MEAN, STD = 0.5, 0.25


def embed_text(model: CLIP, rows: Tensor) -> Tensor:
    """Normalised text embeddings [N, D] of row numbers [N, L], L up to the context length.

    The same as ``model.encode_text``, without the padding of short texts.
    """
    length = rows.shape[1]
    x = model.token_embedding(rows) + model.positional_embedding[:length]
    x = model.transformer(x, attn_mask=model.attn_mask[:length, :length])
    x = model.ln_final(x)[torch.arange(len(rows)), rows.argmax(1)] @ model.text_projection
    return F.normalize(x.float(), dim=-1)


def prepare(pictures: Tensor) -> Tensor:
    """Pictures [N, 3, H, W] in 0..1 as the image tower takes them."""
    return ((pictures - MEAN) / STD).contiguous(memory_format=torch.channels_last)
