"""Recipes for models: what they change, what they leave, what they write."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from independent import draw
from safetensors.torch import load_file, save_file
from solids import ball, photographs, tower
from tasks import only_task

from guidance import Step
from limn.cameras import CAMERAS, orbit
from limn.errors import InputError
from pipelines import build, execute, read_config, run
from pipelines.loop.loop import Loop
from pipelines.loop.optimise import optimise
from pipelines.recipes.fit_mesh import FitMeshConfig
from pipelines.runs.build import settings_of
from pipelines.task.models import ModelConfig, PartConfig
from pipelines.task.start import Start
from renderers.mesh.flips import flipped
from renderers.mesh.read import read_mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.shading import Unlit

ROOT = Path(__file__).parents[2]

SMALL = {"steps": 3, "size": 32, "num_augs": 1, "texture_size": 32, "eval_every": 2, "video": {"formats": []}}
SMALL |= {"cameras": {"dreamfusion": {"count": 2}}, "eval_views": 2}
FIELD = {"sigma": 1.0, "features": 4, "width": 8, "depth": 1, "learning_rate": 0.05}

PAPER_DEFAULTS = {
    "text2mesh": {
        "losses": {
            "global": {"loss": "text_similarity", "together": True},
            "local": {
                "loss": "text_similarity",
                "augment": [{"crop": [0.1, 0.1]}],
                "num_augs": 2,
                "include_clean": False,
            },
            "form": {"loss": "text_similarity", "channel": "geometry", "augment": [{"crop": [0.1, 0.1]}]},
        },
        "parameters": [{"style_field": FIELD}],
    },
    "clip_mesh": {
        "losses": {"words": {"loss": "text_similarity"}, "smooth": {"loss": "laplacian", "weight": 30}},
        "parameters": [{"uv_texture": {"resolution": 16}}, {"normal_map": {"resolution": 16}}, "vertex_offsets"],
        "background": "varied",
        "lights": "cosine",
    },
    "depth": {
        "unknown_words": "allow",  # pocket knows no depth maps
        "losses": {"depth": {"loss": "text_similarity", "channel": "depth", "prompt": "a depth map of a house"}},
        "parameters": ["normal_displacement"],
    },
    "direction": {
        "losses": {"turn": {"loss": "text_direction", "start": "a red house"}},
        "parameters": ["vertex_colours"],
    },
    "parts": {
        "unknown_words": "allow",  # and no roofs
        "parts": {"roof": {"group": "top"}, "floor": {"box": [[-2, -2, -2], [2, -0.6, 2]]}},
        "losses": {
            "roof": {"loss": "text_similarity", "part": "roof", "prompt": "a green roof"},
            "floor": {"loss": "text_contrast", "part": "floor", "prompt": "brick", "others": ["a dog"]},
        },
        "parameters": ["vertex_colours"],
    },
}


def stylise(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    losses = {"words": {"loss": "text_similarity"}}
    model = {"recipe": "stylise_mesh", "model": str(tower(tmp_path)), "prompt": "a green house", "losses": losses}
    return SMALL | model | {"output": str(tmp_path), "name": "tower"} | changes


def moved(config: dict[str, Any]) -> MeshRenderer:
    """The renderer after its steps, whether they made it better or not."""
    made = only_task(read_config(config))
    loop = Loop(made.renderer, made.objective(), settings_of(read_config(config)), made.cameras)
    for _ in range(loop.total):
        loop.advance()
    assert isinstance(made.renderer, MeshRenderer)
    return made.renderer


@pytest.mark.parametrize(("mode", "moves", "paints"), [("both", 1, 1), ("texture", 0, 1), ("geometry", 1, 0)])
def test_modes_change_what_they_say(tmp_path: Path, mode: str, moves: bool, paints: bool) -> None:
    config = stylise(tmp_path, mode=mode, losses={"words": {"loss": "text_similarity"}})
    start, end = only_task(read_config(config)).renderer.surface(), moved(config).surface()
    assert (not torch.equal(start.vertices, end.vertices)) == moves
    assert (start.colours is not None and not torch.equal(start.colours, end.colours)) == paints or not paints


@pytest.mark.parametrize("name", PAPER_DEFAULTS)
def test_published_systems_are_configs(tmp_path: Path, name: str) -> None:
    made = only_task(read_config(stylise(tmp_path, **PAPER_DEFAULTS[name])))
    assert made.cameras is not None
    step = Step(0, 3)
    report = made.objective()(made.renderer.render(made.cameras(step)), step)
    assert report.total().isfinite().all()
    report.total().sum().backward()
    for group in made.renderer.parameter_groups():
        # A field's last layers start at zero, and nothing before them moves in the first step.
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in group.parameters), group.name


def test_a_part_is_painted_and_the_rest_is_left(tmp_path: Path) -> None:
    parts = PAPER_DEFAULTS["parts"] | {"losses": {"roof": PAPER_DEFAULTS["parts"]["losses"]["roof"]}}
    config = stylise(tmp_path, **parts, augment=[], num_augs=0)
    start, end = only_task(read_config(config)).renderer.surface(), moved(config).surface()
    assert start.colours is not None
    assert end.colours is not None
    changed = (start.colours != end.colours).any(dim=-1)[0]
    mesh = read_mesh(Path(config["model"]))
    top = mesh.faces[mesh.groups["top"]].long().unique()
    assert changed[top].any()
    changed[top] = False
    assert not changed.any()


def test_a_run_writes_the_model_its_views_and_a_viewer(tmp_path: Path) -> None:
    result = run(stylise(tmp_path, video={"formats": ["gif"]}, size=16))
    assert result.folder is not None
    names = {artefact.path.name for artefact in result.artefacts}
    assert {"model.glb", "model.obj", "views.png", "turntable.gif", "history.gif", "before.png", "report.html"} <= names
    page = (result.folder / "report.html").read_text()
    assert page.count("<iframe") == 1
    assert "THREE.GLTFLoader" in page
    assert not re.search(r'(src|href)="https?:', page)
    assert len(read_mesh(result.folder / "model.glb").faces) == len(read_mesh(tower(tmp_path)).faces)


def test_a_stopped_run_ends_with_the_same_bytes(tmp_path: Path) -> None:
    config = stylise(tmp_path, steps=5, checkpoint_every=2, import_from=[str(Path(__file__).parent)], size=16)
    stop = {"stop": {"loss": "pixels:Interruption", "at": 2}}
    whole = run(config | {"losses": config["losses"] | {"stop": stop["stop"] | {"at": 99}}})
    part = run(config | {"losses": config["losses"] | stop})
    assert part.steps == 3
    assert part.folder is not None
    assert whole.folder is not None
    assert execute(part.folder).steps == 5
    assert (part.folder / "model.glb").read_bytes() == (whole.folder / "model.glb").read_bytes()


@pytest.mark.parametrize("offsets", ["vertex_offsets", {"vertex_offsets": {"smoothing": 0, "learning_rate": 0.01}}])
def test_a_sphere_becomes_what_the_pictures_show(
    tmp_path: Path, offsets: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a loss on the form; small and quick, benchmarks/fitting.py does it as it is shipped."""
    thing = ball(1.0, 3)
    thing.vertices.mul_(torch.tensor([0.5, 1.0, 0.8]))
    file = photographs(tmp_path, thing, (0.0, 2.0, 0.0), 2.0)
    config = SMALL | {"recipe": "fit_mesh", "pictures": str(file), "steps": 60, "size": 40, "detail": 3}
    config |= {"views_per_step": 3, "shading": "unlit", "parameters": [offsets, "vertex_colours"]}
    config |= {"learning_rates": {"colours": 0.05}, "eval_every": 20}
    config |= {
        "losses": {
            "colours": {"loss": "pixels", "distance": "l1"},
            "outline": {"loss": "pixels", "channel": "silhouette"},
        }
    }
    made = only_task(read_config(config))
    assert made.cameras is not None
    step = Step(0, 1, training=False)
    before = made.objective()(made.renderer.render(made.cameras(step)), step)
    with caplog.at_level("WARNING", "limn"):
        renderer = optimise(
            made.renderer, made.objective(), settings_of(read_config(config)), cameras=made.cameras
        ).renderer
    after = made.objective()(renderer.render(made.cameras(step)), step)
    said = [line for line in caplog.messages if "faces have flipped" in line]
    if offsets == "vertex_offsets":
        surface = renderer.surface()
        assert not flipped(surface.vertices, surface.faces).any()
        assert not said
        assert after.values["outline"] < 0.1 * before.values["outline"]
        assert after.values["colours"] < 0.3 * before.values["colours"]
    else:
        assert len(said) == 1


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*_mesh.yaml")), ids=lambda path: path.name)
def test_every_config_runs_and_its_model_is_its_picture(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    short = {"steps": 2, "best_of": 2, "preview_size": 32, "texture_size": 512, "video.seconds": 0.1}
    result = run(path, output=str(tmp_path), **short)
    assert result.folder is not None
    names = {artefact.path.name for artefact in result.artefacts}
    assert {"model.glb", "model.obj", "views.png", "turntable.mp4", "history.mp4", "report.html"} <= names
    renderer = result.renderer
    assert isinstance(renderer, MeshRenderer)
    renderer.look = replace(renderer.look, shading=Unlit())
    cameras = orbit(0.6, 0.3, 2.5, 0.87)
    ours = renderer.render(cameras, (96, 96)).rgb[result.candidate, 0].permute(1, 2, 0).detach().numpy()
    theirs = draw(result.folder / "model.glb", cameras.view[0].numpy(), cameras.projection[0].numpy(), (96, 96))
    assert 10 * np.log10(1 / ((ours - theirs) ** 2).mean()) > 30


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"cameras": "text2mseh"}, "cameras: unknown camera sampler 'text2mseh'; did you mean 'text2mesh'?"),
        ({"cameras": {"fixed": {"fvo": 3}}}, "cameras: fixed: unknown key 'fvo'; did you mean 'fov'?"),
        ({"lights": {"point": {"ambient": "much"}}}, "lights: point: ambient: expected a number, got 'much'"),
        ({"parameters": ["style"]}, "parameters.0: unknown parameterisation 'style'"),
        ({"parts": {"roof": {}}}, "parts.roof: a part needs a group or a box"),
        ({"parts": {"roof": {"group": "tpo"}}}, "parts.roof: no group 'tpo'; did you mean 'top'?"),
        ({"parts": {"a": {"box": [[3, 3, 3], [4, 4, 4]]}}}, "parts.a: no face lies in the box"),
        ({"losses": {"words": {"loss": "text_similarity", "part": "roof"}}}, "losses.words: part: no part 'roof'"),
        ({"losses": {"words": {"loss": "text_similarity", "channel": "deep"}}}, "losses.words: channel: expected"),
        ({"losses": {"words": {"loss": "text_direction"}}}, "losses.words: 'start' is missing"),
        ({"model": "none.glb"}, "model: no such file: none.glb"),
        ({"templates": ["a photo"]}, "templates: template 'a photo' has no {}"),
        ({"mode": "colour"}, "mode: expected 'both', 'texture' or 'geometry', got 'colour'"),
    ],
)
def test_errors_are_one_line_and_nothing_is_written(tmp_path: Path, change: dict[str, Any], line: str) -> None:
    output = tmp_path / "outputs"
    with pytest.raises(InputError) as caught:
        run(stylise(tmp_path, **change, output=str(output)))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not output.exists()


def test_pictures_of_models_are_refused_for_drawings() -> None:
    losses = {"words": {"loss": "text_similarity", "channel": "depth"}}
    with pytest.raises(InputError, match=r"losses\.words: channel and part are for models"):
        only_task(read_config({"recipe": "draw", "prompt": "a dog", "losses": losses})).objective()


def test_a_fit_needs_pictures_or_a_model() -> None:
    with pytest.raises(InputError, match="fit_mesh needs pictures or a model"):
        read_config({"recipe": "fit_mesh"})


def test_boxes_and_groups_name_faces(tmp_path: Path) -> None:
    mesh = read_mesh(tower(tmp_path))
    top = PartConfig(group="top").faces(mesh)
    assert top.sum() == 12
    inside = PartConfig(box=((-1.0, 0.51, -1.0), (1.0, 2.0, 1.0))).faces(mesh)
    assert inside.sum() == 10  # not the face that touches the box below
    assert (top | ~inside).all()


def test_every_sampler_can_be_named() -> None:
    for name in CAMERAS.names():
        config = ModelConfig(recipe="stylise_mesh", cameras=name)
        assert len(config.cameras.make()(torch.Generator(), 0.0)) > 0
        assert FitMeshConfig(recipe="fit_mesh", model=__file__, **config.model_dump(include={"cameras"}))


def test_a_layout_is_made_once_in_a_run(tmp_path: Path) -> None:
    config = read_config(stylise(tmp_path, parameters=["uv_texture"]))

    def layout() -> torch.Tensor | None:
        (stage,) = build(config, Start(tmp_path / "start"))
        renderer = stage.task(None).renderer
        assert isinstance(renderer, MeshRenderer)
        return renderer.mesh.uv

    first = layout()
    assert first is not None and torch.equal(layout(), first)
    file = tmp_path / "start" / "layout.safetensors"
    kept = load_file(file)
    save_file(kept | {"uv": kept["uv"] / 2}, file)
    assert torch.equal(layout(), first / 2)  # it is read, not made again
