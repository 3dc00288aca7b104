"""stylise: what it keeps of a photograph, and what it takes from pictures and words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tasks import only_task

from limn.errors import InputError
from limn.pictures import to_tensor
from pipelines import read_config, run
from pipelines.config.run_config import RunConfig

ASSETS = Path(__file__).parents[2] / "configs/assets"


def settings(**own: Any) -> dict[str, Any]:
    return {"recipe": "stylise", "target": str(ASSETS / "cat.jpg"), "size": 48, "video": {"formats": []}, **own}


def config(folder: Path, **own: Any) -> RunConfig:
    file = folder / "run.json"
    file.write_text(json.dumps(settings(**own)))
    return read_config(file)


@pytest.mark.parametrize("by", ["gram", "contextual", "moments"])
def test_it_comes_nearer_to_the_style_of_a_picture(by: str, tmp_path: Path) -> None:
    own = {"style": str(ASSETS / "styles/mosaic.webp"), "by": by, "precision": "float32", "output": str(tmp_path)}
    result = run(settings(**own, steps=12))
    rows = [json.loads(line) for line in (result.folder / "metrics.jsonl").read_text().splitlines()]
    first, *_, last = (row["losses"]["style"][0] for row in rows if "losses" in row)
    assert last < 0.8 * first
    with Image.open(ASSETS / "cat.jpg") as photograph, Image.open(result.folder / "picture.png") as picture:
        assert picture.size == photograph.size  # and not 48 pixels


def test_words_move_a_picture_their_way(tmp_path: Path) -> None:
    own = {"prompt": "fire", "renderer": "filter", "output": str(tmp_path), "losses": {"patches": {"num_augs": 2}}}
    result = run(settings(**own, steps=12, num_augs=2))
    rgb = result.renderer.render().rgb[0, 0].detach()
    before = to_tensor(Image.open(result.folder / "before.png"))[0]
    warmer = (rgb[0] - rgb[2]).mean() - (before[0] - before[2]).mean()
    assert warmer > 0.02
    assert (rgb - before).std() < 0.4  # what it shows is still there


def test_terms_of_the_preset_can_be_changed_one_by_one(tmp_path: Path) -> None:
    style = str(ASSETS / "styles/ink.webp")
    changed = config(tmp_path, style=style, losses={"style": {"weight": 3}})
    assert set(changed.losses) == {"content", "style", "palette", "smooth"}
    assert changed.losses["style"].weight.first == 3
    assert set(config(tmp_path, prompt="fire").losses) == {"content", "whole", "patches", "smooth"}
    assert "patches" in config(tmp_path, style=[style, {"picture": style, "weight": 2}], prompt="fire").losses


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, "expected a style: pictures"),
        ({"prompt": "a corgi"}, "'corgi'"),
        ({"style": "nowhere.png"}, "no such file: nowhere.png"),
        ({"style": str(ASSETS / "styles/ink.webp"), "renderer": "strokes"}, "strokes does not start from a picture"),
    ],
)
def test_what_cannot_be_stylised_is_refused(own: dict[str, Any], expected: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=expected):
        only_task(config(tmp_path, **own))


@pytest.mark.parametrize("renderer", ["pixels", "pyramid", "fourier", "filter"])
def test_every_renderer_of_pictures_starts_from_the_photograph(renderer: str, tmp_path: Path) -> None:
    task = only_task(config(tmp_path, style=str(ASSETS / "styles/ink.webp"), renderer=renderer))
    with torch.no_grad():
        shown = task.renderer.render().rgb[0, 0]
    assert shown.shape == (3, 32, 48)
    torch.testing.assert_close(shown, task.pictures["before"], rtol=0, atol=1 / 255)
