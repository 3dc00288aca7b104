"""The form of a pipeline: what it asks for, and what it does with answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from pipelines.config.recipe import RECIPES, config_of
from pipelines.config.run_config import RunConfig
from pipelines.config.shipped import shipped_folder, shipped_pipelines
from pipelines.config.yaml import read_mapping
from pipelines.serve.form import OF_THE_SERVER, config_from, form_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "runs" / "uploads").mkdir(parents=True)
    for place in ("secret.png", "runs/uploads/a.png"):
        Image.new("RGB", (8, 8), "red").save(tmp_path / place)
    (tmp_path / "runs" / "link.png").symlink_to(tmp_path / "secret.png")
    monkeypatch.chdir(tmp_path / "runs")
    return tmp_path / "runs"


@pytest.mark.parametrize("name", ["sketch", "text_to_3d", "vectorfusion", "stylise"])
def test_a_form_has_every_setting_or_says_that_it_has_not(name: str) -> None:
    form = form_of(name)
    model = config_of(RECIPES.find(read_mapping(shipped_pipelines()[name])["recipe"]))
    asked = {key.split(".")[0] for key in form.fields} - {"losses", "stages"}
    assert asked | set(form.elsewhere) | {*OF_THE_SERVER, "losses", "stages"} == set(model.model_fields) | {"stages"}
    assert form.first[0].key == model.main
    assert all(field.note for field in form.fields.values())


def test_fields_say_what_may_be_typed() -> None:
    fields = form_of("sketch").fields
    strokes, style, size = fields["strokes"], fields["style"], fields["size"]
    assert (strokes.kind, strokes.value, dict(strokes.range)) == (
        "number",
        "16",
        {"least": 1, "most": 4096, "whole": 1},
    )
    assert (style.kind, style.choices) == ("choice", ("pen", "paint"))
    assert (size.kind, size.value) == ("numbers", "336")
    assert (fields["plot"].kind, fields["plot"].value) == ("switch", "false")
    assert (fields["target"].kind, fields["mask"].kind, fields["mask"].choices) == ("file", "file", ("auto", "none"))
    assert (fields["video.formats"].kind, fields["video.formats"].choices) == ("choices", ("mp4", "gif"))
    assert (fields["threads"].optional, strokes.optional) == (True, False)
    assert fields["losses.corners.weight"].value == "0.3"
    stages = form_of("text_to_3d").fields
    assert stages["cameras"].kind == "choice"
    assert [key for key in stages if key.startswith("stages.")]


def test_unchanged_it_gives_the_config_that_is_shipped(folder: Path) -> None:
    for name in ("sketch", "text_to_3d", "stylise", "word_as_image"):
        typed = {key: field.value for key, field in form_of(name).fields.items()}
        configs = [config_from(name, answers, folder) for answers in ({}, typed)]
        assert all(isinstance(config, RunConfig) for config in configs), configs
        plain, same = [config.model_dump(mode="json") for config in configs if isinstance(config, RunConfig)]
        assert plain == same
        assert plain["output"] == str(folder)


def test_answers_become_settings(folder: Path) -> None:
    answers = {
        "target": "uploads/a.png",
        "mask": "assets/photographer_mask.png",
        "strokes": "7",
        "width": "[4, 2]",
        "preview_size": "",
        "plot": "true",
        "style": "paint",
        "video.formats": '["gif"]',
        "losses.ink.weight": "0.5",
    }
    config = config_from("sketch", answers, folder)
    assert isinstance(config, RunConfig)
    found = config.model_dump(mode="json")
    assert found["target"] == str(folder / "uploads" / "a.png")
    assert found["mask"] == str(shipped_folder().resolve() / "assets" / "photographer_mask.png")
    assert (found["strokes"], found["width"], found["plot"], found["style"]) == (7, [4, 2], True, "paint")
    assert (found["preview_size"], found["video"]["formats"]) == (None, ["gif"])
    assert found["losses"]["ink"]["weight"] == 0.5


@pytest.mark.parametrize(
    ("pipeline", "answers", "wrong"),
    [
        ("sketch", {"strokes": "0"}, {"strokes": "expected greater than or equal to 1, got 0"}),
        ("sketch", {"strokes": "many", "style": "oil"}, {"style": "expected pen, paint", "strokes": "an integer"}),
        ("sketch", {"width": "[1, -1]"}, {"width": "expected greater than or equal to 0.01, got -1"}),
        ("sketch", {"video.fps": "0", "steps": "x"}, {"video.fps": "expected", "steps": "expected an integer"}),
        ("sketch", {"width": "[1"}, {"width": "not valid YAML"}),
        ("sketch", {"margin": "nan"}, {"margin": "expected a number"}),
        ("sketch", {"plot": "perhaps"}, {"plot": "expected true, false"}),
        ("sketch", {"strokes": 3}, {"strokes": "expected text, got 3"}),
        ("sketch", {"output": "/tmp", "recipe": "os:system"}, dict.fromkeys(("output", "recipe"), "set in a config")),
        ("draw", {"prompt": "a xyzzy"}, {"prompt": "knows no 'xyzzy'"}),
        ("draw", {"best": "clip", "prompt": "\ud800"}, {"prompt": ""}),
        ("draw", {"size": "100000"}, {"size": "expected pixels from 16 to 4096"}),
        ("vectorfusion", {"sample.prior": "x:y"}, {"sample.prior": "expected"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(
    pipeline: str, answers: dict[str, str], wrong: dict[str, str], folder: Path
) -> None:
    found = config_from(pipeline, answers, folder)
    assert isinstance(found, dict)
    assert found.keys() == wrong.keys()
    assert all(text in found[key] for key, text in wrong.items()), found


@pytest.mark.parametrize(
    ("pipeline", "key", "text"),
    [
        ("sketch", "target", "{outside}"),
        ("sketch", "target", "../secret.png"),
        ("sketch", "target", "uploads/../../secret.png"),
        ("sketch", "target", "link.png"),
        ("sketch", "target", "a\0.png"),
        ("sketch", "target", ""),
        ("sketch", "mask", "{outside}"),
        ("draw", "encoder", "local-dir:{outside}"),
        ("draw", "encoder", "local-dir: {outside}"),
        ("draw", "encoder", "ViT-B-32/{outside}"),
        ("draw", "encoder", "os:system"),
        ("draw", "prior", "exemplars:../secret.png"),
        ("draw", "prior", "local-dir:~/models"),
        ("draw", "prompt", "{outside}.txt"),
        ("draw", "prompt", "../secret.txt"),
        ("draw", "templates", "[a {{}}, ../secret.txt]"),
        ("stylise", "style", "{{picture: {outside}}}"),
        ("edit_3d", "start", "{outside}"),
        ("edit_3d", "start", "link.png"),
        ("fit_field", "pictures", "{outside}"),
        ("fit_mesh", "background", "{{picture: {{file: {outside}}}}}"),
        ("imagine", "renderer", "os:system"),
    ],
)
def test_no_file_elsewhere_and_no_code_can_be_named(pipeline: str, key: str, text: str, folder: Path) -> None:
    outside = folder.parent / "secret.png"
    found = config_from(pipeline, {key: text.format(outside=outside)}, folder)
    assert isinstance(found, dict)
    assert list(found) == [key]
    assert "expected" in found[key] or "no such file below" in found[key]
