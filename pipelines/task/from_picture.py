"""From a picture: renderers that start from one, and results in the size of a photograph."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from guidance import Step
from limn.artefact import Artefact
from limn.components import Component
from limn.errors import InputError
from limn.files import write_file
from limn.png import png
from pipelines.config.run_config import RunConfig
from pipelines.inputs.pictures import fit
from pipelines.task.full_size import changed_alike
from pipelines.task.named import named_renderer
from pipelines.task.task import Task
from renderers.base import Renderer
from renderers.registry import Canvas


def renderer_from_picture(named: Component, picture: Tensor, config: RunConfig) -> Renderer:
    """What a config names, on the CPU; every candidate shows a picture [1, 3, H, W] at the start.

    Raises:
        InputError: it does not start from a picture.
    """
    generator = Step(0, 1, config.seed).generator("start")
    canvas = Canvas((picture.shape[2], picture.shape[3]), config.best_of, generator, picture=picture[0])
    renderer = named_renderer(named, canvas, views=False)
    with torch.no_grad():
        if not torch.allclose(renderer.render().rgb, picture, rtol=0, atol=1 / 255):
            raise InputError(
                f"renderer: {named.name} does not start from a picture; expected pixels, siren or the like"
            )
    return renderer


def at_full_size(task: Task, photograph: Image.Image, config: RunConfig) -> Task:
    """A task whose result is written in the photograph's size, in place of the renderer's picture.

    Args:
        task: whose picture ``before`` is what the canvas shows of the photograph.
        photograph: what it changes.
        config: of the run.
    """

    @torch.no_grad()
    def written(folder: Path, candidate: int) -> list[Artefact]:
        whole = fit(photograph, (photograph.height, photograph.width))[0]
        after = task.renderer.render().rgb[candidate, 0].cpu()
        file = write_file(folder / "picture.png", png(changed_alike(whole, task.pictures["before"], after)))
        return [Artefact(file, "picture", "Picture")]

    smaller = isinstance(config.size, int) and config.size < max(photograph.size)
    return replace(task, artefacts=written) if smaller else task
