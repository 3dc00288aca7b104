"""The recipe edit with a diffusers pipeline in place of exemplars, and with its own settings of the variant."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import tiny

from pipelines import build, read_config
from pipelines.loop.loop import Loop

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("target", ["sailboat.png", "apple.svg"])
def test_pictures_and_drawings_are_edited_by_a_pipeline(target: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tiny.save("v", tmp_path)
    settings = {"target": str(ROOT / "configs/assets" / target), "source_prompt": "a boat", "prompt": "a red apple"}
    settings |= {"prior": f"local-dir:{tmp_path}", "precision": "float32", "size": 32, "steps": 3, "eval_every": 3}
    config = read_config(ROOT / "configs/edit.yaml", settings.items())
    assert config.losses["prior"].variant == "dds"
    (stage,) = build(config)
    prepared = stage.task(None)
    before = prepared.renderer.render().rgb.detach().clone()
    loop = Loop(prepared.renderer, prepared.objective(), stage.settings)
    for _ in range(3):
        loop.advance()
    assert loop.skipped == [0]
    after = prepared.renderer.render().rgb.detach()
    assert after.isfinite().all()
    assert float((after - before).abs().max()) > 0.005
