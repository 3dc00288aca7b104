"""The trainer on a world of drawn shapes."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from guidance.pocket.architecture import ARCHITECTURES
from training.pocket import train
from training.pocket.recipes import Recipe, Stage
from training.world.sprites import Kind, Sprites, shape_sprites

SMALL = Stage(0.01, 32, (1e-3, 1e-4))


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    """Drawn shapes that also stand for emoji, in colour and as lines, and for letters."""
    shapes = shape_sprites(scribbles=4)
    known = shapes.concept >= 0
    roles = (Kind.COLOUR, Kind.LINE, Kind.GLYPH)
    return replace(
        shapes,
        pixels=torch.cat([shapes.pixels, *[shapes.pixels[known]] * len(roles)]),
        concept=torch.cat([shapes.concept, *[shapes.concept[known]] * len(roles)]),
        kind=torch.cat([shapes.kind, *[torch.full_like(shapes.kind[known], role) for role in roles]]),
        view=torch.cat([shapes.view, *[shapes.view[known]] * len(roles)]),
    )


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_folding_the_classifier_keeps_what_it_says(name: str, sprites: Sprites, tmp_path: Path) -> None:
    trainer = train.Trainer(name, sprites, tmp_path, Recipe(1, (SMALL,)))
    pictures = torch.rand(8, 3, 64, 64)
    trainer.spread_out.running_mean.normal_()
    trainer.spread_out.running_var.uniform_(0.5, 2)
    with torch.no_grad():
        model = trainer.model.eval()
        before = trainer.spread_out.eval()(model.encode_image(pictures))
        trainer._fold()
        torch.testing.assert_close(model.encode_image(pictures), before, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_trains_through_all_kinds_of_stages_and_remembers_where_it_stood(
    name: str, sprites: Sprites, tmp_path: Path
) -> None:
    stages = (
        replace(SMALL, learns="names"),
        replace(SMALL, size=64, nothing=4, noise=0.1),
        replace(SMALL, size=64, replays=2, radius=(0.2, 1.0), nothing=4),
        replace(SMALL, learns="words"),
    )
    trainer = train.Trainer(name, sprites, tmp_path, Recipe(1, stages))
    trainer.run()
    assert trainer.stage == 4 and 0 < trainer.seen < trainer.steps * 32
    assert all(torch.isfinite(value).all() for value in trainer.average.values() if value.is_floating_point())
    again = train.Trainer(name, sprites, tmp_path, Recipe(1, stages))
    assert (again.stage, again.steps, again.seen) == (4, trainer.steps, trainer.seen)
    for key, value in trainer.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[key], value), key
