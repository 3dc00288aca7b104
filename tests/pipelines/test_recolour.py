"""Photographs in other colours: what turns, what stays, and what is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tasks import only_task
from torch import Tensor

from pipelines import read_config
from pipelines.inputs.pictures import fit, read_picture
from pipelines.loop.optimise import optimise
from pipelines.task.recolour import colours_of, in_colours, is_photograph, with_colour
from pipelines.task.stages import settings_of

ASSETS = Path(__file__).parents[2] / "configs/assets"
RED, GREEN, SKIN = (0.8, 0.15, 0.1), (0.1, 0.6, 0.2), (0.85, 0.65, 0.6)


def patches(*colours: tuple[float, ...]) -> Tensor:
    """Stripes of colours, each 24 pixels wide [3, 24, W]."""
    return torch.tensor(colours).T.repeat_interleave(24, dim=1)[:, None].expand(-1, 24, -1).contiguous()


def everywhere(picture: Tensor) -> Tensor:
    return torch.ones_like(picture[:1])


def test_a_named_colour_turns_and_others_stay() -> None:
    picture = patches(RED, GREEN, (0.5, 0.5, 0.5), SKIN)
    turned = with_colour(picture, everywhere(picture), "blue", "red")
    assert turned[2, 12, 12] > turned[0, 12, 12] + 0.3
    torch.testing.assert_close(turned[..., 36:72], picture[..., 36:72])
    torch.testing.assert_close(turned[..., 84:], picture[..., 84:], rtol=0, atol=0.02)  # pale red is not red
    half = everywhere(picture)
    half[:, :12] = 0
    assert torch.equal(with_colour(picture, half, "blue", "red")[:, :12], picture[:, :12])


def test_without_a_name_it_is_the_main_colour_that_turns() -> None:
    picture = patches(GREEN, GREEN, RED)
    turned = with_colour(picture, everywhere(picture), "blue", None)
    assert turned[2, 12, 12] > turned[1, 12, 12] + 0.2
    torch.testing.assert_close(turned[..., 60:], picture[..., 60:])


def test_grey_things_take_a_colour_and_keep_their_light() -> None:
    picture = patches((0.5, 0.5, 0.5), RED)
    turned = with_colour(picture, everywhere(picture), "blue", "grey")
    assert turned[2, 12, 12] > turned[0, 12, 12] + 0.2
    torch.testing.assert_close(turned[..., 36:], picture[..., 36:], rtol=0, atol=0.02)


def test_what_has_some_colours_takes_others_in_their_order() -> None:
    grey = torch.rand(1, 32, 48, generator=torch.Generator().manual_seed(0)).expand(3, -1, -1) * 0.6
    picture = torch.cat([grey, patches(GREEN)[:, :1, :1].expand(-1, 32, 24)], dim=2)
    orange = torch.linspace(0.1, 1, 200)[:, None] * torch.tensor([1.0, 0.5, 0.1])
    changed = in_colours(picture, everywhere(picture), orange, torch.linspace(0, 1, 50)[:, None].expand(-1, 3))
    inside = changed[..., 4:40].mean(dim=(1, 2))
    assert inside[0] > inside[1] + 0.1 > inside[2] + 0.2
    torch.testing.assert_close(changed[..., 60:], picture[..., 60:], rtol=0, atol=0.02)
    light, dark = (changed[0, ..., 4:40][side].mean() for side in (grey[0, ..., 4:40] > 0.3, grey[0, ..., 4:40] < 0.3))
    assert light > dark + 0.1


def test_paper_has_no_colour_and_white_inside_has() -> None:
    picture = torch.ones(1, 3, 20, 20)
    picture[:, :, 5:15, 5:15] = torch.tensor(RED)[:, None, None]
    picture[:, :, 8:12, 8:12] = 1
    found = colours_of(picture)
    assert len(found) == 64  # without the rim, which is half paper
    assert int((found.amin(dim=1) > 0.9).sum()) == 16


def test_photographs_are_told_from_drawn_pictures(tmp_path: Path) -> None:
    told = {name: is_photograph(read_picture(ASSETS / name)) for name in ("cat.jpg", "coffee.jpg", "owl.png")}
    assert told == {"cat.jpg": True, "coffee.jpg": True, "owl.png": False}
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    assert not is_photograph(read_picture(tmp_path / "dot.png"))


def config(**overrides: Any) -> Any:
    return read_config(ASSETS.parent / "edit.yaml", {"target": str(ASSETS / "coffee.jpg"), **overrides}.items())


def test_a_photograph_keeps_its_ground_and_its_forms() -> None:
    settings = config(source_prompt="a red cup", prompt="a blue cup", size=96, steps=40, eval_every=40)
    assert (settings.change, list(settings.losses)) == ("colours", ["colours"])
    task = only_task(settings)
    assert task.notes == ["a photograph: what is red turns blue; colours change in the object"]
    optimise(task.renderer, task.objective(), settings_of(settings))
    before, after = task.pictures["before"], task.renderer.render().rgb[0, 0].detach()
    assert after.shape == before.shape == (3, 64, 96)
    saucer = (slice(None), slice(38, 44), slice(16, 20))
    assert before[saucer].mean(dim=(1, 2))[0] > 0.4 > 0.2 > before[saucer].mean(dim=(1, 2))[2]
    assert after[saucer].mean(dim=(1, 2))[2] > after[saucer].mean(dim=(1, 2))[0] + 0.2
    assert torch.equal(after[:, :, 80:], before[:, :, 80:])  # the table
    whole = fit(read_picture(settings.target), (64, 96))[0]
    light = [picture.mean(dim=0).flatten() for picture in (whole, after)]
    assert torch.corrcoef(torch.stack(light))[0, 1] > 0.95


def test_other_words_take_their_colours_from_the_prior_and_must_be_known() -> None:
    settings = config(target=str(ASSETS / "cat.jpg"), source_prompt="a cat", prompt="a tiger", size=64)
    task = only_task(settings)
    (note,) = task.notes
    assert "prior exemplars knows no forms: what has the colours of 'a cat' takes those of 'a tiger'" in note
    optimise(task.renderer, task.objective(), replace(settings_of(settings), steps=30))
    change = (task.renderer.render().rgb[0, 0].detach() - task.pictures["before"]).mean(dim=(1, 2))
    assert change[0] > change[2] + 0.05  # orange
    with pytest.raises(ValueError, match="source_prompt: prior exemplars knows no 'corgi'"):
        config(source_prompt="a corgi", prompt="a tiger")


@pytest.mark.parametrize(
    ("overrides", "change"),
    [
        ({"prior": "org/name"}, "form"),
        ({"change": "form"}, "form"),
        ({"by": "clip"}, "form"),
        ({"target": str(ASSETS / "owl.png")}, "form"),
        ({"target": str(ASSETS / "apple.svg")}, "form"),
        ({"prior": "pocket"}, "colours"),
    ],
)
def test_what_changes(overrides: dict[str, Any], change: str) -> None:
    settings = config(source_prompt="a cup", prompt="a red cup", **overrides)
    assert settings.change == change
    assert ("colours" in settings.losses) == (change == "colours")
