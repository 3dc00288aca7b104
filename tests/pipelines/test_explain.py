"""limn explain: what of a finished run drives its score."""

import csv
import json
import re
from pathlib import Path

import pytest
import torch
from PIL import Image
from run_folders import make_run

from guidance import load_encoder
from limn.artefact import Artefact
from pipelines.cli.main import main
from pipelines.explain.parts import parts, worth_of_parts
from pipelines.explain.score import Score
from pipelines.explain.strokes import game_of
from pipelines.report.page import with_explanation
from pipelines.runs.artefacts import write_artefacts
from renderers.mesh.export import write_glb
from renderers.mesh.mesh import Mesh
from renderers.mesh.read import read_mesh
from renderers.strokes import read_svg

DRAW = "recipe: draw\nname: draw\nprompt: {}\n"

DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">
<rect width="64" height="64" fill="#ffffff"/>
<path d="M4 60L60 60" stroke="#dddddd" stroke-width="1"/>
<path d="M32 12C59 12 59 52 32 52C5 52 5 12 32 12Z" fill="#d02010"/>
<path d="M2 4L6 8" stroke="#2030e0" stroke-width="2"/>
</svg>
"""


def _run(folder: Path, config: str, state: str = "done") -> Path:
    """A run folder with a config that can be read."""
    run = make_run(folder, state=state)
    (run / "config.yaml").write_text(config)
    return run


def _drawing(folder: Path) -> Path:
    """A run whose drawing is a red circle among two strokes that are of no use."""
    run = _run(folder, DRAW.format("a frog"))
    (run / "drawing.svg").write_text(DRAWING)
    page = "<h1>report</h1><!-- explanation --><!-- /explanation --><p>end</p>"
    (run / "report.html").write_text(page)
    write_artefacts(run, [Artefact(run / "drawing.svg", "drawing"), Artefact(run / "drawing.png", "picture")])
    return run


def test_strokes_are_drawn_in_the_colour_of_their_worth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = _drawing(tmp_path / "run")
    assert main(["explain", str(run), "a red circle"]) == 0
    folder = run / "explanation"
    assert capsys.readouterr().out.strip() == str(folder / "explanation.html")
    table = json.loads((folder / "strokes.json").read_text())
    with (folder / "strokes.csv").open() as file:
        assert [row["name"] for row in csv.DictReader(file)] == [row["name"] for row in table]
    scene = read_svg(run / "drawing.svg").scene
    game = game_of(scene, Score.of(load_encoder("pocket", precision="float32"), "a red circle"))
    count = len(scene.topology.paths)
    none, whole = game(torch.tensor([[False] * count, [True] * count])).tolist()
    assert sum(row["shapley"] for row in table) == pytest.approx(whole - none, abs=1e-4)
    worths = dict(re.findall(r'<path id="([\w-]+)" data-worth="(-?[\d.]+)"', (folder / "strokes.svg").read_text()))
    assert {name: float(worth) for name, worth in worths.items()} == {row["name"]: row["shapley"] for row in table}
    with Image.open(folder / "strokes.png") as picture:
        red, _, blue = picture.convert("RGB").getpixel((256, 256))  # type: ignore[misc]
    assert table[0]["name"].startswith("shape")
    assert red > blue + 80
    report = (run / "report.html").read_text()
    assert report.startswith("<h1>report</h1>")
    assert report.endswith("<p>end</p>")
    for title in ("Strokes", "Places", "Words by places", "Heads"):
        assert f"<h3>{title}</h3>" in report
    assert report.count("data:image/png") == 5  # strokes, places, three words
    assert not re.search(r'(src|href)="(?!data:)', (folder / "explanation.html").read_text())


def test_an_explanation_takes_the_place_of_an_earlier_one() -> None:
    page = "a<!-- explanation --><!-- /explanation -->b"
    once = with_explanation(page, "one")
    assert once == "a<!-- explanation -->one<!-- /explanation -->b"
    assert with_explanation(once, "two") == "a<!-- explanation -->two<!-- /explanation -->b"
    assert with_explanation("a page of its own", "one") is None


def _spheres(*centres: float) -> Mesh:
    """Octahedra beside each other, the first one red and large."""
    corners = torch.cat([torch.eye(3), -torch.eye(3)])
    faces = torch.tensor([[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]])
    sizes = [1.0, *[0.2] * (len(centres) - 1)]
    vertices = torch.cat([s * corners + torch.tensor([x, 0.0, 0.0]) for s, x in zip(sizes, centres, strict=True)])
    colours = torch.full_like(vertices, 0.6)
    colours[:6] = torch.tensor([0.8, 0.1, 0.1])
    return Mesh(vertices, torch.cat([faces + 6 * n for n in range(len(centres))]).int(), colours=colours)


def test_parts_are_groups_then_pieces_then_patches() -> None:
    mesh = _spheres(0.0, 1.5, 2.0)
    names, labels = parts(mesh)
    assert names == ["piece-01", "piece-02", "piece-03"]
    assert labels.tolist() == [0] * 8 + [1] * 8 + [2] * 8
    rows = {"left": torch.arange(8), "right": torch.arange(8, 20)}
    names, labels = parts(Mesh(mesh.vertices, mesh.faces, groups=rows))
    assert names == ["rest", "left", "right"]
    assert labels.bincount().tolist() == [4, 8, 12]
    names, labels = parts(_spheres(0.0))
    assert names[0] == "patch-01"
    assert len(names) == len(labels.unique()) == 8  # a face each: there are no more


def test_models_are_painted_with_the_worth_of_their_parts(tmp_path: Path) -> None:
    write_glb(tmp_path / "model.glb", _spheres(0.0, 1.5, 2.0))
    score = Score.of(load_encoder("pocket", precision="float32"), "a red square")
    figure = worth_of_parts(tmp_path, score, tmp_path / "model.glb", seed=0)
    table = json.loads((tmp_path / "parts.json").read_text())
    assert table[0]["name"] == "piece-01"  # the one that can be seen
    assert len(table) == 3
    assert figure.pictures[0].path.is_file()
    painted = read_mesh(tmp_path / "parts.glb").painted()[0]
    assert len(torch.unique(painted.round(decimals=2), dim=0)) >= 2


@pytest.mark.parametrize(
    ("config", "state", "arguments", "said"),
    [
        (DRAW, "interrupted", [], "is interrupted; expected a finished run, see: limn resume"),
        ("recipe: sketch\nname: sketch\ntarget: a.png\n", "done", [], "has no prompt; give words, like: limn explain"),
        (DRAW, "done", ["encoder=vgg"], "encoder 'vgg' knows no words; expected a CLIP"),
        (DRAW, "done", ["encoder=pokcet"], "did you mean 'pocket'"),
        (DRAW, "done", ["steps=3"], "explain: unknown option 'steps'; known: encoder"),
        (DRAW, "done", ["a cat", "a dog"], "explain takes a run folder, and words in quotes"),
    ],
)
def test_what_cannot_be_explained_is_said_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], config: str, state: str, arguments: list[str], said: str
) -> None:
    run = _run(tmp_path / "run", config.format("a frog"), state)
    Image.new("RGB", (32, 32), "white").save(run / "a.png")
    assert main(["explain", str(run), *arguments]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("limn: ")]
    assert len(lines) == 1
    assert said in lines[0]
    assert not (run / "explanation").exists()
