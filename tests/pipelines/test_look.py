"""`look`: the pictures that a run begins with, before a step is done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.cli.main import main


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A red disc on white, 60 x 40."""
    y, x = np.mgrid[:40, :60]
    inside = (x - 30) ** 2 + (y - 20) ** 2 < 12**2
    pixels = np.where(inside[..., None], (200, 30, 30), (255, 255, 255)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "disc.png")
    return tmp_path / "disc.png"


def test_look_shows_what_a_run_would_see(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [f"target={photo}", "size=64", "strokes=4", f"output={tmp_path / 'out'}"]
    assert main(["look", "configs/sketch.yaml", *settings]) == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines() if line.endswith(".png")]
    assert {"target", "mask", "edges", "starts", "sheet"} <= {path.stem for path in written}
    seen = {path.stem: np.asarray(Image.open(path).convert("RGB")) for path in written}
    height, width = seen["target"].shape[:2]
    assert max(height, width) == 64
    assert height < width
    middle, corner = seen["mask"][height // 2, width // 2], seen["mask"][1, 1]
    assert middle.min() > 200
    assert corner.max() < 50
    assert seen["edges"].std() > 10
    assert seen["starts"].min() < 128
    assert not list((tmp_path / "out").rglob("config.yaml")), "look begins no run"


def test_look_refuses_what_begins_with_no_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["look", "configs/draw.yaml", f"output={tmp_path}"]) == 2
    assert "'draw' has no pictures to begin with" in capsys.readouterr().err
