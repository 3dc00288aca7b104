"""edit: a picture or a drawing of one thing becomes one of another (delta denoising score, Hertz et al. 2023)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import torch
from torch import Tensor

from guidance import Prompt
from limn.components import Component, OneOf
from limn.pictures import with_longer_side
from pipelines.config.from_words import FromWordsConfig, of_exemplars
from pipelines.config.paths import InputPath
from pipelines.config.preset import Terms
from pipelines.inputs.drawings import is_drawing, read_drawing
from pipelines.inputs.pictures import fit, read_picture
from pipelines.task.from_picture import at_full_size, renderer_from_picture
from pipelines.task.objective import build_objective
from pipelines.task.task import Task
from renderers.base import Renderer
from renderers.fields.pictures.pixel_image import pixels
from renderers.registry import RENDERERS
from renderers.strokes import Scene, Strokes

MANY = 5000
"""Paths of all candidates from which on a run says how long a step takes."""


class EditConfig(FromWordsConfig):
    """Settings of an edit."""

    target: InputPath
    """What is edited: a picture, or a drawing (``.svg``), whose paths are kept and moved unless ``renderer`` is
    given."""
    source_prompt: str
    """What it shows."""
    renderer: Annotated[Component, OneOf(RENDERERS, ("canvas",))] | None = None
    """What a picture is made of: ``pixels`` (the default), ``pyramid``, ``fourier``, ``siren``, ``finer``,
    ``wire``, or one of your own that starts from ``canvas.picture``. A drawing has its paths."""

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
    if is_drawing(config.target) and config.renderer is None:
        strokes = Strokes(_scene(config), {"points": 0.2, "colour": 0.02, "width": 0.05}).to(device)
        return _task(config, strokes, _patience(strokes))
    photograph = read_picture(config.target)
    named = config.renderer or Component(pixels, "pixels", {})
    renderer = renderer_from_picture(named, fit(photograph, config.shape(photograph)), config)
    return at_full_size(_task(config, renderer.to(device)), photograph, config)


def _task(config: EditConfig, renderer: Renderer, notes: Sequence[str] = ()) -> Task:
    with torch.no_grad():
        before: Tensor = renderer.render().rgb[:1, 0]
    prompt = Prompt.parse(config.prompt, config.templates)
    return Task(
        renderer,
        lambda: build_objective(config, target=before, prompt=prompt),
        pictures={"before": before[0].cpu()},
        notes=notes,
    )


def _scene(config: EditConfig) -> Scene:
    """A drawing as the start of every candidate.

    Raises:
        InputError: see `read_drawing`.
    """
    scene = read_drawing(config.target).scene
    scene = scene.scaled(with_longer_side(scene.size, max(config.shape())))
    rows: dict[str, Any] = {
        name: getattr(scene, name).repeat_interleave(config.best_of, dim=0) for name in scene.tensors
    }
    return replace(scene, **rows)


@torch.no_grad()
def _patience(strokes: Strokes) -> list[str]:
    """What a step will take, if there are so many paths that it will take long."""
    paths = len(strokes.scene().topology.paths)
    if paths * strokes.candidates < MANY:
        return []
    strokes.render()  # kernels are loaded by the first
    start = time.perf_counter()
    strokes.render()
    seconds = 2 * (time.perf_counter() - start)  # the gradient takes about as long
    return [f"{paths} paths: drawing them takes about {seconds:.1f} s a step"]
