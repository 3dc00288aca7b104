"""edit: a picture or a drawing of one thing becomes one of another (delta denoising score, Hertz et al. 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from guidance import Prompt
from pipelines.config.from_words import FromWordsConfig, Terms, of_exemplars
from pipelines.config.paths import InputPath
from pipelines.inputs.pictures import read_picture, square
from pipelines.task.objective import build_objective
from pipelines.task.task import Task
from renderers.base import Renderer
from renderers.fields.pixel_image import PixelImage
from renderers.strokes import Scene, Strokes, read_svg


class EditConfig(FromWordsConfig):
    """Settings of an edit."""

    target: InputPath
    """What is edited: a picture, or a drawing (``.svg``), whose paths are kept and moved."""
    source_prompt: str
    """What it shows."""

    @classmethod
    def preset(cls, data: Mapping[str, Any]) -> Terms:
        """The losses that a config stands for, before it was validated."""
        terms = super().preset(data)
        if "prior" in terms:
            source = {"variant": "dds", "source_prompt": str(data.get("source_prompt", ""))}
            terms["prior"] |= source | of_exemplars(str(terms["prior"]["prior"]), **LOCAL)
        return terms


LOCAL = {
    "samples": 2,
    "t_min": 0.6,
    "t_max": 0.8,
    "prior_options": {"patch": 7, "local_below": 100.0},
}
"""What suits edits by exemplars: patches, as what is edited need not lie as they do, and much noise, under which the
patches of both prompts are compared as a whole and not the nearest one of each."""


def edit(config: EditConfig) -> Task:
    """Edits a picture or a drawing from one prompt to another (delta denoising score)."""
    device = config.torch_device()
    if config.target.suffix.lower() == ".svg":
        scene = _scene(config.target, config.size, config.best_of)
        return _task(config, Strokes(scene, {"points": 0.2, "colour": 0.02, "width": 0.05}).to(device))
    picture = square(read_picture(config.target), config.size)
    return _task(config, PixelImage(picture.expand(config.best_of, -1, -1, -1), 0.01).to(device))


def _task(config: EditConfig, renderer: Renderer) -> Task:
    with torch.no_grad():
        before: Tensor = renderer.render().rgb[:1, 0]
    prompt = Prompt.parse(config.prompt, config.templates)
    return Task(
        renderer,
        lambda: build_objective(config, target=before, prompt=prompt),
        pictures={"before": before[0].cpu()},
    )


def _scene(path: Path, size: int, candidates: int) -> Scene:
    """A drawing as the start of every candidate, its longer side ``size`` pixels."""
    scene = read_svg(path).scene
    scale = size / max(scene.size)
    scene = scene.scaled((max(1, round(scene.size[0] * scale)), max(1, round(scene.size[1] * scale))))
    tensors = ("points", "widths", "stroke_colours", "fill_colours")
    return replace(scene, **{name: getattr(scene, name).repeat_interleave(candidates, dim=0) for name in tensors})
