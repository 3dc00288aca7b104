"""Films: frames of every kind of file, what is measured of them, and films as targets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from film_files import COLOURS, write_films

from guidance import load_encoder
from guidance.losses import VideoSimilarity, video_embedding
from limn.errors import InputError
from pipelines import read_config
from pipelines.inputs.films import middles, read_film
from pipelines.task.objective import build_objective


@pytest.fixture
def films(tmp_path: Path) -> dict[str, Path]:
    return write_films(tmp_path)


def test_frames_are_the_middles_of_equal_parts() -> None:
    assert middles(6, 3) == [1, 3, 5]
    assert middles(100, 4) == [12, 37, 62, 87]
    assert middles(3, 12) == [0, 1, 2]


@pytest.mark.parametrize("kind", ["mp4", "gif", "folder"])
def test_every_kind_of_film_has_the_same_frames(films: dict[str, Path], kind: str) -> None:
    found = read_film(films[kind], (24, 24), 3)
    assert found.shape == (3, 3, 24, 24)
    middle = found[:, :, 10:14, 10:14].mean(dim=(2, 3)) * 255
    torch.testing.assert_close(middle, torch.tensor([COLOURS[i] for i in (1, 3, 5)]).float(), atol=20, rtol=0)
    assert len(read_film(films[kind], (24, 24), 50)) == 6


def test_files_that_are_no_films_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.mp4").write_text("no film")
    (tmp_path / "a.gif").write_text("no film")
    for name, line in {
        "empty": "the folder has no pictures",
        "none.mp4": "no such file",
        "a.mp4": "not a readable film",
        "a.gif": "not a readable picture",
    }.items():
        with pytest.raises(InputError, match=line) as caught:
            read_film(tmp_path / name, (8, 8))
        assert "\n" not in str(caught.value)


def test_a_film_is_the_target_of_a_loss(films: dict[str, Path]) -> None:
    losses: dict[str, Any] = {"film": {"loss": "video_similarity", "target": str(films["mp4"])}}
    config = read_config({"recipe": "draw", "prompt": "a red circle", "size": 32, "losses": losses})
    loss = build_objective(config).losses[0]
    assert isinstance(loss, VideoSimilarity)
    seen = load_encoder("pocket", precision="float32")(read_film(films["mp4"], (32, 32))).embedding
    assert loss.film is not None
    torch.testing.assert_close(loss.film[0, 0], video_embedding(seen), atol=0.05, rtol=0)
    with pytest.raises(InputError, match="mask is for a picture"):
        masked = {"film": {"loss": "pixels", "target": {"picture": str(films["mp4"]), "mask": str(films["gif"])}}}
        build_objective(read_config({"recipe": "draw", "prompt": "a frog", "losses": masked}))
