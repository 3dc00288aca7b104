"""The two models' shapes, in open_clip's configuration terms."""

from __future__ import annotations

from typing import Any

from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg, set_model_preprocess_cfg

from guidance.pocket.vocabulary import CONTEXT

_TEXT = {"context_length": CONTEXT, "vocab_size": 49408, "heads": 4, "layers": 3}

ARCHITECTURES: dict[str, dict[str, Any]] = {
    "pocket": {
        "embed_dim": 128,
        "vision_cfg": {"layers": [1, 2, 2, 1], "width": 40, "head_width": 64, "image_size": 64},
        "text_cfg": {**_TEXT, "width": 128},
    },
    "pocket-judge": {
        "embed_dim": 192,
        "vision_cfg": {"layers": [2, 2, 2, 2], "width": 32, "head_width": 64, "image_size": 64},
        "text_cfg": {**_TEXT, "width": 192},
    },
}


def preprocess_cfg(size: int) -> dict[str, Any]:
    """What open_clip needs to know to prepare pictures for our models."""
    return {
        "size": size,
        "mode": "RGB",
        "mean": [0.5, 0.5, 0.5],
        "std": [0.25, 0.25, 0.25],
        "interpolation": "bilinear",
        "resize_mode": "longest",
        "fill_color": 255,
    }


def build(config: dict[str, Any], rows: int) -> CLIP:
    """Make an untrained model.

    Args:
        config: open_clip model configuration.
        rows: rows of the token embedding.
    """
    model = CLIP(
        config["embed_dim"],
        CLIPVisionCfg(**config["vision_cfg"]),
        CLIPTextCfg(**{**config["text_cfg"], "vocab_size": rows}),
    )
    set_model_preprocess_cfg(model, preprocess_cfg(config["vision_cfg"]["image_size"]))
    return model
