"""Scenes that have views: what is drawn when, and what of it is shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import torch
from panorama import Grey, Panorama, looks
from PIL import Image
from pixels import Near, Pixels

from guidance import Objective
from pipelines import Callback, Settings, export, run
from pipelines.loop.callbacks.previews import history
from pipelines.loop.contact_sheets import tiled
from pipelines.loop.loop import Loop
from pipelines.loop.optimise import optimise

HERE = Path(__file__).parent
FIXED = [0, 16, 32, 48]


def strips(candidates: int = 2) -> Panorama:
    return Panorama(torch.rand(candidates, 3, 16, 64, generator=torch.Generator().manual_seed(0)))


def objective() -> Objective:
    return Objective({"grey": Grey()})


def panorama(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    return {
        "recipe": "panorama:panorama",
        "import_from": [str(HERE)],
        "output": str(tmp_path),
        "name": "strip",
        "size": 16,
        "steps": 12,
        "best_of": 2,
        "preview_every": 4,
        "checkpoint_every": 5,
        "video": {"formats": ["mp4"], "seconds": 0.5},
        "losses": {"grey": {"loss": "panorama:Grey"}},
    } | changes


def read(file: Path) -> Any:
    with Image.open(file) as picture:
        return np.asarray(picture)


def test_steps_draw_their_own_views_and_judgements_fixed_ones() -> None:
    renderer = strips()
    optimise(renderer, objective(), Settings(9, eval_every=4), cameras=looks)
    trained = [views for views in renderer.seen if len(views) == 3]
    judged = [views for views in renderer.seen if len(views) == 4]
    assert judged == [FIXED] * 4  # steps 0, 4 and 8, and the end
    assert len({tuple(views) for views in trained}) == 9
    again = strips()
    optimise(again, objective(), Settings(9, eval_every=4), cameras=looks)
    assert again.seen == renderer.seen


def test_flat_pictures_are_drawn_once_a_step(monkeypatch: Any) -> None:
    drawn = []
    render = Pixels.render
    monkeypatch.setattr(Pixels, "render", lambda *args, **kwargs: drawn.append(1) or render(*args, **kwargs))
    optimise(Pixels(torch.rand(1, 3, 4, 4)), Objective({"near": Near(torch.zeros(1, 3, 4, 4))}), Settings(6))
    assert len(drawn) == 7


def test_what_is_judged_are_the_fixed_views_of_the_state_before_the_step() -> None:
    renderer = strips()
    expected = (renderer.colours.detach() - 0.5).square().flatten(1).mean(dim=1)

    class First(Callback):
        def step(self, loop: Loop) -> None:
            if loop.index == 1:
                assert loop.eval_loss is not None
                torch.testing.assert_close(loop.eval_loss, expected)

    optimise(renderer, objective(), Settings(2, eval_every=1), [First()], cameras=looks)


def test_a_resumed_run_with_views_is_bitwise_the_same() -> None:
    taken = []

    class Taker(Callback):
        def step(self, loop: Loop) -> None:
            if loop.index == 5:
                taken.append(loop.snapshot())

    whole, rest = strips(), strips()
    first = optimise(whole, objective(), Settings(11, eval_every=3), [Taker()], cameras=looks)
    second = optimise(rest, objective(), Settings(11, eval_every=3), resume=taken[0], cameras=looks)
    assert torch.equal(whole.colours, rest.colours)
    assert torch.equal(first.eval_losses, second.eval_losses)


def test_results_show_the_views(tmp_path: Path) -> None:
    result = run(panorama(tmp_path))
    assert result.folder is not None
    names = {artefact.path.name for artefact in result.artefacts}
    assert names == {"history.mp4", "report.html", "strip.bin", "turntable.mp4", "views.png"}
    sheets = [read(file).shape[:2] for file in history(result.folder / "previews")]
    assert sheets == [(2 * 16, 4 * 16)] * 3
    assert read(result.folder / "views.png").shape[:2] == (2 * 16, 4 * 16)
    assert imageio_ffmpeg.count_frames_and_secs(str(result.folder / "turntable.mp4"))[0] == 12
    page = (result.folder / "report.html").read_text()
    assert re.findall(
        r'<figure><video src="data:video/mp4;base64,[^"]*" [a-z ]*></video><figcaption>(.*?)</', page
    ) == ["once around"]
    (file,) = [file for file in export(result.folder, size=32) if file.name == "view-32.png"]
    strip = np.frombuffer((result.folder / "strip.bin").read_bytes(), dtype=np.float32).reshape(3, 16, 64)
    drawn = read(file)[::2, ::2].astype(np.float32) / 255
    left, right = np.split(strip.transpose(1, 2, 0), 2, axis=1)
    np.testing.assert_allclose(drawn, np.concatenate([left, right]), atol=1 / 255)


def test_views_are_laid_out_without_gaps() -> None:
    shapes = {1: (1, 1), 2: (1, 2), 3: (1, 3), 4: (2, 2), 5: (1, 5), 6: (2, 3), 8: (2, 4)}
    for views, shape in shapes.items():
        row = np.repeat(np.arange(views, dtype=np.uint8), 2)[None, :, None].repeat(2, axis=0).repeat(3, axis=2)
        grid = tiled(row, views)
        assert grid.shape == (2 * shape[0], 2 * shape[1], 3)
        assert grid[::2, ::2, 0].flatten().tolist() == list(range(views))
