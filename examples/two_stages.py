"""A recipe of one's own: two stages, a result of a new kind, and its section of the report; see `two_stages.yaml`."""

import html
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from tiles import Tiles
from torch import Tensor

from limn.artefact import Artefact
from limn.step import Step
from pipelines import InputPath, Result, RunConfig, Settings, Stage, Start, Task, build_objective
from pipelines.inputs.pictures import fit, read_picture
from pipelines.report.sections import SECTIONS


class TwoStagesConfig(RunConfig):
    """Settings of a picture in tiles."""

    target: InputPath
    """The picture that is copied."""
    count: int = 14
    """Large tiles along each side; the second stage has twice as many."""


def two_stages(config: TwoStagesConfig, start: Start) -> list[Stage]:
    """Copies a picture with large tiles, then with small ones."""
    target = start.once("target", lambda: _target(config))["target"]

    def coarse(before: Result | None) -> Task:
        generator = Step(0, 1, config.seed).generator("tiles")
        colours = torch.rand(config.best_of, 3, config.count, config.count, generator=generator)
        return Task(Tiles(colours, config.shape()), lambda: build_objective(config, target=target))

    def fine(before: Result | None) -> Task:
        assert before is not None
        colours = F.interpolate(before.renderer.colours.detach(), scale_factor=2.0)  # as the first stage left them
        tiles = Tiles(colours, config.shape())
        return Task(
            tiles,
            lambda: build_objective(config, target=target),
            pictures={"target": target[0]},
            artefacts=lambda folder, candidate: [_palette(folder, tiles.colours[candidate])],
        )

    few = Settings(max(1, config.steps // 2), config.seed, config.learning_rates, config.eval_every)
    many = Settings(config.steps, config.seed, config.learning_rates, config.eval_every)
    return [Stage("coarse", coarse, few), Stage("fine", fine, many)]


def _target(config: TwoStagesConfig) -> dict[str, Tensor]:
    """Read once; a run that is resumed or exported needs the picture no more."""
    return {"target": fit(read_picture(config.target), config.shape())}


def _palette(folder: Path, colours: Tensor) -> Artefact:
    """The most frequent colours [3, N, N], in 16 levels per channel."""
    levels = (colours.detach().cpu() * 15).round().int().flatten(1).T
    found, counts = levels.unique(dim=0, return_counts=True)
    best = found[counts.argsort(descending=True, stable=True)[:12]]
    file = folder / "palette.json"
    file.write_text(json.dumps(["#" + "".join(f"{level:x}" for level in colour) for colour in best.tolist()]))
    return Artefact(file, "palette", "the most frequent colours")


@SECTIONS.register("palette")
def palette_section(artefact: Artefact) -> str:
    """Shows a palette as a row of swatches."""
    names = [html.escape(name) for name in json.loads(artefact.path.read_text())]
    style = "display:inline-block;width:2em;height:2em"
    return "".join(f'<span title="{name}" style="background:{name};{style}"></span>' for name in names)
