"""What makes a shipped config short: few steps in every stage, small pictures and models of scenes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SCENE = {"eval_views": 1, "size": 24, "preview_size": 32}
MODEL = {"resolution": 16, "texture_size": 32}
GRID = 24
"""Vertices on each axis of a dense grid, at most."""
STROKES = 16
"""In front and behind, at most."""
KNOWN = {"field": ("resolution", "texture_size"), "mesh": ("texture_size",), "flexicubes": ("texture_size",)}


def shortened(path: Path, **each: Any) -> dict[str, Any]:
    """Overrides by key.

    Args:
        path: of the config.
        each: settings of every stage, such as ``steps``.
    """
    config = yaml.safe_load(path.read_text())
    stages = {f"stages.{name}.": own for name, own in config.get("stages", {}).items()}
    counts = {key: config.get(key) for key in ("strokes", "background")}
    found: dict[str, Any] = {key: STROKES for key, n in counts.items() if isinstance(n, int) and n > STROKES}
    found |= {stage + key: value for stage in stages for key, value in each.items()}
    for place, own in {"": config, **stages}.items():
        renderer = own.get("renderer")
        for name in renderer if isinstance(renderer, Mapping) else ():
            found |= {"prompt": "a red cube"} if "prompt" in config else {}
            found |= SCENE | {f"{place}renderer.{name}.{key}": MODEL[key] for key in KNOWN.get(name, ())}
            found |= {f"{place}size": 24}
            grid = (renderer[name].get("encoding") or {}).get("dense_grid", {})
            if grid.get("resolution", 0) > GRID:
                found[f"{place}renderer.{name}.encoding.dense_grid.resolution"] = GRID
    return found
