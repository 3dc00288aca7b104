from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.main import main
from pipelines.config.recipe import RECIPES

Write = Callable[[Any], Path]


def changed(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda settings: settings | changes


def without(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda settings: {k: v for k, v in settings.items() if k != key}


def text(content: str) -> Callable[[dict[str, Any]], Any]:
    return lambda settings: content


# What is wrong, the overrides, and what is said of it after "limn: ".
TABLE: dict[str, tuple[Callable[[dict[str, Any]], Any], list[str], str]] = {
    "unknown key": (changed(stepz=3), [], "{config}: unknown key 'stepz'; did you mean 'steps'?"),
    "unknown key in a section": (
        changed(video={"fbs": 3}),
        [],
        "{config}: video: unknown key 'fbs'; did you mean 'fps'?",
    ),
    "unknown key in a loss": (
        changed(losses={"near": {"loss": "pixels:Near", "nois": 1}}),
        [],
        "{config}: losses.near: unknown key 'nois'; did you mean 'noise'?",
    ),
    "unknown key in a schedule": (
        changed(learning_rates={"colours": {"from": 1, "till": 2}}),
        [],
        "{config}: learning_rates.colours: 'to' is missing (and 1 more error)",
    ),
    "unknown key in an override": (changed(), ["stepz=3"], "{config}: unknown key 'stepz'; did you mean 'steps'?"),
    "wrong type": (changed(steps="many"), [], "{config}: steps: expected an integer, got 'many'"),
    "out of range": (changed(), ["steps=0"], "{config}: steps: expected greater than or equal to 1, got 0"),
    "wrong choice": (changed(), ["device=gpu"], "{config}: device: expected 'auto', 'cpu' or 'cuda', got 'gpu'"),
    "a list item of the wrong type": (
        changed(video={"formats": ["mp4", "avi"]}),
        [],
        "{config}: video.formats.1: expected 'mp4' or 'gif', got 'avi'",
    ),
    "a section that is no section": (changed(video=3), [], "{config}: video: expected a mapping, got 3"),
    "two errors": (
        changed(steps="many", size="big"),
        [],
        "{config}: steps: expected an integer, got 'many' (and 1 more error)",
    ),
    "weight of the wrong type": (
        changed(),
        ["losses.near.weight=heavy"],
        "{config}: losses.near: weight: expected a number or a schedule such as {{from: 1, to: 0.1}}, got 'heavy'",
    ),
    "missing key": (without("target"), [], "{config}: 'target' is missing"),
    "missing recipe": (
        without("recipe"),
        [],
        "{config}: 'recipe' is missing; known: {recipes}",
    ),
    "unknown recipe": (changed(recipe="skech"), [], "{config}: recipe: unknown recipe 'skech'; did you mean 'sketch'?"),
    "unknown module": (
        changed(recipe="nowhere:pixels"),
        [],
        "{config}: recipe: recipe 'nowhere:pixels' cannot be imported: No module named 'nowhere'",
    ),
    "unknown loss": (
        changed(losses=[{"loss": "layer_featurs"}]),
        [],
        "{config}: losses.layer_featurs: unknown loss 'layer_featurs'; did you mean 'layer_features'?",
    ),
    "a loss that is none": (
        changed(losses=[{"loss": "pixels:start"}]),
        [],
        "{config}: losses.start: loss 'pixels:start' is not a class derived from guidance.Loss",
    ),
    "a term that is none": (changed(losses=[3]), [], "{config}: losses.term: expected a mapping with the key 'loss'"),
    "unknown augmentation": (
        changed(augment=["perspectiv"]),
        [],
        "{config}: augment: unknown augmentation 'perspectiv'; did you mean 'perspective'?",
    ),
    "missing target": (
        changed(target="/nowhere/cat.png"),
        [],
        "{config}: target: no such file: /nowhere/cat.png",
    ),
    "duplicate key": (
        text("recipe: pixels:pixels\nsteps: 1\nsteps: 2\n"),
        [],
        "{config}: line 3: key 'steps' is given twice",
    ),
    "bad YAML": (
        text("recipe: [pixels\nsteps: 3\n"),
        [],
        "{config}: line 2: not valid YAML: expected ',' or ']', but got ':'",
    ),
    "a tag": (
        text("recipe: !!python/name:os.system x\n"),
        [],
        "{config}: line 1: not valid YAML: the tag 'tag:yaml.org,2002:python/name:os.system' is not known here",
    ),
    "a number as key": (text("1: 2\n"), [], "{config}: line 1: a key must be a name, got 1"),
    "a list as config": (text("- 1\n"), [], "{config}: expected a mapping of settings"),
    "override without value": (changed(), ["steps"], "'steps' is not of the form key=value or section.key=value"),
    "override of bad YAML": (
        changed(),
        ["steps=[1"],
        "'steps=[1': line 1: not valid YAML: expected ',' or ']', but got '<stream end>'",
    ),
    "override into a number": (changed(), ["steps.more=1"], "override 'steps.more': steps is not a section"),
    "unsafe name": (changed(), ["name=../x"], r"{config}: name: expected text that matches ^(\w[\w.-]*)?$, got '../x'"),
    "unknown rate": (
        changed(),
        ["learning_rates.colors=1"],
        "learning_rates: no parameter group 'colors'; did you mean 'colours'?",
    ),
    "an order of what has none": (
        changed(ordered=True),
        [],
        "ordered: Pixels draws no strokes or shapes to order",
    ),
    "a loss without its target": (
        changed(losses={"text": {"loss": "text_similarity"}}, encoder="pocket"),
        [],
        "losses.text: text_similarity needs a prompt, which this recipe has not; give it one here: prompt: ...",
    ),
    "a corrupt target": (
        changed(),
        ["target={folder}/copy.yaml"],
        "picture '{folder}/copy.yaml': not a readable picture; expected PNG, JPEG, WEBP, GIF, TIFF or BMP",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_one_line_and_nothing_written(
    name: str, settings: dict[str, Any], write_config: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, overrides, message = TABLE[name]
    config = write_config(change(settings))
    before = sorted(tmp_path.rglob("*"))
    code = main([str(config), *(override.format(folder=tmp_path) for override in overrides)])
    out, err = capsys.readouterr()
    assert err == f"limn: {message.format(config=config, folder=tmp_path, recipes=', '.join(RECIPES.names()))}\n"
    assert (code, out) == (2, "")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.yaml"], "cannot read the config nowhere.yaml: No such file or directory"),
        (["shema"], "no pipeline, config or command 'shema'; did you mean 'schema'?"),
        (["configs"], "cannot read the config configs: Is a directory"),
        (["resume"], "resume takes a run folder, got nothing"),
        (["resume", "tests"], "tests is not a run folder: it has no config.yaml"),
        (["export", "tests", "colour=1"], "export: unknown option 'colour'; known: size"),
        (["export", "tests", "size=huge"], "export: size: expected a number of pixels from 16 to 16384, got 'huge'"),
        (["schema", "skech"], "unknown recipe 'skech'; did you mean 'sketch'?"),
        (["list", "all"], "list takes nothing, got all"),
    ],
)
def test_bad_commands(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr() == ("", f"limn: {message}\n")


def test_an_output_that_cannot_be_written_is_refused_before_any_work(
    settings: dict[str, Any], write_config: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main([str(write_config(settings)), f"output={tmp_path}/file"]) == 2
    assert capsys.readouterr().err == f"limn: cannot write {tmp_path}/file/copy: Not a directory\n"


def test_a_run_of_the_same_name_is_refused(
    settings: dict[str, Any], write_config: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_config(settings | {"run": "one", "steps": 1})
    assert main([str(config)]) == 0
    capsys.readouterr()
    assert main([str(config)]) == 2
    folder = Path(settings["output"]) / "copy" / "one"
    expected = f"limn: run {folder} exists; give another run=..., or resume that one\n"
    assert capsys.readouterr() == ("", expected)
    assert (folder / "report.html").is_file()
