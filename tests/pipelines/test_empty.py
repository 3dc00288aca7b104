"""Scenes that become empty: found, said, started again; and the other candidates do not notice."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from test_growth import Taker
from torch import Tensor, nn

from guidance import Loss, Objective
from limn.artefact import Artefact
from limn.cameras import Cameras, turntable
from limn.frames import Frames
from limn.step import Step
from pipelines import RunConfig, Settings, Task, build_objective, run
from pipelines.loop.callbacks import read_metrics
from pipelines.loop.optimise import optimise
from renderers.base import ParameterGroup, Renderer


class Cloud(Renderer):
    """S densities on a square, seen alike from all sides.

    Args:
        levels: density of each at the start, before a sigmoid [S].
        able: whether it can start again.
    """

    has_views: ClassVar[bool] = True

    def __init__(self, levels: Sequence[float], able: bool = True) -> None:
        super().__init__()
        self.able = able
        self.density = nn.Parameter(torch.tensor(levels).view(-1, 1, 1, 1, 1).repeat(1, 1, 1, 4, 4))

    @property
    def candidates(self) -> int:
        return len(self.density)

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        alpha = self.density.sigmoid().expand(-1, 1 if cameras is None else len(cameras), -1, -1, -1)
        alpha = alpha if size is None else nn.functional.interpolate(alpha, (1, *size))
        return Frames(alpha.expand(-1, -1, 3, -1, -1), alpha)

    def parameter_groups(self) -> list[ParameterGroup]:
        return [ParameterGroup("density", [self.density], 0.05)]

    def constrain(self) -> None:
        self.density.clamp_(-30, 30)

    def restart(self, candidates: Sequence[int], generator: torch.Generator) -> bool:
        if self.able:
            self.density.data[list(candidates)] = torch.randn(
                len(candidates), *self.density.shape[1:], generator=generator
            )
        return self.able

    def artefacts(self, folder: Path, candidate: int = 0) -> list[Artefact]:
        return []


class Half(Loss):
    """Mean squared distance to a half, where a picture has anything in it."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        return (frames.alpha - 0.5).square().flatten(1).mean(dim=1)


def cloud(config: RunConfig) -> Task:
    """A cloud, the first candidate of which is empty."""
    renderer = Cloud([-20.0, 1.0])
    return Task(renderer, lambda: build_objective(config), cameras=lambda step: turntable(2))


def half() -> Objective:
    return Objective({"half": Half()})


@pytest.mark.parametrize(("level", "look"), [(-20.0, "transparent"), (20.0, "opaque")])
def test_an_empty_candidate_starts_again(level: float, look: str, caplog: pytest.LogCaptureFixture) -> None:
    together, healthy, taker = Cloud([1.0, level]), Cloud([1.0, 0.5]), Taker()
    with caplog.at_level(logging.WARNING, "limn"):
        result = optimise(together, half(), Settings(240, eval_every=40), [taker])
    optimise(healthy, half(), Settings(240, eval_every=40))
    assert torch.equal(together.density[0], healthy.density[0])
    assert result.eval_losses.max() < 0.02
    said = f"candidate 2: pictures all {look} for 200 steps; it starts again with another seed"
    assert caplog.messages == [f"step 200: {said}"]
    after = taker.taken[199].tensors
    assert not after["optimiser/density.0.exp_avg"][1].any()
    assert after["optimiser/density.0.exp_avg"][0].any()
    for state in ("best/density", "good/density"):
        assert torch.equal(after[state][1], after["renderer/density"][1])
    assert after["best/values"][1] == torch.inf


def test_every_candidate_and_every_start_has_a_seed_of_its_own() -> None:
    taker = Taker()
    optimise(Cloud([-20.0, -20.0]), half(), Settings(201), [taker])
    first, second = taker.taken[199].tensors["renderer/density"]
    assert not torch.equal(first, second)


def test_it_goes_on_bit_by_bit() -> None:
    whole, taker = Cloud([1.0, -20.0]), Taker()
    optimise(whole, half(), Settings(220, eval_every=20), [taker])
    for at in (150, 198, 199, 210):
        rest = Cloud([1.0, -20.0])
        optimise(rest, half(), Settings(220, eval_every=20), resume=taker.taken[at])
        assert torch.equal(whole.density, rest.density), at


def test_a_scene_that_cannot_start_again_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    renderer = Cloud([-20.0], able=False)
    with caplog.at_level(logging.WARNING, "limn"):
        optimise(renderer, half(), Settings(450))
    assert caplog.messages == [
        "step 200: candidate 1: pictures all transparent for 200 steps; this scene cannot start again by itself"
    ]


def test_metrics_and_report_tell_of_it(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "recipe": "test_empty:cloud",
        "import_from": [str(Path(__file__).parent)],
        "output": str(tmp_path),
        "steps": 210,
        "best_of": 2,
        "preview_every": 100,
        "video": {"formats": []},
        "losses": {"half": {"loss": "test_empty:Half"}},
    }
    result = run(settings)
    assert result.folder is not None
    told = "candidate 1: pictures all transparent for 200 steps; it starts again with another seed"
    noted = {line["step"]: line["notes"] for line in read_metrics(result.folder / "metrics.jsonl") if "notes" in line}
    assert noted == {199: [told]}
    assert f"step 200: {told}" in (result.folder / "report.html").read_text()
    assert told in (result.folder / "log.txt").read_text()
