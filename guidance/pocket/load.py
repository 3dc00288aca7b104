"""Load the shipped models: open_clip architecture, weights beside this file, no data and no network needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import safe_open
from torch import nn

from limn.cache import cached
from limn.errors import InputError

if TYPE_CHECKING:
    from open_clip import SimpleTokenizer
    from open_clip.model import CLIP

FOLDER = Path(__file__).parent
NAMES = ("pocket", "pocket-judge")


@cached(2)
def describe(name: str) -> dict[str, Any]:
    """What is written beside a model's weights: configuration, words, concepts, training.

    Args:
        name: ``pocket`` or ``pocket-judge``.

    Raises:
        InputError: there is no model of that name, or it was not trained yet.
    """
    if name not in NAMES:
        raise InputError(f"unknown pocket model {name!r}: expected one of {', '.join(NAMES)}")
    file = FOLDER / f"{name}.json"
    if not file.exists():
        raise InputError(f"{name} has no weights yet: train and ship it as {FOLDER / 'README.md'} says")
    described: dict[str, Any] = json.loads(file.read_text())
    return described


def known_words(name: str = "pocket") -> frozenset[str]:
    """The lower-case words that occurred in captions of the training, as they are split at white space."""
    return frozenset(describe(name)["words"])


def concepts(name: str = "pocket") -> list[str]:
    """Names of everything in a model's world, such as ``red apple``, ``circle`` or ``letter a``."""
    return list(dict.fromkeys(describe(name)["concepts"]))


def load_pocket(name: str = "pocket") -> tuple[CLIP, SimpleTokenizer]:
    """Load a model of our own.

    Args:
        name: ``pocket``, or ``pocket-judge``, which is only to measure with and never to be optimised against.

    Returns:
        The model (evaluation mode, frozen, float32) and its tokenizer: list of N texts -> int64 [N, context]. How to
        prepare pictures is in ``model.visual.preprocess_cfg``. Rows of tokens that were never trained are zero.

    Raises:
        InputError: there is no model of that name.
    """
    from guidance.pocket.architecture import build  # open_clip takes seconds; the words are asked for without it
    from guidance.pocket.vocabulary import tokenizer

    config = describe(name)["open_clip"]
    with safe_open(FOLDER / f"{name}.safetensors", framework="pt") as file:
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    ids = state.pop("token_ids").long()
    state = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
    model = build(config, len(ids))
    model.load_state_dict(state)
    rows = torch.zeros(config["text_cfg"]["vocab_size"], config["text_cfg"]["width"])
    rows[ids] = model.token_embedding.weight.data
    model.token_embedding = nn.Embedding(rows.shape[0], rows.shape[1], _weight=rows)
    model.vocab_size = len(rows)
    model.eval().requires_grad_(False)
    return model, tokenizer(config["text_cfg"]["context_length"])
