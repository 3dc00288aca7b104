"""Edits of SVG files: what is said before the first step, in the log and in the report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from tasks import only_task

from pipelines import read_config, run
from pipelines.cli.main import main
from pipelines.inputs.pictures import read_picture
from pipelines.task.full_size import changed_alike

GRADIENTS = "".join(
    f'<radialGradient id="g{n}"><stop stop-color="red"/><stop offset="1"/></radialGradient>'
    f'<circle cx="16" cy="16" r="{12 - n}" fill="url(#g{n})"/>'
    for n in range(5)
)
SAID = [
    "not understood in drawing.svg: gradient, drawn in its mean colour ('url(#g0)'): line 1 <circle> and 4 more",
    "not understood in drawing.svg: <text>: line 1 <text>",
    "not understood in drawing.svg: <rect> left out, because of an attribute (\"'3x' is not a length\"): line 1 <rect>",
]


def edit(folder: Path, body: str) -> dict[str, Any]:
    target = folder / "drawing.svg"
    target.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{body}</svg>')
    losses = {"near": {"loss": "tone"}}
    return {
        "recipe": "edit",
        "target": str(target),
        "source_prompt": "a red circle",
        "prompt": "a blue circle",
        "size": 32,
        "steps": 1,
        "losses": losses,
    }


def command(settings: dict[str, Any], folder: Path) -> int:
    listed = [f"{key}={value}" for key, value in settings.items() if key not in ("recipe", "losses")]
    return main(["edit", *listed, "losses={near: {loss: tone}}", f"output={folder}", "name=run", "video.formats=[]"])


def test_what_is_not_understood_is_said_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = edit(tmp_path, f'{GRADIENTS}<text>hello</text><rect width="3x" height="3"/>')
    assert command(settings, tmp_path / "out") == 0
    (run,) = (tmp_path / "out" / "run").iterdir()
    report = (run / "report.html").read_text()
    (notes,) = re.findall(r"<div class=\"notes\">(.*?)</div>", report)
    for text in (capsys.readouterr().err, (run / "log.txt").read_text()):
        found = [line[line.index("not understood") :] for line in text.splitlines() if "not understood" in line]
        assert found == SAID
    assert notes.count("<p>") == 3
    assert "&lt;text&gt;: line 1 &lt;text&gt;" in notes


def test_nothing_to_draw_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for body, reason in (("", ""), ("<text>hello</text>", "; not understood: <text>: line 1 <text>")):
        settings = edit(tmp_path, body)
        assert command(settings, tmp_path / "out") == 2
        error = capsys.readouterr().err.strip().splitlines()[-1]
        assert error.endswith(f"has nothing to draw, expected a shape with a fill or stroke{reason}")
        assert not list((tmp_path / "out").rglob("*.*"))


def test_many_paths_are_said_to_take_long(tmp_path: Path) -> None:
    few, many = ('<path d="M1 1h1v1"/>' * count for count in (4999, 5000))
    assert list(only_task(read_config(edit(tmp_path, few))).notes) == []
    (note,) = only_task(read_config(edit(tmp_path, many))).notes
    assert re.fullmatch(r"5000 paths: drawing them takes about [\d.]+ s a step", note)


def test_a_photograph_is_changed_as_its_copy_was() -> None:
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 12, 16, generator=generator)
    photograph = F.interpolate(coarse, size=(180, 240), mode="nearest")[0]
    before = F.interpolate(photograph[None], size=(60, 80), mode="area")[0]
    assert torch.equal(changed_alike(photograph, before, before), photograph)
    darker = changed_alike(photograph, before, 0.5 * before)
    assert float((darker - 0.5 * photograph).square().mean()) < 2e-4  # its edges are as sharp as they were
    blue = torch.where(torch.rand(60, 80, generator=generator) < 0.5, before, before.flip(0))
    shown = F.interpolate(changed_alike(photograph, before, blue)[None], size=(60, 80), mode="area")[0]
    assert float((shown - blue).square().mean()) < 0.1 * float((before - blue).square().mean())


def test_an_edit_has_the_size_of_its_photograph(tmp_path: Path) -> None:
    Image.new("RGB", (60, 90), "red").save(tmp_path / "photograph.png")
    result = run(edit(tmp_path, "") | {"target": str(tmp_path / "photograph.png")}, output=str(tmp_path), size=32)
    assert read_picture(result.folder / "picture.png").size == (60, 90)
    assert [artefact.path.name for artefact in result.artefacts].count("picture.png") == 1
