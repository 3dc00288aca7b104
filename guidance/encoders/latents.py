"""Encoders of latents: an open_clip model whose first layer reads latents of a VAE in place of pictures.

Source: Becker et al., Controlling Latent Diffusion Using Latent CLIP, 2025.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors
from safetensors.torch import load_file
from torch import nn

from limn.errors import InputError

WEIGHTS = "open_clip_model.safetensors"
FIRST = "visual.conv1.weight"
"""The layer whose input channels tell what a model reads."""


def channels_of(folder: Path) -> int:
    """How many channels the model in a folder reads: 3 for pictures, and where this is not known."""
    try:
        with safetensors.safe_open(folder / WEIGHTS, "pt") as weights:
            return int(weights.get_slice(FIRST).get_shape()[1])
    except (OSError, safetensors.SafetensorError):  # said where the model is loaded
        return 3


def load_reader(folder: Path, name: str, channels: int) -> Any:
    """An open_clip model that reads latents. They are resized to its size, and normalised as its config says.

    Args:
        folder: with ``open_clip_config.json``, `WEIGHTS` and what its tokenizer needs.
        name: of the encoder, for messages.
        channels: of its latents.

    Raises:
        InputError: its files do not belong together.
    """
    import open_clip

    try:
        config = json.loads((folder / "open_clip_config.json").read_text())
        model: Any = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
        first, state = model.visual.conv1, load_file(folder / WEIGHTS)
        model.visual.conv1 = nn.Conv2d(
            channels, first.out_channels, first.kernel_size, first.stride, first.padding, bias=first.bias is not None
        )
        model.load_state_dict(state)
    except Exception as error:  # whatever a damaged file raises, of many libraries
        cause = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise InputError(f"encoder {name!r}: the files in this folder do not belong together ({cause})") from error
    own = config.get("preprocess_cfg") or {}
    model.visual.preprocess_cfg = {
        **model.visual.preprocess_cfg,
        "mean": own.get("mean") or (0.0,) * channels,
        "std": own.get("std") or (1.0,) * channels,
        "interpolation": "bilinear",
        "resize_mode": "squash",
    }
    return model
