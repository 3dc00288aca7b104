"""Exemplars of the world of solids and of folders of models, as recipes see them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from solids import ball, tower

from guidance.distillation import load_prior
from limn.cameras import orbit
from limn.errors import InputError
from pipelines import run
from pipelines.inputs.model_libraries import LIGHTS, Libraries, drawn
from renderers.mesh import write_glb
from renderers.mesh.renderer import MeshRenderer


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    tower(folder)
    write_glb(folder / "beach_ball.glb", ball(detail=1))
    (folder / "notes.txt").write_text("models of a style\n")
    return folder


def test_models_are_drawn_as_the_cameras_see_them() -> None:
    renderer = MeshRenderer(ball(detail=1))
    cameras = orbit(torch.tensor([0.2, 3.0]), 0.3, 2.5, torch.tensor([0.9, 0.0]), torch.tensor([0.2, 0.0, 0.1]))
    colour, alpha = drawn(renderer, cameras.camera_to_world, cameras.world_to_clip, 16).split([3, 1], dim=1)
    lit = replace(cameras, lights=LIGHTS(cameras, torch.Generator()))
    seen = renderer.render(lit, (32, 32)).rgb[0]
    torch.testing.assert_close(colour + 1 - alpha, F.avg_pool2d(seen, 2), atol=1e-4, rtol=0)


def test_a_folder_of_models_is_a_library(models: Path) -> None:
    library = Libraries().open(str(models))
    assert library is not None
    assert library.captions == ["beach ball", "tower"]
    sides = orbit(torch.tensor([0.0, math.pi]), 0.0, 2.5, 0.9)
    front, back = library.draw("beach ball", sides.camera_to_world, sides.world_to_clip, 16)[:, :3]
    assert front[2, 8, 8] > back[2, 8, 8] + 0.2  # blue in front alone
    (models / "captions.txt").write_text("tower.obj: two boxes\n")
    prior = load_prior(f"exemplars:{models}", models=Libraries(), side=8)
    assert prior.chosen("two red boxes") == ["red: two boxes"]  # type: ignore[attr-defined]
    (models / "captions.txt").write_text("towr.obj: two boxes\n")
    with pytest.raises(InputError, match=r"line 1: no 'towr.obj' in the folder; did you mean 'tower.obj'"):
        Libraries().open(str(models))
    assert Libraries().open(str(models.parent)) is None


def test_solids_are_made_from_words_and_others_are_guessed() -> None:
    prior = load_prior("exemplars:solids", models=Libraries(), encoder="")
    assert prior.chosen("a red cube") == ["a red cube"]  # type: ignore[attr-defined]
    assert prior.chosen("a yellow mushroom with blue dots") == ["a yellow mushroom with blue dots"]  # type: ignore[attr-defined]
    assert prior.chosen("the dog of my aunt") == ["a dog"]  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="unknown key 'scale'"):
        load_prior("exemplars:solids", models=Libraries(), scale=2)


@pytest.mark.parametrize(("own", "words", "colour"), [(False, "a red cube", 0), (True, "a green beach ball", 1)])
def test_imagine_draws_a_side_of_a_model(own: bool, words: str, colour: int, models: Path, tmp_path: Path) -> None:
    result = run(
        {
            "recipe": "imagine",
            "prompt": words,
            "prior": f"exemplars:{models}" if own else "exemplars:solids",
            "losses": {"prior": {"prior_options": {"side": 16}, "samples": 4}},
            "renderer": "pixels",
            "size": 16,
            "steps": 60,
            "output": str(tmp_path),
            "video": {"formats": []},
        }
    )
    rgb = result.renderer.render().rgb[0, 0].detach()
    assert rgb[:, :2].mean() > 0.85  # white paper,
    middle = rgb[:, 5:11, 5:11].mean(dim=(1, 2))
    assert middle[colour] > 1.3 * middle[[c for c in range(3) if c != colour]].max()  # and a thing of that colour
