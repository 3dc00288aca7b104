"""Losses of words in YAML: prompt files, templates by name, regions, examples, ensembles."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from guidance import Step
from guidance.losses import ExampleDirection, TextEnsemble, TextRegions
from limn.errors import InputError
from pipelines import build, read_config, run
from pipelines.cli.main import main
from pipelines.runs.folder import RunFolder

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "configs" / "assets"

WORDS: dict[str, dict[str, Any]] = {
    "text_ensemble": {"encoders": ["pocket", {"encoder": "pocket-judge", "num_augs": 1}], "rule": "worst"},
    "text_regions": {
        "encoder_size": 128,
        "regions": [{"region": [0, 0, 0.5, 1], "prompt": "a red apple:2 | a worm:-1"}],
    },
    "text_crops": {"context": [0.1, 0.6]},
    "text_parts": {"prompt": "a red apple, a green leaf"},
    "unwanted_concepts": {"concepts": ["a worm"]},
    "written_words": {},
    "text_similarity": {"without": ["red"], "prompt": "an apple:1:0.4"},
}

SCENES: dict[str, dict[str, Any]] = {
    "draw": {"strokes": 4},
    "imagine": {},
    "stylise_mesh": {"model": str(ASSETS / "models" / "mug.glb"), "eval_views": 1, "faces": 200},
}


def config(recipe: str = "imagine", **settings: Any) -> dict[str, Any]:
    small = {"recipe": recipe, "prompt": "a red apple", "size": 48, "num_augs": 1, "precision": "float32", "steps": 2}
    return small | settings


@pytest.mark.parametrize("recipe", SCENES)
def test_every_loss_of_words_judges_every_scene(recipe: str) -> None:
    (stage,) = build(read_config(config(recipe, losses=dict(WORDS), **SCENES[recipe])))
    task, step = stage.task(None), Step(0, 10)
    frames = task.renderer.render(task.cameras(step) if task.cameras else None, step=step)
    report = task.objective()(frames, step)
    assert report.values.keys() == WORDS.keys()
    report.total().sum().backward()
    assert any(
        p.grad.any() for group in task.renderer.parameter_groups() for p in group.parameters if p.grad is not None
    )


def test_a_run_with_losses_of_words(tmp_path: Path) -> None:
    result = run(config(losses=dict(WORDS), output=str(tmp_path), video={"formats": []}))
    lines = [json.loads(line) for line in (result.folder / "metrics.jsonl").read_text().splitlines()]
    assert lines[0]["losses"].keys() == WORDS.keys()
    assert lines[-1]["eval_loss"] < lines[0]["eval_loss"]


def test_the_prompt_of_a_run_can_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words.txt").write_text("# in the morning\na red apple:1:0.3\na worm:-0.2\n")
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(config(prompt="words.txt", by="clip", renderer="pixels")))
    monkeypatch.chdir(tmp_path)
    read = read_config(tmp_path / "run.yaml")
    assert read.prompt_words == "a red apple:1:0.3 | a worm:-0.2"
    (stage,) = build(read)
    loss = stage.task(None).objective().losses[0]
    torch.testing.assert_close(loss.stops, torch.tensor([0.3, float("inf")]))
    own = config(losses={"text_similarity": {"prompt": "words.txt"}})
    assert read_config(own).losses["text_similarity"].prompt == read.prompt_words  # type: ignore[attr-defined]


def test_a_run_keeps_the_phrases_of_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Found beside the config from any folder, and not read again."""
    (tmp_path / "words.txt").write_text("a red apple\n")
    settings = {
        "prompt": "words.txt",
        "by": "clip",
        "renderer": "pixels",
        "steps": 1,
        "output": str(tmp_path),
        "video": {"formats": []},
    }
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(config(**settings)))
    folder = run(tmp_path / "run.yaml").folder
    (tmp_path / "words.txt").write_text("a blue cat\n")
    assert RunFolder.open(folder).config.prompt_words == "a red apple"
    (tmp_path / "words.txt").unlink()
    assert main(["resume", str(folder)]) == 0
    (tmp_path / "words.txt").write_text("other.txt\n")
    assert main([str(tmp_path / "run.yaml")]) == 2
    assert "prompt: words.txt has 'other.txt' alone; expected words, not another file" in capsys.readouterr().err


def test_auto_chooses_the_prior_by_the_phrases_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in ("a red square above a blue circle", "a cat"):
        (tmp_path / "words.txt").write_text(words)
        priors = [read_config(config(prompt=prompt)).prior for prompt in (words, "words.txt")]  # type: ignore[attr-defined]
        assert priors[0] == priors[1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"prompt": "words.txt"}, "prompt: no such file: words.txt"),
        ({"prompt": "a cat:1:-3"}, "stop -3"),
        ({"prompt": "a cat:1:0.5"}, "losses.prior: distillation: 'a cat' has the stop 0.5, which means nothing here"),
        ({"prompt": "a cat:-1"}, "losses.prior: distillation: no phrase of the prompt has a positive weight"),
        (
            {"templates": "imagenett"},
            "templates: template 'imagenett' has no {} where the phrase goes; by name: ",
        ),
        ({"losses": {"text_regions": {}}}, "losses.text_regions: 'regions' is missing"),
        ({"losses": {"text_regions": {"regions": []}}}, "losses.text_regions: regions: "),
        (
            {"losses": {"text_regions": {"regions": [{"region": [0, 0, 2, 1], "prompt": "a cat"}]}}},
            "losses.text_regions: regions.0.region",
        ),
        (
            {"losses": {"text_regions": {"regions": [{"region": [0, 0, 1, 1], "prompt": "a zebrra"}]}}},
            "losses.text_regions.regions.0.prompt: encoder pocket knows no 'zebrra'",
        ),
        ({"losses": {"text_ensemble": {"encoders": ["pocket"], "rule": "best"}}}, "losses.text_ensemble: rule: "),
        ({"losses": {"example_direction": {"sources": "no.png", "examples": "no.png"}}}, "no such file: no.png"),
    ],
)
def test_what_is_wrong_is_one_line(settings: dict[str, Any], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError) as caught:
        (stage,) = build(read_config(config(**settings)))
        stage.task(None).objective()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_regions_examples_and_encoders_are_given_to_the_losses(tmp_path: Path) -> None:
    for name in ("owl", "kitten"):
        shutil.copy(ASSETS / f"{name}.png", tmp_path)
    mask = str(ASSETS / "photographer_mask.png")
    losses = {
        "text_regions": {"regions": [{"region": mask, "prompt": "a man"}, {"region": [0, 0, 1, 0.5], "prompt": "sky"}]},
        "text_ensemble": {"encoders": ["pocket", "pocket-judge"], "weights": [2, 1]},
        "example_direction": {"sources": str(ASSETS / "cat.jpg"), "examples": str(tmp_path), "start": "a photo"},
    }
    settings = config("stylise", target=str(ASSETS / "cat.jpg"), style=None, losses=losses, unknown_words="allow")
    (stage,) = build(read_config(settings))
    regions, ensemble, direction = stage.task(None).objective().losses
    assert isinstance(regions, TextRegions)
    assert regions.regions[0].mask is not None
    assert regions.regions[1].box == (0, 0, 1, 0.5)
    assert isinstance(ensemble, TextEnsemble)
    assert [judge.encoder.encoder.name for judge in ensemble.judges] == ["pocket", "pocket-judge"]  # type: ignore[union-attr]
    assert isinstance(direction, ExampleDirection)
    torch.testing.assert_close(direction.direction.sum(dim=0).norm(), torch.tensor(1.0))


def test_templates_by_name_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(
        yaml.safe_dump(config(by="clip", renderer="pixels", output=str(tmp_path), steps=1, video={"formats": []}))
    )
    assert main([str(file), "templates=imagenet:3", "prompt=red apple"]) == 0
    assert "templates that agree best: " in capsys.readouterr().err
