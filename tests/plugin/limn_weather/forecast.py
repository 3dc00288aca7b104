"""A recipe of two stages, with a result of its own kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from guidance import load_encoder
from limn.artefact import Artefact
from limn.components import Component, OneOf
from limn.step import Step
from limn_weather.stripes import Stripes
from pipelines import InputPath, Result, RunConfig, Settings, Stage, Start, Task, build_objective
from pipelines.inputs.pictures import fit, read_picture
from renderers.registry import RENDERERS, Canvas


class ForecastConfig(RunConfig):
    """Settings of a forecast."""

    target: InputPath
    """The picture that is copied."""
    words: list[str] = ["sun", "rain"]  # noqa: RUF012
    """What the weather may be."""
    scene: Annotated[Component, OneOf(RENDERERS, ("canvas",))] = Field("stripes", validate_default=True)
    """What the first stage draws with; the second doubles its colours."""


def forecast(config: ForecastConfig, start: Start) -> list[Stage]:
    """Copies a picture with few stripes, then with twice as many, and says what weather it shows."""
    found = start.once("forecast", lambda: _look(config))
    target = found["target"]

    def coarse(before: Result | None) -> Task:
        generator = Step(0, 1, config.seed).generator("scene")
        canvas = Canvas(config.shape(), config.best_of, generator)
        return Task(config.scene.make(canvas=canvas), lambda: build_objective(config, target=target))

    def fine(before: Result | None) -> Task:
        assert before is not None
        colours = before.renderer.colours.detach().repeat_interleave(2, dim=2)
        return Task(
            Stripes(colours, config.shape()),
            lambda: build_objective(config, target=target),
            artefacts=lambda folder, candidate: [_chances(folder, config.words, found["chances"])],
        )

    def settings(steps: int) -> Settings:
        return Settings(steps, config.seed, config.learning_rates, config.eval_every)

    return [Stage("coarse", coarse, settings(10)), Stage("fine", fine, settings(config.steps))]


def _look(config: ForecastConfig) -> dict[str, Tensor]:
    """The target, and what the encoder takes it for."""
    target = fit(read_picture(config.target), config.shape())
    encoder = load_encoder(config.encoder, str(config.torch_device()), config.precision)
    with torch.no_grad():
        picture = encoder.encode_image(target).embedding
    likeness = torch.cosine_similarity(picture, encoder.encode_text(config.words))
    return {"target": target, "chances": (10 * likeness).softmax(dim=0)}


def _chances(folder: Path, words: list[str], chances: Tensor) -> Artefact:
    file = folder / "forecast.json"
    file.write_text(json.dumps(dict(zip(words, chances.tolist(), strict=True))))
    return Artefact(file, "forecast", "the weather")
