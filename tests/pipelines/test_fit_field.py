"""fit_field: pictures with known cameras become a field, and the field a surface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from solids import ball, photographs, tower

from limn.cameras import orbit
from pipelines import build, read_config
from pipelines.loop.optimise import Result, optimise
from renderers.mesh.prepare import normalise
from renderers.mesh.read import read_mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.shading import Unlit

RADIANCE, DISTANCE = {"exp": {"blob": "none"}}, {"neus": {"sharpness": 30}}


def stage(steps: int, density: dict[str, Any], rate: float) -> dict[str, Any]:
    field = {"encoding": {"dense_grid": {"resolution": 17}}, "density": density, "occupancy": 16, "samples": 48}
    return {"steps": steps, "learning_rates": {"density": rate, "colour": 0.3}, "renderer": {"field": field}}


def fitted(stages: dict[str, Any], **source: Any) -> list[Result]:
    """What each stage makes of pictures."""
    config = {"recipe": "fit_field", "size": 32, "shading": "unlit", "background": "random_colour", "best": "last"}
    config |= {"losses": {"colours": {"loss": "pixels", "weight": 10}, "crisp": {"loss": "distortion", "weight": 0.1}}}
    results: list[Result] = []
    for part in build(read_config(config | {"eval_every": 50, "stages": stages} | source)):
        task = part.task(results[-1] if results else None)
        results.append(optimise(task.renderer, task.objective(), part.settings, cameras=task.cameras))
    return results


@torch.no_grad()
def test_a_field_and_the_surface_made_of_it_look_like_the_model_from_elsewhere(tmp_path: Path) -> None:
    model = tower(tmp_path)
    stages = {"form": stage(50, RADIANCE, 0.3), "surface": stage(15, DISTANCE, 0.002)}
    with torch.enable_grad():
        found = fitted(stages, model=str(model))
    cameras = orbit(torch.tensor([0.5, 2.6, 4.7]), 0.3, 2.5, 0.87)
    theirs = MeshRenderer(normalise(read_mesh(model)), shading=Unlit(), supersampling=4).render(cameras, (32, 32))
    b = theirs.alpha > 0.5
    cosines = []
    for result in found:
        ours = result.renderer.render(cameras, (32, 32))
        a = ours.alpha > 0.5
        assert -10 * (ours.rgb - theirs.rgb).square().mean().log10() > 19
        assert (a & b).sum() / (a | b).sum() > 0.88
        assert ours.normal is not None
        assert theirs.normal is not None
        cosines.append(float((ours.normal * theirs.normal).sum(dim=2)[(a & b)[:, :, 0]].mean()))
    assert cosines[1] > max(cosines[0] + 0.05, 0.85)


def test_pictures_from_a_file_are_fitted_wherever_they_lie_in_their_world(tmp_path: Path) -> None:
    file = photographs(tmp_path, ball(1.0, 3), (0.0, 2.0, 0.0), 2.0, 32)
    (few,) = fitted({"form": stage(2, RADIANCE, 0.3)}, pictures=str(file))
    (more,) = fitted({"form": stage(40, RADIANCE, 0.3)}, pictures=str(file))
    assert more.eval_losses < 0.1 * few.eval_losses
