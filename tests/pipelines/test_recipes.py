"""The shipped recipes: every config runs, every style draws, and what is drawn comes nearer to what was asked."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import resvg_py
import torch
import yaml
from PIL import Image
from shortened import shortened
from tasks import only_task

from guidance import Step, load_encoder
from limn.errors import InputError
from pipelines import read_config, run
from pipelines.inputs.pictures import fit, read_picture
from pipelines.inputs.saliency import edge_map, gradient_saliency, sample_starts

ROOT = Path(__file__).parents[2]
CONFIGS = sorted(path for path in (ROOT / "configs").glob("*.yaml") if not path.stem.endswith("_mesh"))
WIDE = (105, 140)
SHORT = {"steps": 2, "best_of": 2, "video.seconds": 0.2, "size": list(WIDE), "preview_size": 192}


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def prepared(path: str, **overrides: Any):
    return only_task(read_config(ROOT / "configs" / path, overrides.items()))


@pytest.mark.usefixtures("quick_outlines")
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_config_runs_and_its_svg_is_its_picture(path: Path, tmp_path: Path) -> None:
    result = run(path, output=str(tmp_path), **SHORT | shortened(path, steps=2))
    assert result.folder is not None
    names = {artefact.path.name for artefact in result.artefacts}
    assert {"history.mp4", "report.html"} <= names
    if names & {"model.glb", "field.safetensors"}:
        return
    assert result.renderer.render().rgb.shape[-2:] == WIDE
    assert read_picture(next((result.folder / "previews").glob("*.png"))).size == (192, 2 * 144)
    if not {"drawing.svg", "animation.svg"} <= names:
        assert np.divide(*read_picture(result.folder / "picture.png").size) == pytest.approx(4 / 3)
        return
    # At four times the size, averaged: at its own size resvg's own error is that large where black lines cross.
    svg = bytes(resvg_py.svg_to_bytes(svg_string=(result.folder / "drawing.svg").read_text(), zoom=4))
    drawn = np.asarray(Image.open(io.BytesIO(svg)).convert("RGB").reduce(4), dtype=float)
    ours = np.asarray(Image.open(result.folder / "drawing.png").convert("RGB"), dtype=float)
    assert 10 * np.log10(255**2 / ((drawn - ours) ** 2).mean()) > 37


@pytest.mark.usefixtures("quick_outlines")
@pytest.mark.parametrize("path", ["sketch.yaml", "edit.yaml"])
def test_results_keep_the_proportions_of_their_picture(path: str, tmp_path: Path) -> None:
    Image.new("RGB", (120, 200), "grey").save(tmp_path / "tall.png")
    short = {"target": str(tmp_path / "tall.png"), "best_of": 1}
    assert prepared(path, size=80, **short).renderer.render().rgb.shape[-2:] == (80, 48)
    assert prepared(path, size=[48, 64], **short).renderer.render().rgb.shape[-2:] == (48, 64)


@pytest.mark.parametrize("style", ["paint", "line", "fill"])
def test_styles(style: str) -> None:
    renderer = prepared("draw.yaml", style=style, strokes=5, best_of=2).renderer
    groups = {group.name for group in renderer.parameter_groups()}
    assert groups == {"paint": {"points", "width", "colour"}, "line": {"points"}, "fill": {"points", "colour"}}[style]
    rgb = renderer.render().rgb
    grey = (rgb.amax(dim=2) - rgb.amin(dim=2)).max()
    assert (grey < 1e-3) == (style == "line")


@pytest.mark.usefixtures("quick_outlines")
def test_a_sketch_comes_nearer_to_its_picture(tmp_path: Path) -> None:
    overrides = {"output": str(tmp_path), "best_of": 2, "strokes": 8, "video.seconds": 0.2}
    before = run("configs/sketch.yaml", steps=1, **overrides).eval_losses
    after = run("configs/sketch.yaml", steps=40, **overrides).eval_losses
    assert (after < 0.96 * before).all()  # strokes begin on lines, so not much is left to gain


@pytest.mark.usefixtures("quick_outlines")
def test_candidates_and_seeds_start_differently_and_the_same_seed_starts_the_same() -> None:
    first, again = (prepared("sketch.yaml", seed=3).renderer.scene().points for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first, prepared("sketch.yaml", seed=4).renderer.scene().points)


def test_strokes_start_on_salient_edges() -> None:
    target = fit(read_picture(ROOT / "configs/assets/sailboat.png"), (224, 224))
    saliency, edges = gradient_saliency(load_encoder("pocket"), target), edge_map(target)
    assert float(saliency.min()) == 0
    assert float(saliency.max()) == pytest.approx(1)
    starts = sample_starts(saliency, edges, 64, Step(0, 1, 0).generator("test"))
    columns, rows = starts.floor().long().unbind(-1)
    assert (edges[rows, columns] == 1).all()
    assert saliency[rows, columns].mean() > saliency[edges == 1].mean()
    assert len({tuple(start) for start in starts.tolist()}) == 64


@pytest.mark.usefixtures("quick_outlines")
def test_a_blank_picture_still_gets_its_strokes(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "white").save(tmp_path / "blank.png")
    points = prepared("sketch.yaml", target=str(tmp_path / "blank.png"), mask="none").renderer.scene().points
    assert torch.isfinite(points).all()


def test_a_mask_beside_the_config_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (8, 8), 255).save(tmp_path / "mask.png")
    settings = {"recipe": "sketch", "target": str(ROOT / "configs/assets/sailboat.png")}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(settings | {"mask": "mask.png"}))
    assert read_config(tmp_path / "own.yaml").mask == str(tmp_path / "mask.png")
    monkeypatch.chdir(tmp_path)
    assert read_config(settings, [("mask", "mask.png")]).mask == str(tmp_path / "mask.png")
    assert read_config(settings).mask == "auto"
    with pytest.raises(InputError, match=r"^config: mask: expected auto, none or a picture; no such file: aut in /"):
        read_config(settings | {"mask": "aut"})


def test_an_empty_prompt_is_refused() -> None:
    with pytest.raises(InputError, match="prompt is empty"):
        prepared("draw.yaml", prompt="  ")


def test_a_long_prompt_says_how_it_was_split(caplog: pytest.LogCaptureFixture) -> None:
    by_clip = {"text": {"loss": "text_similarity"}}
    prepared("draw.yaml", prompt="a red apple, " * 30, strokes=2, best_of=1, losses=by_clip).objective()
    assert "averaged in" in caplog.text
