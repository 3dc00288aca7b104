"""Numbers that are none, at any step of any stage: the other candidates do not notice, and the run has a result."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pixels import Near

from pipelines import Callback, Result, build, read_config
from pipelines.loop.loop import Loop
from pipelines.loop.optimise import optimise

STEPS = {"coarse": 4, "fine": 8}


class Poison(Callback):
    """Makes a parameter of candidate 0 not a number after some step."""

    def __init__(self, at: int) -> None:
        self.at = at

    def step(self, loop: Loop) -> None:
        if loop.index == self.at:
            loop.renderer.colours.data[0, 0, 0, 0] = torch.nan


@pytest.fixture
def staged(settings: dict[str, Any]) -> dict[str, Any]:
    kept = {key: settings[key] for key in ("output", "import_from", "best_of", "seed")}
    kept["losses"] = {"near": {"loss": "pixels:Near"}}
    return kept | {"recipe": "staged:staged", "size": 16, "steps": 8, "eval_every": 3}


def carried_out(config: dict[str, Any], where: str = "", at: int = -1, what: str = "loss") -> Result:
    """All stages, with something wrong at a step of one of them."""
    result: Result | None = None
    for stage in build(read_config(config)):
        task = stage.task(result)
        objective, callbacks = task.objective(), [Poison(at + 1)] if (stage.name, what) == (where, "parameter") else []
        near = next(loss for loss in objective.losses if isinstance(loss, Near))
        if (stage.name, what) == (where, "loss"):
            near.poison, near.cured = at, at + 1
        result = optimise(task.renderer, objective, stage.settings, callbacks)
    assert result is not None
    return result


@pytest.mark.parametrize("best", ["objective", "last"])
@pytest.mark.parametrize("what", ["loss", "parameter"])
@pytest.mark.parametrize("where", ["coarse", "fine"])
def test_no_step_ruins_a_run(staged: dict[str, Any], where: str, what: str, best: str) -> None:
    staged["best"] = best
    healthy = carried_out(staged)
    for at in range(STEPS[where]):
        result = carried_out(staged, where, at, what)
        assert result.renderer.colours.isfinite().all(), at
        assert torch.equal(result.renderer.colours[1], healthy.renderer.colours[1]), at
        assert result.eval_losses.isfinite().all(), at
        assert result.eval_losses[0] < 0.08, at  # no worse than where the stage began
