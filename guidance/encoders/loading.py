"""load_encoder: from a name in a config to an encoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from guidance.compute import Precision
from guidance.encoders.encoder import Encoder
from guidance.encoders.precision import faster_precision
from guidance.encoders.size import set_size
from limn.choices import choose
from limn.loaders import Loaders

ENCODERS: Loaders[Encoder] = Loaders(
    "encoder",
    {
        "pocket": "guidance.pocket.encoders:pocket",
        "pocket-judge": "guidance.pocket.encoders:pocket_judge",
        "vgg": "guidance.vgg.encoders:vgg",
        "torchvision-vgg16": "guidance.vgg.encoders:torchvision_vgg16",
        "local-dir": "guidance.encoders.pretrained:local_dir",
        "hf-hub": "guidance.encoders.pretrained:hf_hub",
        "tuned": "guidance.encoders.pretrained:tuned",
        "open_clip": "guidance.encoders.pretrained:open_clip_name",
    },
    fallback="open_clip",
    kept=4,
)
"""Functions that load an encoder, by name; see `Loaders` for what an entry is. ``size`` is an option of all of ours."""


def load_encoder(name: str, device: str = "cpu", precision: Precision = "auto", size: int | None = None) -> Encoder:
    """Loads an encoder; the same arguments give the same object, of the four that were asked for last.

    Args:
        name: one of `ENCODERS`, such as ``pocket`` or ``vgg``; an open_clip model with its tag ("ViT-B-32/openai"), a
            folder with a CLIP of open_clip or transformers ("local-dir:/path"), one on the hub ("hf-hub:org/repo"), or
            one with weights from a file ("tuned:/path/weights.pt@ViT-L-14/openai").
        device: of the weights, as torch names it.
        precision: of the image tower; ``auto`` takes what is faster here, see `faster_precision`; a run keeps it.
        size: height and width of the pictures it takes, where not its own; see `set_size`.

    Raises:
        InputError: no such model, tag or folder, damaged weights, or no network to fetch them from the hub.
    """
    options = {} if size is None else {"size": size}

    def load(chosen: str) -> Encoder:
        return ENCODERS.load(name, str(device), chosen, options)

    if precision == "auto":
        question = f"precision of encoder {name}{'' if size is None else f' at {size}'} on {device}"
        return load(choose(question, lambda: faster_precision(load, torch.device(device))))
    return load(precision)


def encoder_of(
    model: Any,
    tokenizer: Callable[..., Tensor],
    name: str,
    device: str,
    precision: Precision,
    size: int | None,
    vocabulary: frozenset[str] | None = None,
    concepts: tuple[str, ...] | None = None,
) -> Encoder:
    """An open_clip model as an encoder, for entries of `ENCODERS`; arguments as of `load_encoder` and `Encoder`."""
    if size is not None:
        set_size(model, size, name)
    return Encoder(model.to(device), tokenizer, name, getattr(torch, precision), vocabulary, concepts)
