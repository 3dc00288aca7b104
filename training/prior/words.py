"""The words that a new prior hears: a copy of pocket's text tower."""

from __future__ import annotations

import torch

from guidance.pocket.load import describe, load_pocket
from guidance.pocket.prior.words import Words


def words_of_pocket() -> Words:
    """The text side of the shipped `pocket`."""
    model, _ = load_pocket("pocket")
    text = describe("pocket")["open_clip"]["text_cfg"]
    known = model.token_embedding.weight.abs().sum(dim=1) > 0
    known[0] = True  # padding
    ids = torch.where(known)[0]
    config = {key: int(text[key]) for key in ("context_length", "width", "heads", "layers")}
    words = Words({**config, "output_dim": int(model.text_projection.shape[1])}, ids)
    state = {key: value for key, value in model.state_dict().items() if key in words.tower.state_dict()}
    rows = model.token_embedding.weight[ids]
    rows[0] = 0.0  # nothing sees the padding, and unknown words share its row
    words.tower.load_state_dict({**state, "token_embedding.weight": rows})
    return words
