from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.arguments import settings_of
from pipelines.cli.main import main
from pipelines.config.reading import read_config
from pipelines.config.recipe import RECIPES, config_of
from pipelines.config.shipped import shipped_folder, shipped_pipelines
from pipelines.runs.status import Status, write_status

ROOT = Path(__file__).parent.parent

MEND = (
    "torch and torchvision do not match; install both from the same place: "
    "pip install --force-reinstall torch torchvision"
)


def test_the_list_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for kind, names in {
        "pipelines": ["sketch", "word_as_image"],
        "recipes": ["draw", "sketch"],
        "losses": ["layer_features", "text_similarity"],
        "encoders": ["pocket"],
        "augmentations": ["crop", "perspective"],
    }.items():
        start = lines.index(f"{kind}:")
        section = lines[start + 1 : lines.index("", start) if "" in lines[start:] else None]
        entries = dict(line.split(maxsplit=1) for line in section)
        assert set(names) <= entries.keys()
        assert all(text.endswith(".") for text in entries.values()), entries


@pytest.mark.parametrize("arguments", [["schema"], ["schema", "sketch"]])
def test_the_schema_is_json(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["$schema"].startswith("https://json-schema.org/")


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"]])
def test_help_names_every_command_and_pipeline(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    out = capsys.readouterr().out
    commands = ("resume", "export", "evaluate", "list", "schema", "status", "help", "key=value")
    assert all(word in out for word in (*commands, *shipped_pipelines()))


def test_help_of_a_pipeline_is_a_table_of_its_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "sketch"]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line and line[0].isalpha()}
    for name, field in config_of(RECIPES.find("sketch")).model_fields.items():
        assert name == "recipe" or (field.description or "").split()[0] in rows[name], name
    assert "integer" in rows["strokes"]
    assert "16" in rows["strokes"]
    assert "sketch.yaml" in rows["strokes"]
    assert "default" in rows["margin"]
    assert main(["help", "tests"]) == 2
    assert capsys.readouterr().err == "limn: cannot read the config tests: Is a directory\n"
    assert main(["help", "skech"]) == 2
    assert "did you mean 'sketch'?" in capsys.readouterr().err


def settings(recipe: str, *words: str) -> dict[str, Any]:
    settings = settings_of(["unknown_words=allow", *words])
    return read_config(ROOT / "configs" / f"{recipe}.yaml", settings).model_dump(by_alias=True)


@pytest.mark.parametrize(
    ("recipe", "words", "key", "value"),
    [
        ("word_as_image", ["text=YES"], "text", "YES"),
        ("word_as_image", ["text=2026"], "text", "2026"),
        ("word_as_image", ["letters="], "letters", ""),
        ("draw", ["prompt=a cat: sitting"], "prompt", "a cat: sitting"),
        ("draw", ["prompt=#red"], "prompt", "#red"),
        ("draw", ["a red apple"], "prompt", "a red apple"),
        ("draw", ["strokes=7", "1 = 1"], "prompt", "1 = 1"),
        ("draw", ["name=2026"], "name", "2026"),
        ("draw", ["strokes=7"], "strokes", 7),
        ("vectorfusion", ["reinitialise=null"], "reinitialise", None),
        ("vectorfusion", ["sample.prior=123"], "sample.prior", "123"),
        ("draw", ["losses.prior.negative=NO"], "losses.prior.negative", "NO"),
        ("draw", ["losses.prior.prompt=a: b"], "losses.prior.prompt", "a: b"),
        ("draw", ["losses=[{loss: text_similarity}]", "losses.0.prompt=007"], "losses.text_similarity.prompt", "007"),
        ("draw", ["templates=a photo of {}"], "templates", ("a photo of {}",)),
        ("draw", ["templates=[a photo of {}, 'a #1 {}']"], "templates", ("a photo of {}", "a #1 {}")),
        ("draw", ["templates=[YES {}, 2026]", "templates.1=no: {}"], "templates", ("YES {}", "no: {}")),
        ("text_to_3d", ["stages.fine.losses.prior.negative=1.50"], "stages.fine.losses.prior.negative", "1.50"),
        ("text_to_3d", ["stages.fine.prompt=NO"], "stages.fine.prompt", "NO"),
        ("stylise_mesh", ["parts.cap.group=1"], "parts.cap.group", "1"),
        ("stylise_mesh", ["losses.seen.others=[1, off]"], "losses.seen.others", ["1", "off"]),
        ("stylise_mesh", ["losses.seen.others=null"], "losses.seen.others", None),
        ("stylise_mesh", ["background={picture: {}}", "background.picture.file=1"], "background.picture.file", "1"),
    ],
)
def test_what_is_text_stays_text(recipe: str, words: list[str], key: str, value: object) -> None:
    found: Any = settings(recipe, *words)
    for part in key.split("."):
        found = found[part]
    assert found == value


def test_the_words_of_a_loss_stay_text() -> None:
    words = ["losses={words: {loss: text_similarity, prompt: a cat}}", "losses.words.prompt=#1: yes"]
    assert settings("draw", *words)["losses"]["words"]["prompt"] == "#1: yes"


def test_a_region_is_a_box_or_a_file() -> None:
    words = ["losses={words: {loss: text_similarity}}", "losses.words.region=[0, 0, 0.5, 1]"]
    assert settings("draw", *words)["losses"]["words"]["region"] == (0, 0, 0.5, 1)
    words[1] = "losses.words.region=configs/assets/cat.jpg"
    assert settings("draw", *words)["losses"]["words"]["region"] == ROOT / "configs/assets/cat.jpg"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["draw", "a cat", "a dog"], "'a dog' is not of the form key=value or section.key=value"),
        (["draw", "looks=3"], "{config}: 'looks' is now called 'num_augs'"),
        (["draw", "judge_every=3"], "{config}: 'judge_every' is now called 'eval_every'"),
        (["draw", "losses={x: {loss: crossing}}"], "{config}: losses.x: loss 'crossing' is now called 'xing'"),
        (
            ["draw", "losses={x: {loss: distillation, guidance: 3}}"],
            "{config}: losses.x: 'guidance' is now called 'guidance_scale'",
        ),
        (["imagine", "contrast=0.2"], "{config}: 'contrast' is now called 'renderer.pixels.contrast'"),
        (["skech"], "no pipeline, config or command 'skech'; did you mean 'sketch'?"),
    ],
)
def test_one_line_for_what_is_wrong(arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    config = shipped_folder() / f"{arguments[0]}.yaml"
    assert capsys.readouterr() == ("", f"limn: {line.format(config=config)}\n")


@pytest.mark.parametrize("command", ["resume", "export", "status", "evaluate"])
def test_a_name_that_no_file_can_have_is_one_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "a" * 300]) == 2
    err = capsys.readouterr().err
    assert err.startswith("limn: ")
    assert err.count("\n") == 1


def test_the_status_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").write_text("recipe: draw\nprompt: a cat\n")
    for status, line in {
        Status("running", "fine", 3, 20): "running, stage fine, step 3 of 20",
        Status("failed", error="ValueError: no"): "failed: ValueError: no",
        Status("done"): "done",
    }.items():
        write_status(tmp_path, status)
        assert main(["status", str(tmp_path)]) == 0
        assert capsys.readouterr().out == f"{line}\n"


HEAVY = ("open_clip", "warp", "cv2", "diffusers", "torchvision")


@pytest.mark.parametrize(
    "code",
    [
        "import guidance, renderers, pipelines",
        "from pipelines.cli.main import main; main(['list'])",
        "from pipelines.cli.main import main; main(['help', 'sketch']); main(['help', 'stylise_mesh'])",
        "from pipelines.cli.main import main; main(['skech'])",
        "from pipelines.cli.main import main; main(['sketch', 'losses.lines.wdith=1'])",
        "from pipelines.cli.main import main; main(['stylise_mesh', 'cameras.dreamfusion.aimm=1'])",
    ],
)
def test_what_is_quick_imports_nothing_heavy(code: str) -> None:
    light = ("torch", "pydantic") if "skech" in code or "=1" in code else ()
    code = f"import sys\n{code}\nprint([m for m in {(*HEAVY, *light)} if m in sys.modules], file=sys.stderr)"
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert process.stderr.splitlines()[-1] == "[]"


def test_a_torchvision_of_another_torch_is_one_line(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text('raise RuntimeError("operator torchvision::nms does not exist")\n')
    arguments = ["configs/draw.yaml", "by=clip", f"output={tmp_path}/outputs", "steps=1"]
    process = subprocess.run(
        [sys.executable, "run.py", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.returncode, process.stdout, process.stderr) == (2, "", f"limn: {MEND}\n")
    assert not (tmp_path / "outputs").exists()
