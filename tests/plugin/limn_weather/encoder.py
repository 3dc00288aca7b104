"""An encoder: a small CLIP that a folder describes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from open_clip import SimpleTokenizer
from open_clip.model import CLIP, set_model_preprocess_cfg
from open_clip.transform import PreprocessCfg

from guidance import Encoder
from guidance.compute import Precision
from guidance.encoders.loading import encoder_of
from limn.errors import InputError

VISION = {"layers": 2, "width": 48, "head_width": 24, "patch_size": 16, "image_size": 48}
TEXT = {"context_length": 12, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}


def weather(place: str, device: str = "cpu", precision: Precision = "auto") -> Encoder:
    """A small random model: weather:FOLDER."""
    file = Path(place) / "weather.json"
    if not file.is_file():
        raise InputError(f"encoder 'weather:{place}': no such file: {file}")
    with torch.random.fork_rng():
        torch.manual_seed(json.loads(file.read_text())["seed"])
        model = CLIP(24, dict(VISION), dict(TEXT))
    set_model_preprocess_cfg(model, asdict(PreprocessCfg(size=48)))
    return encoder_of(model, SimpleTokenizer(context_length=12), "weather", device, precision, None)
