"""edit: a picture or a drawing of one thing becomes one of another (delta denoising score, Hertz et al. 2023).

The priors that come with Limn know drawn things: of a photograph, the words change colours alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from PIL import ImageChops
from pydantic import ValidationInfo, model_validator
from torch import Tensor

from guidance import Prompt, Step
from guidance.distillation import Prior, load_prior
from guidance.distillation.auto import AUTO
from guidance.distillation.sample import sample
from guidance.words import Thing, things_of
from limn.components import Component, OneOf
from limn.pictures import with_longer_side
from pipelines.config.from_words import FromWordsConfig, of_exemplars
from pipelines.config.paths import InputPath, MaskName, find_file
from pipelines.config.preset import Terms
from pipelines.inputs.drawings import is_drawing, read_drawing
from pipelines.inputs.model_libraries import Libraries
from pipelines.inputs.pictures import fit, read_picture
from pipelines.inputs.subject import find_subject
from pipelines.task.from_picture import at_full_size, renderer_from_picture
from pipelines.task.objective import build_objective
from pipelines.task.recolour import colours_of, in_colours, is_photograph, with_colour
from pipelines.task.start import Start, from_text, to_text
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

    change: Literal["auto", "form", "colours"] = "auto"
    """What changes: ``form``, by the delta denoising score, or ``colours`` alone; ``auto`` takes ``colours`` for
    photographs, unless another prior is given than those that come with Limn."""
    mask: MaskName = "auto"
    """Where colours may change: ``auto`` looks for an object that stands free, ``none`` takes the whole picture, or a
    picture that is white there."""

    @property
    def priors(self) -> dict[str, str]:
        """The prior of the colours."""
        return (
            {"prior": self.prior} if self.change == "colours" and _turn(self.source_prompt, self.prompt) is None else {}
        )

    @model_validator(mode="before")
    @classmethod
    def _see_what_changes(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, Mapping):
            return data
        change, prior = data.get("change", "auto"), data.get("prior", AUTO)
        if change == "auto":
            offline = str(prior).partition(":")[0] in (AUTO, "exemplars", "pocket")
            by_prior = data.get("by", "distillation") == "distillation" and not data.get("losses")
            colours = offline and by_prior and _shows_photograph(data.get("target"), info)
            change = "colours" if colours else "form"
        if change == "colours" and prior == AUTO:
            prompts = [str(data.get(key, "")) for key in ("source_prompt", "prompt")]
            prior = "exemplars" if _turn(*prompts) else cls.choose_prior(info)(*filter(None, prompts))
        return {**data, "change": change, "prior": prior}

    @classmethod
    def preset(cls, data: Mapping[str, Any]) -> Terms:
        """The losses that a config stands for, before it was validated."""
        if data.get("change") == "colours":
            return {"colours": {"loss": "pixels", "distance": "l1"}}
        terms = super().preset(data)
        if "prior" in terms:
            source = {"variant": "dds", "source_prompt": str(data.get("source_prompt", ""))}
            terms["prior"] |= source | of_exemplars(str(terms["prior"]["prior"]), **LOCAL)
        return terms


SAMPLES, SAMPLE_STEPS = 4, 12
"""Pictures that a prior draws for their colours, and noise levels on the way to them."""

LOCAL = {
    "samples": 2,
    "t_min": 0.6,
    "t_max": 0.8,
    "prior_options": {"patch": 7, "local_below": 100.0},
}
"""What suits edits by exemplars: patches, as what is edited need not lie as they do, and much noise, under which the
patches of both prompts are compared as a whole and not the nearest one of each."""


def edit(config: EditConfig, start: Start) -> Task:
    """Edits a picture or a drawing from one prompt to another (delta denoising score)."""
    device = config.torch_device()
    if is_drawing(config.target) and config.renderer is None:
        strokes = Strokes(_scene(config), {"points": 0.2, "colour": 0.02, "width": 0.05}).to(device)
        return _task(config, strokes, _patience(strokes))
    photograph = read_picture(config.target)
    named = config.renderer or Component(pixels, "pixels", {})
    picture = fit(photograph, config.shape(photograph))
    renderer = renderer_from_picture(named, picture, config).to(device)
    if config.change == "colours":
        found = start.once("colours", lambda: _colours(config, picture))
        task = _task(config, renderer, [to_text(found["said"])], found["wanted"].to(device))
    else:
        task = _task(config, renderer)
    return at_full_size(task, photograph, config)


def _task(config: EditConfig, renderer: Renderer, notes: Sequence[str] = (), wanted: Tensor | None = None) -> Task:
    with torch.no_grad():
        before: Tensor = renderer.render().rgb[:1, 0]
    prompt = Prompt.parse(config.prompt, config.templates)
    return Task(
        renderer,
        lambda: build_objective(config, target=before if wanted is None else wanted, prompt=prompt),
        pictures={"before": before[0].cpu()},
        notes=notes,
    )


def _shows_photograph(target: Any, info: ValidationInfo) -> bool:
    """Whether a target is a photograph; what is wrong with it is said where it is read."""
    try:
        file = find_file(Path(str(target)), info)
        return not is_drawing(file) and is_photograph(read_picture(file))
    except ValueError:
        return False


Turn = tuple[str | None, str]
"""A colour, None for the main one, and what it becomes."""


def _turn(source_prompt: str, prompt: str) -> Turn | None:
    """The colour that changes, where the words differ in that of the first thing alone."""
    (was, *others), (now, *same) = (things_of(text) or (Thing((), ()),) for text in (source_prompt, prompt))
    if (was.words, others) != (now.words, same) or was.colours == now.colours:
        return None
    if len(now.colours) != 1 or len(was.colours) > 1:
        return None
    return next(iter(was.colours), None), now.colours[0]


def _colours(config: EditConfig, picture: Tensor) -> dict[str, Tensor]:
    """A photograph [1, 3, H, W] in the colours of the prompt, and what is worth knowing of it.

    Where the words differ in the colour of a thing alone, this colour turns; else the colours are those of pictures
    that the prior draws of both prompts.
    """
    subject = find_subject(config.target, config.mask)
    ground = fit(ImageChops.invert(subject.picture.getchannel("A")), (picture.shape[2], picture.shape[3]))[0, :1]
    turn = _turn(config.source_prompt, config.prompt)
    if turn is not None:
        wanted = with_colour(picture[0], 1 - ground, turn[1], turn[0])
        said = f"a photograph: what is {turn[0] or 'of the main colour'} turns {turn[1]}"
    else:
        prior = load_prior(config.prior, str(config.torch_device()), config.precision, Libraries())
        now, was = (_drawn(prior, text) for text in (config.prompt, config.source_prompt))
        wanted = in_colours(picture[0], 1 - ground, now, was)
        said = (
            f"a photograph, of which prior {config.prior} knows no forms: what has the colours of "
            f"{config.source_prompt!r} takes those of {config.prompt!r}"
        )
    place = "in the object" if subject.free else "in the whole picture, unless mask=FILE is white where they may"
    return {"wanted": wanted[None], "said": from_text(f"{said}; colours change {place}")}


def _drawn(prior: Prior, text: str) -> Tensor:
    """The colours of what a prior draws of a text [n, 3]."""
    generator = Step(0, 1).generator("colours")
    return colours_of(sample(prior, Prompt.parse(text), SAMPLES, generator, SAMPLE_STEPS).cpu())


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
