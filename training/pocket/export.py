"""Write a shipped model as a folder that open_clip opens."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from guidance.pocket.architecture import preprocess_cfg
from guidance.pocket.load import describe, load_pocket


def export_open_clip(name: str, folder: Path) -> None:
    """Write a model as a folder that open_clip opens as ``local-dir:<folder>``, with all rows of the tokens.

    Args:
        name: ``pocket`` or ``pocket-judge``.
        folder: made when missing; files of an earlier export are replaced.

    Raises:
        InputError: there is no model of that name.
    """
    model, _ = load_pocket(name)
    config = describe(name)["open_clip"]
    folder.mkdir(parents=True, exist_ok=True)
    written = {"model_cfg": config, "preprocess_cfg": preprocess_cfg(config["vision_cfg"]["image_size"])}
    (folder / "open_clip_config.json").write_text(json.dumps(written, indent=2) + "\n")
    state: dict[str, Tensor] = {key: value.contiguous() for key, value in model.state_dict().items()}
    save_file(state, folder / "open_clip_model.safetensors")
