"""Films once around a scene: its colours, its depth, its normals."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from panorama import Panorama
from PIL import Image
from solids import ball

from guidance import Objective
from limn.cameras import turntable
from pipelines import RunConfig, Task
from pipelines.loop.optimise import Result
from pipelines.report import write_turntable
from renderers.base import Renderer
from renderers.mesh.mesh import Mesh
from renderers.mesh.renderer import MeshRenderer

SIZE = 24


def egg() -> Mesh:
    """Twice as deep as it is wide."""
    mesh = ball()
    return replace(mesh, vertices=mesh.vertices * torch.tensor([0.5, 0.5, 1.0]))


def scene(renderer: Renderer | None = None, **changes: Any) -> tuple[Result, Task]:
    shown = renderer or MeshRenderer(egg(), size=(SIZE, SIZE))
    result = Result(shown, 0, torch.zeros(1), None, 0, [0], 0.0, 1, [0])
    return result, Task(shown, lambda: Objective({}), turntable=turntable, **changes)


def config(**video: Any) -> RunConfig:
    return RunConfig.model_validate(
        {"recipe": "none", "video": {"formats": ["gif"], "seconds": 0.5, "fps": 8} | video, "preview_size": SIZE}
    )


def pictures(file: Path) -> np.ndarray:
    with Image.open(file) as film:
        frames = []
        for number in range(film.n_frames):
            film.seek(number)
            frames.append(np.asarray(film.convert("RGB")))
    return np.stack(frames)


def test_a_model_is_shown_in_its_colours(tmp_path: Path) -> None:
    made = write_turntable(tmp_path, *scene(), config())
    assert [(one.path.name, one.kind) for one in made] == [("views.png", "picture"), ("turntable.gif", "turntable")]


def test_depth_and_normals_are_shown_where_a_recipe_or_a_config_wants_them(tmp_path: Path) -> None:
    made = write_turntable(tmp_path, *scene(channels=("rgb", "depth", "normal")), config())
    assert [one.path.name for one in made[1:]] == ["turntable.gif", "turntable_depth.gif", "turntable_normal.gif"]
    assert [one.label for one in made[1:]] == ["once around", "depth once around", "normals once around"]
    front, side, _, _ = pictures(tmp_path / "turntable_depth.gif")
    assert front.max() > 250  # the nearest point of the film
    assert side.max() < 220  # the egg turns its long side: nothing is as near
    assert front[0].max() == side[0].max() == 0
    normals = pictures(tmp_path / "turntable_normal.gif")
    for view in normals:
        red, _, blue = view[SIZE // 2].T.astype(int)
        assert abs(red[SIZE // 2 - 1 : SIZE // 2 + 1].mean() - 127.5) < 4  # neither to the left nor to the right
        assert blue[SIZE // 2] > 200  # towards the camera
        assert red[: SIZE // 2].min() < 60
        assert red[SIZE // 2 :].max() > 180
    alone = write_turntable(tmp_path, *scene(), config(channels=["depth"]))
    assert [one.path.name for one in alone[1:]] == ["turntable_depth.gif"]


def test_a_scene_without_depth_has_no_film_of_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    strip = scene(Panorama(torch.rand(1, 3, 8, 32)))
    with caplog.at_level(logging.WARNING, "limn"):
        made = write_turntable(tmp_path, *strip, config(channels=["depth", "rgb"]))
    assert [one.path.name for one in made] == ["views.png", "turntable.gif"]
    assert caplog.messages == ["video.channels: this scene has no depth"]
