"""Many targets: one run each, what is done is kept, what fails does not stop the others."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml
from PIL import Image

from limn.errors import InputError
from pipelines import run_each
from pipelines.cli.main import main
from pipelines.inputs.pictures import fit, read_picture

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="20" height="20" fill="red"/>{}</svg>'
CONFIG = {
    "recipe": "edit",
    "source_prompt": "a red circle",
    "prompt": "a blue circle",
    "size": 32,
    "steps": 1,
    "video": {"formats": []},
    "losses": {"near": {"loss": "tone"}},
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config beside a folder with two pictures, one of them an SVG, a broken one, and something else."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.new("RGB", (60, 40), "red").save(folder / "a.png")
    (folder / "b b.svg").write_text(SVG.format("<text>hi</text>"))
    (folder / "c.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture")
    file = tmp_path / "each.yaml"
    file.write_text(yaml.safe_dump(CONFIG | {"output": str(tmp_path / "out")}))
    return file


def test_a_folder_makes_one_run_each(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = config.parent / "out" / "each"
    assert main([str(config), "target=pictures"]) == 2
    said = capsys.readouterr()
    first, second, third = said.out.splitlines()
    assert (first.split(), second.split()) == (["done", str(out / "a")], ["done", str(out / "b-b")])
    assert third.startswith("failed") and "c.png': not a readable picture" in third
    assert said.err.count("target: left out, as no pictures: notes.txt") == 1
    assert said.err.splitlines()[-1] == "limn: 1 of 3 runs failed: c.png"
    assert "not understood in b b.svg: &lt;text&gt;" in (out / "b-b" / "report.html").read_text()
    assert sorted(path.name for path in out.iterdir()) == ["a", "b-b"]

    changed = (out / "a" / "picture.png").stat().st_mtime_ns
    (out / "b-b" / "drawing.svg").unlink()  # it goes on where something is missing
    assert main([str(config), f"target={config.parent}/pictures/[ab]*"]) == 0
    assert [line.split("/")[0].strip() for line in capsys.readouterr().out.splitlines()] == ["was done", "done"]
    assert (out / "a" / "picture.png").stat().st_mtime_ns == changed
    assert (out / "b-b" / "drawing.svg").exists()

    assert main([str(config), "target=[pictures/a.png]", "seed=1"]) == 0
    assert capsys.readouterr().out.split() == ["done", str(out / "a-2")]


def test_a_list_in_a_config_is_for_run_each(config: Path) -> None:
    again = yaml.safe_load(config.read_text()) | {"target": [str(config.parent / "pictures" / "a.png")]}
    (outcome,) = run_each(again)
    assert (outcome.state, outcome.folder) == ("done", config.parent / "out" / "edit" / "a")


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (["target=none*.png"], "target: no file is like none*.png"),
        (["target=[]"], "target: the list is empty; expected pictures"),
        (["target=empty"], "target: no picture in the folder"),
        (["target=pictures", "run=mine"], "run: mine would be the folder of all pictures"),
        (["target=pictures", "steps=0"], "steps: expected greater than or equal to 1, got 0"),
        (["target=pictures", "stepps=3"], "unknown key 'stepps'; did you mean 'steps'?"),
        (["a", "b"], "'b' is not of the form key=value"),
    ],
)
def test_what_is_wrong_for_all_is_one_line(
    config: Path, settings: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.parent / "empty").mkdir()
    assert main([str(config), *settings]) == 2
    assert line in capsys.readouterr().err.splitlines()[-1]
    assert not (config.parent / "out").exists()


def test_an_svg_is_drawn_over_nothing(config: Path) -> None:
    picture = read_picture(config.parent / "pictures" / "b b.svg")
    assert picture.size == (1024, 512)
    assert (picture.getpixel((5, 5)), picture.getpixel((1000, 5))[3]) == ((255, 0, 0, 255), 0)
    canvas = fit(picture, (16, 32))[0]
    assert torch.equal(canvas[:, 4, 4], torch.tensor([1.0, 0, 0]))
    assert torch.equal(canvas[:, 4, 28], torch.ones(3))
    (config.parent / "blank.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>')
    with pytest.raises(InputError, match="has nothing to draw"):
        read_picture(config.parent / "blank.svg")
