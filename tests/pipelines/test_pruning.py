"""Candidates that are dropped: who stays, that the others do not notice, and that everything beside the loop knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pixels import Near, Pixels
from test_resume import assert_same
from torch import Tensor

from guidance import Objective
from limn.errors import InputError
from pipelines import Settings, execute, export, run
from pipelines.config.run_config import PruneConfig
from pipelines.loop.callbacks import Pruning, read_metrics
from pipelines.loop.callbacks.previews import history
from pipelines.loop.contact_sheets import read_row
from pipelines.loop.loop import Loop
from pipelines.loop.optimise import optimise
from renderers.strokes import Strokes, closed_shapes

TARGET = torch.linspace(0, 1, 8).expand(1, 3, 8, 8).clone()


def population(*levels: float) -> Pixels:
    return Pixels(torch.tensor(levels).view(-1, 1, 1, 1).expand(-1, 3, 8, 8))


def objective(target: Tensor = TARGET) -> Objective:
    return Objective({"near": Near(target, noise=0.0)})


def prune(at: float, keep: int, **judges: Objective) -> Pruning:
    return Pruning([PruneConfig(at=at, keep=keep, by="clip" if judges else "objective")], judges)


def test_the_best_stay_and_go_on_as_if_they_had_been_alone() -> None:
    together, alone = population(0.0, 0.6, 1.0, 0.5), population(0.6, 0.5)
    result = optimise(together, objective(), Settings(20), [prune(0.4, 2)])
    optimise(alone, objective(), Settings(20))
    assert result.candidate_ids == [1, 3]
    assert result.started == 4
    assert len(result.eval_losses) == len(result.skipped) == together.candidates == 2
    assert torch.equal(together.colours, alone.colours)
    assert torch.equal(together.bias, alone.bias)


def test_candidates_are_ranked_before_the_first_step_and_by_others_than_the_objective() -> None:
    dark = Objective({"near": Near(torch.zeros_like(TARGET), noise=0.0)})
    renderer = population(0.4, 0.1, 0.9)
    result = optimise(renderer, objective(), Settings(2), [prune(0.0, 1, clip=dark)])
    assert result.candidate_ids == [1]
    assert float(renderer.colours.detach().mean()) < 0.3


def test_a_candidate_that_is_not_a_number_does_not_stay() -> None:
    renderer = population(0.5, 0.9)
    renderer.colours.data[0] = torch.nan
    loop = Loop(renderer, objective(), Settings(10))
    prune(0.0, 1).start(loop)
    assert loop.population.candidate_ids == [1]


def test_strokes_drop_what_is_not_optimised_too() -> None:
    generator = torch.Generator().manual_seed(0)
    scene = closed_shapes(8 + 16 * torch.rand(3, 2, 2, generator=generator), (32, 32), generator=generator)
    strokes = Strokes(scene, {"points": 1.0})
    expected = strokes.render().rgb[[0, 2]]
    strokes.keep([0, 2])
    assert torch.equal(strokes.render().rgb, expected)
    assert strokes.scene().candidates == 2


PRUNE = [{"at": 0.25, "keep": 2}, {"at": 0.5, "keep": 1}]


def pruned(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"best_of": 4, "prune": PRUNE, "steps": 24, "video": {"formats": ["mp4"]}}


def test_previews_metrics_and_report_tell_of_the_one_that_is_left(settings: dict[str, Any]) -> None:
    result = run(pruned(settings))
    assert result.folder is not None
    (number,) = result.candidate_ids
    lines = read_metrics(result.folder / "metrics.jsonl")
    present = [[n for n, value in enumerate(line["total"]) if value is not None] for line in lines if "total" in line]
    assert [len(row) for row in present] == [4] * 6 + [2] * 6 + [1] * 12
    assert present[-1] == [number]
    assert [n for n, value in enumerate(lines[-1]["eval_loss"]) if value is not None] == [number]
    files = history(result.folder / "previews")
    shown = [[bool((read_row(file, row, 4) < 255).any()) for row in range(4)] for file in files]
    assert [sum(row) for row in shown][:2] == [4, 4]
    assert shown[-1] == [row == number for row in range(4)]
    report = (result.folder / "report.html").read_text()
    assert re.search(rf"candidate</dt><dd>{number + 1} of 4<", report)
    assert np.array_equal(read_row(files[0], number, 4).shape, (16, 16, 3))
    before = (result.folder / "drawing.png").read_bytes()
    assert export(result.folder, 32)
    assert (result.folder / "drawing.png").read_bytes() == before


@pytest.mark.parametrize("at", [5, 14])
def test_stopped_after_candidates_were_dropped_it_ends_as_if_it_had_not_been(settings: dict[str, Any], at: int) -> None:
    runs = []
    for name, step in (("whole", -1), ("stopped", at)):
        losses = settings["losses"] | {"stop": {"loss": "pixels:Interruption", "at": step}}
        runs.append(run(pruned(settings) | {"losses": losses, "output": f"{settings['output']}/{name}"}))
    whole, stopped = runs
    assert whole.folder is not None
    assert stopped.folder is not None
    assert len(stopped.candidate_ids) == {5: 2, 14: 1}[at]
    assert execute(stopped.folder).candidate_ids == whole.candidate_ids
    assert_same(stopped.folder, whole.folder)


def test_clip_needs_words(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="with a prompt, which this recipe has not"):
        run(settings | {"prune": {"at": 0.5, "by": "clip"}})
    assert not list(Path(settings["output"]).glob("*/*"))
