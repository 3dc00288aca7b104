"""imagine with any flat renderer, those of others as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from limn.errors import InputError
from pipelines import read_config, run
from pipelines.recipes.imagine import imagine
from pipelines.task.start import Start

TILES = '''
"""A renderer from outside."""

from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from limn.artefact import Artefact
from limn.frames import Frames
from renderers.base import ParameterGroup, Renderer


class Tiles(Renderer):
    def __init__(self, canvas, count: Annotated[int, Field(ge=1, le=64)] = 4):
        super().__init__()
        self.size = canvas.size
        self.colours = nn.Parameter(torch.rand(canvas.candidates, 3, count, count, generator=canvas.generator))

    @property
    def candidates(self):
        return len(self.colours)

    def render(self, cameras=None, size=None, step=None):
        rgb = nn.functional.interpolate(self.colours, size or self.size)[:, None]
        return Frames(rgb, torch.ones_like(rgb[:, :, :1]))

    def parameter_groups(self):
        return [ParameterGroup("colour", [self.colours], 0.05)]

    def constrain(self):
        self.colours.data.clamp_(0, 1)

    def artefacts(self, folder, candidate=0):
        file = folder / "tiles.txt"
        file.write_text(str(self.colours[candidate].tolist()))
        return [Artefact(file, "data", "Colours of the tiles")]
'''


def settings(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    return {
        "recipe": "imagine",
        "prompt": "a red apple",
        "output": str(tmp_path),
        "steps": 2,
        "size": 32,
        "best_of": 2,
        "video": {"formats": []},
        "losses": {"flat": {"loss": "total_variation"}},
    } | changes


def renderer_of(tmp_path: Path, renderer: Any) -> Any:
    return imagine(read_config(settings(tmp_path, renderer=renderer)), Start()).renderer  # type: ignore[arg-type]


def test_pixels_are_the_default(tmp_path: Path) -> None:
    assert read_config(settings(tmp_path)) == read_config(settings(tmp_path, renderer="pixels"))
    grey = renderer_of(tmp_path, {"pixels": {"contrast": 0}}).render().rgb
    assert torch.equal(grey, torch.full((2, 1, 3, 32, 32), 0.5))


@pytest.mark.parametrize(("renderer", "paths"), [({"strokes": {"count": 5}}, 5), ({"squares": {"columns": 4}}, 16)])
def test_a_renderer_is_chosen_by_name(renderer: dict[str, Any], paths: int, tmp_path: Path) -> None:
    made = renderer_of(tmp_path, renderer)
    assert made.candidates == 2
    assert made.render().rgb.shape == (2, 1, 3, 32, 32)
    assert len(made.scene().topology.paths) == paths


@pytest.mark.parametrize(
    ("renderer", "says"),
    [
        ("pixel", "renderer: unknown renderer 'pixel'; did you mean 'pixels'?"),
        ({"shapes": {"cuont": 3}}, "renderer: shapes: unknown key 'cuont'; did you mean 'count'?"),
        ({"strokes": {"count": 0}}, "renderer: strokes: count: expected greater than or equal to 1, got 0"),
        (
            {"squares": {"columns": 5}},
            "renderer.squares: columns: 5 squares do not fill 32 x 32 pixels; expected 4 or 8",
        ),
        ("mesh", "renderer: mesh draws a scene with views; expected one of flat pictures"),
    ],
)
def test_what_cannot_be_drawn_is_refused(renderer: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        renderer_of(tmp_path, renderer)
    assert str(error.value).endswith(says)


def test_a_renderer_from_outside_needs_no_recipe(tmp_path: Path) -> None:
    (tmp_path / "tiles.py").write_text(TILES)
    wanted = {"tiles:Tiles": {"count": 3}}
    result = run(settings(tmp_path, renderer=wanted, import_from=[str(tmp_path)], name="tiles"))
    assert result.folder is not None
    assert "tiles.txt" in {artefact.path.name for artefact in result.artefacts}
    with pytest.raises(InputError, match="tiles:Tiles: count: expected less than or equal to 64, got 65"):
        read_config(settings(tmp_path, renderer={"tiles:Tiles": {"count": 65}}, import_from=[str(tmp_path)]))
