"""CLIPs in the format of transformers, as models of open_clip; the package itself is not needed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from guidance.encoders.weights import read_weights
from limn.errors import InputError
from limn.files import read_json

if TYPE_CHECKING:
    from open_clip import SimpleTokenizer
    from open_clip.model import CLIP

FILES = ["config.json", "preprocessor_config.json", "model*.safetensors", "pytorch_model.bin"]
"""What such a folder has, of which we read something."""

HEADS = {"text": 8, "vision": 12}
"""Of attention, where a config does not say it."""

NAMES = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}
"""Parts of a layer there and here."""


def is_transformers_clip(folder: Path) -> bool:
    """True if a folder holds a CLIP of transformers and none of open_clip."""
    file = folder / "config.json"
    if (folder / "open_clip_config.json").is_file() or not file.is_file():
        return False
    return read_json(file).get("model_type") == "clip"


def load_transformers_clip(folder: Path) -> tuple[CLIP, SimpleTokenizer]:
    """The model and its tokenizer, which is the one of all CLIPs.

    Raises:
        InputError: files are missing or do not belong together.
    """
    from open_clip.model import CLIP, set_model_preprocess_cfg
    from open_clip.transform import PreprocessCfg

    from guidance.encoders.tokens import clip_tokenizer

    state: dict[str, Tensor] = {}
    for file in [*sorted(folder.glob("model*.safetensors")), *folder.glob("pytorch_model.bin")]:
        state = read_weights(file) | state
    try:
        config = _config(state, read_json(folder / "config.json"))
        model = CLIP(**config)
        model.load_state_dict(_converted(state))
    except (AssertionError, KeyError, RuntimeError) as error:
        line = str(error).strip().splitlines()[-1].strip()
        raise InputError(f"{folder}: config.json and the weights do not belong together ({line[:200]})") from error
    given = read_json(folder / "preprocessor_config.json")
    own = {key: given[f"image_{key}"] for key in ("mean", "std") if f"image_{key}" in given}
    side = config["vision_cfg"]["image_size"]
    set_model_preprocess_cfg(model, asdict(PreprocessCfg(size=side)) | own)
    return model, clip_tokenizer(config["text_cfg"]["context_length"])


def _config(state: Mapping[str, Tensor], config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of open_clip's `CLIP`: sizes are those of the weights."""
    given = {kind: config.get(f"{kind}_config") or {} for kind in HEADS}
    acts = {one.get("hidden_act", "quick_gelu") for one in given.values()}
    if len(acts) > 1 or not acts <= {"gelu", "quick_gelu"}:
        raise InputError(f"hidden_act: expected gelu or quick_gelu in both towers, got {', '.join(sorted(acts))}")
    towers: dict[str, dict[str, Any]] = {}
    for kind, own in given.items():
        inner, width = state[f"{kind}_model.encoder.layers.0.mlp.fc1.weight"].shape
        layers = {name.split(".")[3] for name in state if name.startswith(f"{kind}_model.encoder.layers.")}
        towers[kind] = {"layers": len(layers), "width": width, "mlp_ratio": inner / width}
        heads = own.get("num_attention_heads", HEADS[kind])
        towers[kind] |= {"heads": heads} if kind == "text" else {"head_width": width // heads}
    vocabulary = state["text_model.embeddings.token_embedding.weight"]
    towers["text"] |= {"vocab_size": len(vocabulary), "context_length": len(state[f"{PLACES['text']}.weight"])}
    patch = state["vision_model.embeddings.patch_embedding.weight"].shape[-1]
    side = math.isqrt(len(state[f"{PLACES['vision']}.weight"]) - 1)
    towers["vision"] |= {"patch_size": patch, "image_size": side * patch}
    embed_dim = len(state["text_projection.weight"])
    quick = acts == {"quick_gelu"}
    return {"embed_dim": embed_dim, "quick_gelu": quick, "vision_cfg": towers["vision"], "text_cfg": towers["text"]}


PLACES = {kind: f"{kind}_model.embeddings.position_embedding" for kind in HEADS}


def _converted(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights by the names of open_clip."""
    made = {
        "logit_scale": state["logit_scale"],
        "text_projection": state["text_projection.weight"].T,
        "token_embedding.weight": state["text_model.embeddings.token_embedding.weight"],
        "positional_embedding": state[f"{PLACES['text']}.weight"],
        "visual.proj": state["visual_projection.weight"].T,
        "visual.class_embedding": state["vision_model.embeddings.class_embedding"],
        "visual.positional_embedding": state[f"{PLACES['vision']}.weight"],
        "visual.conv1.weight": state["vision_model.embeddings.patch_embedding.weight"],
    }
    norms = {
        "vision_model.pre_layrnorm": "visual.ln_pre",  # so it is written there
        "vision_model.post_layernorm": "visual.ln_post",
        "text_model.final_layer_norm": "ln_final",
    }
    for there, here in norms.items():
        made |= {f"{here}.{part}": state[f"{there}.{part}"] for part in ("weight", "bias")}
    for there, here in (("vision_model", "visual.transformer"), ("text_model", "transformer")):
        for name in [name for name in state if name.startswith(f"{there}.encoder.layers.")]:
            number, _, rest = name.removeprefix(f"{there}.encoder.layers.").partition(".")
            place, (layer, _, part) = f"{here}.resblocks.{number}", rest.rpartition(".")
            if layer in NAMES:
                made[f"{place}.{NAMES[layer]}.{part}"] = state[name]
            elif layer == "self_attn.q_proj":
                parts = [state[name.replace("q_proj", f"{each}_proj")] for each in "qkv"]
                made[f"{place}.attn.in_proj_{part}"] = torch.cat(parts)
    return {name: value.float() for name, value in made.items()}
