"""Recognition of models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image
from solids import tower

from guidance import load_encoder
from limn.errors import InputError
from pipelines import run
from pipelines.cli.main import main
from pipelines.evaluate.looks import FILL, framed, held_out, of_model
from pipelines.evaluate.recognition import recognise, recognise_result
from training.pocket.export import export_open_clip


def test_verdicts_are_zero_shot_classification() -> None:
    cosine = torch.tensor([[0.3, 0.2, 0.1], [0.1, 0.25, 0.2]])
    verdicts = recognise(["cat", "dog", "mug"], cosine, scale=10.0)
    expected = (10.0 * cosine).softmax(dim=1).mean(dim=0)
    assert [verdict.name for verdict in verdicts] == ["dog", "cat", "mug"]
    for verdict in verdicts:
        column = ["cat", "dog", "mug"].index(verdict.name)
        assert verdict.probability == pytest.approx(float(expected[column]))
        assert verdict.cosine == pytest.approx(float(cosine[:, column].mean()))
    assert [verdict.views for verdict in verdicts] == [1, 1, 0]


def test_views_are_none_that_runs_are_judged_by() -> None:
    azimuths = held_out(8).azimuth.rad2deg() % 45
    assert azimuths.tolist() == pytest.approx([22.5] * 8, abs=1e-3)


@pytest.mark.parametrize("size", [1.0, 0.2])
def test_a_model_fills_its_pictures(size: float) -> None:
    """Also one that is narrow, or not in the middle."""
    points = size * torch.rand(50, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 0.3, 0.1])
    cameras = framed(held_out(4), points)
    clip = torch.cat([points, torch.ones(50, 1)], dim=1) @ cameras.world_to_clip.transpose(1, 2)
    low, high = (clip[..., :2] / clip[..., 3:]).aminmax(dim=1)
    torch.testing.assert_close((high - low).amax(dim=1), torch.full((4,), 2 * FILL), atol=1e-4, rtol=0)
    torch.testing.assert_close(low + high, torch.zeros(4, 2), atol=1e-4, rtol=0)


def test_a_model_is_seen_in_its_own_texture(tmp_path: Path) -> None:
    sphere = trimesh.creation.uv_sphere()
    uv = np.stack([np.arctan2(*sphere.vertices[:, :2].T) / 6.3 + 0.5, sphere.vertices[:, 2] / 2 + 0.5], axis=1)
    picture = Image.fromarray(np.array([[[250, 30, 30]], [[30, 30, 250]]], np.uint8).repeat(64, 0).repeat(64, 1))
    sphere.visual = trimesh.visual.TextureVisuals(uv=uv, image=picture)
    sphere.export(tmp_path / "globe.glb")
    pictures = of_model(tmp_path / "globe.glb", 4)
    red, _, blue = pictures.movedim(1, 0)
    share = [(one > other + 0.2).float().mean() for one, other in ((red, blue), (blue, red))]
    assert min(share) > 0.1
    assert sum(share) > 0.35


def test_the_command_prints_a_line_for_each_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tower(tmp_path)
    arguments = ["evaluate", str(model), "encoder=pocket", "views=2", "classes=[a red house, a cat, a blue ball]"]
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert {line.split("views")[1].strip() for line in lines} == {"a red house", "a cat", "a blue ball"}
    written = json.loads((tmp_path / "tower.evaluation.json").read_text())
    assert sum(entry["probability"] for entry in written["classes"]) == pytest.approx(1.0, abs=1e-5)
    assert written["views"] == 2


def test_depth_maps_are_recognised_by_their_own_sentence(tmp_path: Path) -> None:
    model, file = tower(tmp_path), tmp_path / "depth.json"
    verdicts = recognise_result(model, ["house", "cat"], "pocket", views=2, channel="depth", output=file)
    sentences = ["a depth map of a house", "a depth map of a cat"]
    with pytest.raises(InputError, match="evaluate: classes: encoder pocket knows no 'depth'; take one that does: enc"):
        recognise_result(model, sentences, "pocket", views=2, output=file)
    plain = recognise_result(model, sentences, "pocket", views=2, output=file, unknown_words="allow")
    assert load_encoder("pocket") is load_encoder("pocket")
    assert verdicts[0].cosine != pytest.approx(plain[0].cosine)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "evaluate takes results: models, pictures, run folders or folders of runs"),
        (["none.glb"], "none.glb"),
        (["FILE", "veiws=3"], "unknown option 'veiws'; did you mean 'views'?"),
        (["FILE", "views=many"], "views: expected an integer, got 'many'"),
        (["FILE", "views=0"], "views: expected greater than or equal to 1, got 0"),
        (
            ["FILE", "channel=deep"],
            "channel: expected 'rgb', 'geometry', 'depth'",
        ),
        (["FILE", "views=100000000000"], "views: expected less than or equal to 256, got 100000000000"),
        (["FILE", "views=.nan"], "views: expected a finite number, got nan"),
        (["FILE", "classes=[1]"], "classes.0: expected a string, got 1"),
        (["FILE", "classes=cat"], "classes: "),
        (["FILE", "encoder=3"], "encoder: expected a string, got 3"),
        (["FILE", "output=~nosuchuser/x"], "output: ~nosuchuser/x: there is no user 'nosuchuser'"),
        (["FILE", "output=/"], "output: expected a file, got the folder /"),
        (["FILE", "views=[1"], "evaluate: views: line 1: not valid YAML"),
        (["."], "has no model and no picture"),
    ],
)
def test_errors_are_one_line(
    tmp_path: Path, arguments: list[str], line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = str(tower(tmp_path))
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    arguments = [model if word == "FILE" else word for word in arguments]
    assert main(["evaluate", *arguments, *(["encoder=pocket"] if len(arguments) == 1 else [])]) == 2
    err = capsys.readouterr().err.splitlines()
    assert line in err[-1]


def test_encoders_without_concepts_need_names(tmp_path: Path) -> None:
    export_open_clip("pocket", tmp_path / "exported")
    with pytest.raises(InputError, match="needs names to choose from"):
        recognise_result(tower(tmp_path), encoder=f"local-dir:{tmp_path / 'exported'}")


def test_a_drawing_is_recognised_from_its_run_folder(settings: dict[str, Any]) -> None:
    apple = {"target": "configs/assets/kitten.png", "size": 96, "steps": 60, "losses": {"near": {"loss": "pixels"}}}
    result = run(settings | apple)
    assert result.folder is not None
    verdicts = recognise_result(result.folder, ["a cat", "a red circle", "a tree"], "pocket-judge")
    assert verdicts[0].name == "a cat"
    assert verdicts[0].views == 1
    facts = json.loads((result.folder / "evaluation.json").read_text())
    assert Path(facts["subject"]).name == "drawing.png"


def test_the_judge_names_the_shipped_models(tmp_path: Path) -> None:
    models = sorted(Path("configs/assets/models").glob("*.glb"))
    names = [model.stem for model in models]
    first = [
        recognise_result(model, names, "pocket-judge", views=2, output=tmp_path / "verdicts.json")[0]
        for model in models
    ]
    assert sum(verdict.name == name for verdict, name in zip(first, names, strict=True)) >= 6
