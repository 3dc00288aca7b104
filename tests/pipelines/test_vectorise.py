"""Pictures that become paths."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from outlines import self_crossings
from PIL import Image, ImageDraw
from stroke_scenes import draw, psnr, resvg
from tasks import only_task

from pipelines import read_config, run
from pipelines.loop.callback import Callback
from pipelines.loop.checkpoint import Snapshot
from pipelines.loop.loop import Loop
from pipelines.loop.optimise import optimise
from pipelines.task.stages import settings_of
from renderers.strokes import crossing, read_svg

STEPS = 24


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    """A wide picture: a gradient, a disc, a bar with a hole."""
    picture = Image.merge("RGB", [Image.linear_gradient("L").rotate(turn).resize((96, 64)) for turn in (0, 90, 180)])
    pen = ImageDraw.Draw(picture)
    pen.ellipse((10, 10, 40, 40), fill=(250, 220, 40))
    pen.rectangle((50, 20, 90, 56), fill=(20, 60, 120))
    pen.rectangle((60, 30, 80, 46), fill=(240, 240, 240))
    file = tmp_path / "flag.png"
    picture.save(file)
    return file


def config(target: Path, **own: Any) -> dict[str, Any]:
    return {
        "recipe": "vectorise",
        "target": str(target),
        "size": 64,
        "paths": 10,
        "steps": STEPS,
        "eval_every": 4,
        "losses": {"fit": {"loss": "pixels"}},
        **own,
    }


class Shots(Callback):
    """Keeps a snapshot of every step, and whether a path crossed itself then."""

    def __init__(self) -> None:
        self.taken: list[Snapshot] = []
        self.crossed = False

    def step(self, loop: Loop) -> None:
        self.taken.append(loop.snapshot())
        scene: Any = loop.renderer
        self.crossed |= bool(crossing(scene.scene().topology, scene.points.detach()).any())


def test_a_picture_becomes_paths_that_every_program_draws_alike(flag: Path, tmp_path: Path) -> None:
    result = run(config(flag, output=str(tmp_path), video={"formats": []}))
    assert result.folder is not None
    text = (result.folder / "drawing.svg").read_text()
    drawing = read_svg(result.folder / "drawing.svg")
    assert drawing.ignored == []
    assert drawing.scene.size == (43, 64)
    assert len(drawing.scene.topology.paths) == 10
    assert "<linearGradient" in text
    assert [line for line in text.splitlines() if "<rect" in line] == []
    assert re.findall('inkscape:label="([^"]+)"', text) == ["Base", "Details 1", "Details 2", "Details 3"]
    assert not self_crossings(drawing.scene)
    shown = draw(drawing.scene)
    assert psnr(shown, result.renderer.render().rgb[0, 0].detach()) > 45
    assert psnr(shown, resvg(text)) > 38
    target = only_task(read_config(config(flag))).pictures["target"]
    assert psnr(shown, target) > 26


@pytest.mark.parametrize("own", [{}, {"start": "random", "best_of": 2}, {"style": "strokes"}], ids=str)
def test_growth_goes_on_bit_by_bit_and_nothing_ever_crosses(flag: Path, own: dict[str, Any]) -> None:
    read = read_config(config(flag, **own))
    first, shots = only_task(read), Shots()
    start = float((first.renderer.render().rgb[0, 0] - first.pictures["target"]).square().mean().detach())
    whole = optimise(first.renderer, first.objective(), settings_of(read), [shots])
    assert not shots.crossed
    assert float(whole.eval_losses.max()) < 0.7 * start
    for at in (2, 7):  # before and after paths have begun
        again = only_task(read)
        rest = optimise(again.renderer, again.objective(), settings_of(read), resume=shots.taken[at])
        for one, other in zip(whole.renderer.state_dict().values(), rest.renderer.state_dict().values(), strict=True):
            assert torch.equal(one, other)
        assert torch.equal(whole.eval_losses, rest.eval_losses)


def test_shapes_may_be_solid_and_opaque(flag: Path) -> None:
    read = read_config(config(flag, gradients=False, opaque=True, steps=4))
    task = only_task(read)
    optimise(task.renderer, task.objective(), settings_of(read))
    state = task.renderer.state_dict()
    assert "gradient_ends" not in state
    assert (state["fill_colours"][..., 3] == 1).all()
    assert task.renderer.render().alpha.min() > 0.999
