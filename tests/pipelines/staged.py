"""A recipe of two stages, such as a user could write: first few large pixels, then many small ones."""

from __future__ import annotations

from pathlib import Path

import torch
from pixels import Pixels
from torch import Tensor, nn

from limn.artefact import Artefact
from limn.step import Step
from pipelines import Result, RunConfig, Settings, Stage, Start, Task, build_objective


class StagedConfig(RunConfig):
    """Settings of the staged recipe."""

    encoder_folder: Path | None = None
    """A file that the start reads once."""


def staged(config: StagedConfig, start: Start) -> list[Stage]:
    """A picture is copied, first coarsely, then finely."""
    found = start.once("target", lambda: {"target": _target(config)})
    fine = found["target"][None]
    coarse = nn.functional.avg_pool2d(fine, 4)

    def first(before: Result | None) -> Task:
        generator = Step(0, 1, config.seed).generator("start")
        renderer = Pixels(torch.rand(config.best_of, *coarse.shape[1:], generator=generator))
        return Task(renderer, lambda: build_objective(config, target=coarse), {"coarse_target": coarse[0]})

    def second(before: Result | None) -> Task:
        assert before is not None
        large = nn.functional.interpolate(before.renderer.render().rgb[:, 0].detach(), scale_factor=4.0)
        return Task(
            Pixels(large),
            lambda: build_objective(config, target=fine),
            artefacts=lambda folder, candidate: [_notes(folder, candidate)],
        )

    rates = config.learning_rates
    return [
        Stage("coarse", first, Settings(config.steps // 2, config.seed, rates, config.eval_every)),
        Stage("fine", second, Settings(config.steps, config.seed, rates, config.eval_every)),
    ]


def _target(config: StagedConfig) -> Tensor:
    if config.encoder_folder is not None:
        return torch.tensor(float(config.encoder_folder.read_text())).expand(3, 16, 16)
    return torch.linspace(0, 1, 16).expand(3, 16, 16)


def _notes(folder: Path, candidate: int) -> Artefact:
    notes = folder / "notes"
    notes.mkdir(exist_ok=True)
    (notes / "candidate.txt").write_text(f"{candidate}\n")
    return Artefact(notes, "notes", "what was noted")
