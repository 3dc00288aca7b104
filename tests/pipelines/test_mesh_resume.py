"""Models whose run was killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from killing import kill_on_the_way
from solids import tower

from pipelines import execute, run


def small(folder: Path) -> dict[str, Any]:
    """Form, texture, relief and a field of a small model, with random views, backgrounds and lights."""
    field = {"parts": ["displacement"], "sigma": 1.0, "features": 4, "width": 8, "depth": 1}
    texture = [{"uv_texture": {"resolution": 32}}, {"normal_map": {"resolution": 16}}]
    return {
        "recipe": "stylise_mesh",
        "name": "copy",
        "model": str(tower(folder)),
        "prompt": "a green house",
        "best_of": 2,
        "steps": 8,
        "size": 32,
        "num_augs": 1,
        "texture_size": 32,
        "checkpoint_every": 1,
        "eval_every": 3,
        "eval_views": 2,
        "video": {"formats": []},
        "cameras": {"dreamfusion": {"count": 2}},
        "background": "varied",
        "lights": "random_point",
        "parameters": [{"style_field": field}, *texture, "vertex_offsets"],
        "losses": {"words": {"loss": "text_similarity"}, "slow": {"loss": "pixels:Slow", "seconds": 0.1}},
        "import_from": [str(Path(__file__).parent)],
    }


def test_a_killed_model_ends_with_the_same_bytes(tmp_path: Path, write_config: Callable[[Any], Path]) -> None:
    settings = small(tmp_path)
    whole = run(settings, output=str(tmp_path / "whole"))
    folder = kill_on_the_way(write_config(settings | {"output": str(tmp_path)}), tmp_path / "copy")
    index = json.loads((folder / "checkpoint" / "checkpoint.json").read_text())["numbers"]["index"]
    assert 0 < index < settings["steps"]
    execute(folder)
    assert whole.folder is not None
    assert (folder / "model.glb").read_bytes() == (whole.folder / "model.glb").read_bytes()
