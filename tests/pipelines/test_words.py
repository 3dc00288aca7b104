"""Recipes from words: who judges, what overrides it, and that draw, imagine and edit do what words say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tasks import only_task

from limn.errors import InputError
from pipelines import read_config
from pipelines.config.yaml import dump_yaml, parse_yaml
from pipelines.loop.optimise import optimise
from pipelines.runs.build import settings_of
from renderers.fields.pictures.field_image import FieldImage
from renderers.fields.pictures.pixel_image import PixelImage
from renderers.strokes import Strokes

ROOT = Path(__file__).parents[2]


def config(name: str, **overrides: Any) -> Any:
    return read_config(ROOT / "configs" / f"{name}.yaml", overrides.items())


@pytest.mark.parametrize("name", ["draw", "imagine"])
def test_who_judges(name: str) -> None:
    assert list(config(name).losses) == ["prior"]
    assert list(config(name, by="clip").losses) == {"draw": ["clip"], "imagine": ["clip", "blend"]}[name]
    both = config(name, by="both").losses
    assert {term.loss for term in both.values()} == {"distillation", "text_similarity"}
    with pytest.raises(InputError, match=r"by: expected .*'clip'"):
        config(name, by="clop")


def test_losses_of_ones_own_replace_a_preset_and_terms_without_a_loss_change_it() -> None:
    own = {"text": {"loss": "text_similarity"}}
    assert list(config("draw", losses=own).losses) == ["text"]
    changed = config("draw", by="both", **{"losses.prior.samples": 9, "losses.clip.weight": 0.5})
    assert list(changed.losses) == ["prior", "clip"]
    assert changed.losses["prior"].samples == 9
    assert changed.losses["clip"].weight.first == 0.5
    assert list(config("draw", losses={"total_variation": {"weight": 1}}).losses) == ["total_variation"]


def test_a_resolved_config_reads_back_as_itself() -> None:
    for name in ("draw", "imagine", "edit"):
        once = config(name, by="both", seed=4)
        assert read_config(parse_yaml(dump_yaml(once))) == once


def test_another_prior_gets_no_settings_of_exemplars() -> None:
    term = config("edit", prior="local-dir:somewhere").losses["prior"]
    assert (term.prior, term.samples, term.prior_options) == ("local-dir:somewhere", None, None)
    with pytest.raises(InputError, match="there is no such folder"):
        only_task(config("edit", prior="local-dir:somewhere")).objective()


def test_imagining_shows_what_was_asked_for() -> None:
    settings = config("imagine", prompt="a green circle", size=32, steps=60, eval_every=60)
    prepared = only_task(settings)
    optimise(prepared.renderer, prepared.objective(), settings_of(settings))
    assert isinstance(prepared.renderer, PixelImage)
    picture = prepared.renderer.colours[0].detach()
    red, green, _ = picture[:, 12:20, 12:20].mean(dim=(1, 2))
    assert green > red + 0.2
    assert picture[:, :3, :3].mean() > 0.85  # white around it


def test_editing_a_drawing_keeps_its_paths_and_changes_its_colour() -> None:
    apple = {"target": str(ROOT / "configs/assets/apple.svg"), "source_prompt": "a red apple"}
    settings = config("edit", **apple, prompt="a green apple", size=48, steps=25, eval_every=25)
    prepared = only_task(settings)
    assert isinstance(prepared.renderer, Strokes)
    before = prepared.renderer.scene()
    colours, points = before.fill_colours.detach().clone(), before.points.detach().clone()
    assert float(colours[0, 0, 0] - colours[0, 0, 1]) > 0.5
    result = optimise(prepared.renderer, prepared.objective(), settings_of(settings))
    after = prepared.renderer.scene()
    assert after.topology == before.topology
    assert float(result.eval_losses) < 0  # nearer to the prompt than to the source prompt
    red, green = after.fill_colours.detach()[0, 0, :2].tolist()
    assert red - green < 0.4
    assert float((after.points.detach() - points).abs().mean()) < 4


def test_an_edit_to_the_same_words_changes_nothing() -> None:
    settings = config("edit", prompt="a sailboat", size=32, steps=3, eval_every=3)
    prepared = only_task(settings)
    assert isinstance(prepared.renderer, PixelImage)
    before = prepared.renderer.colours.detach().clone()
    optimise(prepared.renderer, prepared.objective(), settings_of(settings))
    torch.testing.assert_close(prepared.renderer.colours.detach(), before, rtol=0, atol=0.05)
    torch.testing.assert_close(prepared.pictures["before"], before[0])


def test_an_edit_starts_from_its_picture_in_a_network_too() -> None:
    changes = {"prompt": "a blue sailboat", "size": 32, "steps": 20, "eval_every": 20, "best_of": 2}
    settings = config("edit", **changes, renderer={"siren": {"width": 16}})
    prepared = only_task(settings)
    before = prepared.pictures["before"]
    assert torch.equal(prepared.renderer.render().rgb[:, 0], before.expand(2, -1, -1, -1))
    optimise(prepared.renderer, prepared.objective(), settings_of(settings))
    red, _, blue = (prepared.renderer.render().rgb[0, 0].detach() - before).mean(dim=(1, 2))
    assert blue > red + 0.02


def test_an_edit_needs_a_renderer_that_starts_from_its_target() -> None:
    with pytest.raises(InputError, match="renderer: strokes does not start from a picture; expected pixels, siren"):
        only_task(config("edit", size=32, renderer="strokes"))
    drawn = only_task(config("edit", size=32, target=str(ROOT / "configs/assets/apple.svg"), renderer="siren"))
    assert isinstance(drawn.renderer, FieldImage)
