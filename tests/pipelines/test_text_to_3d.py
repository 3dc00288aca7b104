"""Things from words: their stages, what a stage takes over, what they start from, and edits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import trimesh
from solids import ball
from torch import Tensor

from guidance import Step
from limn.cameras import turntable
from limn.errors import InputError
from pipelines import Result, build, read_config, run
from pipelines.task.scenes import scene_of
from pipelines.task.start3d import start_of
from renderers.base import Renderer
from renderers.fields.renderer import FieldRenderer
from renderers.fields.surface.renderer import FlexiCubesRenderer
from renderers.mesh import write_glb
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.shading import Unlit

ROOT = Path(__file__).parents[2]
SMALL = {"size": 24, "eval_views": 1, "eval_every": 20, "video": {"formats": []}, "shading": "unlit", "best": "last"}
SMALL |= {"cameras": {"turntable": {"count": 3}}}


def grid(resolution: int = 24, **settings: Any) -> dict[str, Any]:
    dense = {"dense_grid": {"resolution": resolution}}
    return {"field": {"encoding": dense, "resolution": 32, "texture_size": 32} | settings}


def scene(start: Renderer | None, **settings: Any) -> Renderer:
    config = {"recipe": "text_to_3d", "prompt": "a mug", "by": "clip", "losses": {"words": {"loss": "text_similarity"}}}
    return scene_of(read_config(SMALL | config | settings), None, start)  # type: ignore[arg-type]


@torch.no_grad()
def picture(renderer: Renderer, size: int = 48) -> Tensor:
    return renderer.render(turntable(2, 0.3), (size, size)).rgb[0]


def psnr(one: Tensor, other: Tensor) -> float:
    return float(-10 * (one - other).square().mean().log10())


@pytest.mark.parametrize(
    ("config", "kinds"),
    [
        ("text_to_3d", [FieldRenderer, FieldRenderer, FieldRenderer]),
        ("magic3d", [FieldRenderer, MeshRenderer]),
        ("fantasia3d", [FlexiCubesRenderer, MeshRenderer]),
        ("prolificdreamer", [FieldRenderer, FieldRenderer]),
    ],
)
def test_stages_of_the_published_methods(config: str, kinds: list[type[Renderer]]) -> None:
    read = read_config(ROOT / f"configs/{config}.yaml")
    stages = build(read)
    assert len(stages) == len(kinds)
    start = start_of("a red cube", read.best_of)
    for stage, kind in zip(stages, kinds, strict=True):
        assert type(scene_of(stage.config, None, start)) is kind  # type: ignore[arg-type]


def test_a_finer_grid_draws_what_the_coarse_one_drew() -> None:
    coarse = scene(start_of("a red mug"), renderer=grid(16))
    fine = scene(coarse, renderer=grid(31))
    assert psnr(picture(coarse), picture(fine)) > 60
    with pytest.raises(InputError, match=r"renderer.field: .*FieldRenderer.* dense_grid without features"):
        scene(coarse, renderer={"field": {"encoding": {"dense_grid": {"features": 4}}, "network": "mlp"}})


@pytest.mark.parametrize("density", ["exp", {"volsdf": {"beta": 0.01}}])
def test_a_field_and_a_mesh_take_over_a_form_and_its_colours(density: Any) -> None:
    start = start_of("a red mug")
    field = scene(start, renderer=grid(48, density=density))
    assert psnr(picture(field), picture(scene(start, renderer="mesh"))) > 20
    again = scene(field, renderer={"mesh": {"faces": 3000, "texture_size": 64}})
    assert isinstance(again, MeshRenderer)
    assert psnr(picture(again), picture(field)) > 20


def test_a_run_starts_from_a_field_a_model_points_and_words(tmp_path: Path) -> None:
    made = scene(start_of("a green cone"), renderer=grid(16, track=0.9))
    made.artefacts(tmp_path)
    torch.testing.assert_close(picture(start_of(str(tmp_path / "field.safetensors"))), picture(made))
    mesh = ball(detail=4)
    assert mesh.colours is not None
    write_glb(tmp_path / "ball.glb", mesh)
    trimesh.PointCloud(mesh.vertices.numpy(), (255 * mesh.colours).byte().numpy()).export(tmp_path / "ball.ply")
    expected = picture(MeshRenderer(mesh, shading=Unlit()))
    for name in ("ball.glb", "ball.ply"):
        assert psnr(picture(scene(start_of(str(tmp_path / name)), renderer=grid(32))), expected) > 16


@pytest.mark.parametrize(
    ("start", "message"),
    [("a blue mgu", "did you mean"), ("ball.glb", r"no such file: ball\.glb"), ("pyproject.toml", "expected")],
)
def test_what_is_no_start_is_refused(start: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(InputError, match=message) as caught:
        build(read_config({"recipe": "edit_3d", "start": start, "source_prompt": "a mug", "prompt": "a cup"}))[0].task(
            None
        )
    assert "\n" not in str(caught.value)


def edit(tmp_path: Path, renderer: str, **changes: Any) -> Result:
    made = grid(16) if renderer == "field" else {"mesh": {"parameters": [{"vertex_colours": {"learning_rate": 0.1}}]}}
    config = {"recipe": "edit_3d", "start": "a red cube", "prompt": "a blue cube", "prior": "exemplars:solids"}
    return run(SMALL | config | {"num_augs": 0, "renderer": made, "output": str(tmp_path)} | changes)


@pytest.mark.parametrize(("renderer", "variant"), [("field", "sds"), ("mesh", "dds")])
def test_an_edit_changes_the_colour_that_the_words_change(renderer: str, variant: str, tmp_path: Path) -> None:
    losses = {"prior": {"variant": variant, "source_prompt": "a red cube", "samples": 1}}
    after = picture(edit(tmp_path, renderer, steps=8, losses=losses).renderer)
    before = picture(scene(start_of("a red cube"), renderer="mesh"))
    change = (after - before).mean(dim=(0, 2, 3))
    assert change[0] < -0.02
    assert change[2] > change[1]


def test_an_edit_turns_where_the_words_point(tmp_path: Path) -> None:
    losses = [float(edit(tmp_path, "mesh", by="clip", steps=steps).eval_losses) for steps in (1, 10)]
    assert losses[1] < losses[0] - 0.1


def test_views_follow_the_middle_of_what_is_seen() -> None:
    aside = ball(detail=2)
    aside.vertices.mul_(0.4).add_(torch.tensor([0.5, 0.0, 0.0]))
    field = scene(MeshRenderer(aside), renderer=grid(24, track=0.5))
    assert isinstance(field, FieldRenderer)
    for index in range(8):
        step = Step(index, 8)
        field.render(turntable(3), (16, 16), step)
        field.after_step(step, None)  # type: ignore[arg-type]
    assert torch.allclose(field.origin, torch.tensor([[0.5, 0.0, 0.0]]), atol=0.12)  # of what is seen, from above
    assert float(field.baked()[0].vertices.mean(dim=0).norm()) < 0.1
    alpha = field.render(turntable(1), (32, 32)).alpha[0, 0, 0].detach()
    assert float((alpha * torch.linspace(-1, 1, 32)).sum() / alpha.sum()) == pytest.approx(0, abs=0.05)
