"""Losses on form and sound, from YAML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from solids import tower

from guidance import Prompt
from guidance.losses import SoundSimilarity
from guidance.sound import load_listener, read_wav
from pipelines import read_config, run
from pipelines.task.models import read_model
from pipelines.task.objective import build_objective

CAPTIONS = ["a dog", "a cat", "a bell"]


def test_form_is_a_loss_of_yaml(tmp_path: Path) -> None:
    losses = {"form": {"loss": "point_cloud", "points": 256, "size": 16}, "deep": {"loss": "depth_words"}}
    small: dict[str, Any] = {"size": 32, "steps": 2, "eval_views": 1, "preview_size": 32, "video": {"formats": []}}
    small |= {
        "output": str(tmp_path / "outputs"),
        "num_augs": 0,
        "precision": "float32",
        "parameters": [{"free_form": {}}],
    }
    result = run({"recipe": "stylise_mesh", "model": str(tower(tmp_path)), "prompt": "a mug", "losses": losses} | small)
    assert result.folder is not None
    first = json.loads((result.folder / "metrics.jsonl").read_text().splitlines()[0])
    assert set(first["losses"]) == {"form", "deep"}
    assert 0 < first["losses"]["form"][0] < 2
    started, ended = read_model(tower(tmp_path)), read_model(result.folder / "model.glb")
    assert not torch.allclose(ended.vertices.std(dim=0), started.vertices.std(dim=0), atol=1e-4)


def test_a_sound_is_heard_and_shown(tone: Path, clap: str, tmp_path: Path) -> None:
    heard = load_listener(clap).probabilities(read_wav(tone), CAPTIONS)
    best = CAPTIONS[int(heard.argmax())]
    setting = {"sound": str(tone), "captions": CAPTIONS, "listener": clap}
    losses = {"heard": {"loss": "sound_similarity", **setting}}
    config = read_config({"recipe": "draw", "prompt": "a frog", "size": 32, "losses": losses})
    loss = build_objective(config).losses[0]
    assert isinstance(loss, SoundSimilarity)
    torch.testing.assert_close(loss.text, Prompt.parse(best).embed(loss.encoder.encoder))
