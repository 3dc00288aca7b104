"""illustrate: a sample of a prior becomes shapes, pixels or strokes (VectorFusion, DiffSketcher)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field, JsonValue, ValidationInfo, model_validator
from torch import Tensor

from guidance import AugmentedEncoder, Prompt, Step, load_encoder
from guidance.distillation import load_prior
from guidance.distillation.auto import AUTO
from guidance.distillation.sample import sample
from guidance.losses import text_similarity
from limn.frames import Frames
from limn.ranges import PenWidth, Reach, Scale, Steps
from limn.settings import Section
from pipelines.config.auto import of_prior
from pipelines.config.names import PriorName
from pipelines.config.paths import InputPath
from pipelines.config.prompts import PromptText, Templates
from pipelines.inputs.model_libraries import Libraries
from pipelines.inputs.pictures import fit, read_picture
from pipelines.inputs.saliency import edge_map, gradient_saliency, sample_starts
from pipelines.task.drawn import DrawnConfig
from pipelines.task.objective import build_objective
from pipelines.task.start import Start
from pipelines.task.task import Task
from renderers.strokes import (
    Reinitialisation,
    ReinitialisedStrokes,
    Scene,
    closed_shapes,
    contour_shapes,
    joined,
    open_strokes,
    rows_of_squares,
    square_grid,
)


class SampleConfig(Section):
    """What the prior is asked for first."""

    prior: PriorName = AUTO
    """What draws the sample, see the loss ``distillation``."""
    options: dict[str, JsonValue] = {}
    """Further settings of that prior."""
    count: int = Field(default=6, ge=1, le=256)
    """Samples, of which the encoder chooses the one that fits the prompt best."""
    steps: int = Field(default=30, ge=2, le=1000)
    """Noise levels on the way to a sample."""
    guidance_scale: Scale | None = None
    """Guidance scale; what suits the prior unless given."""


class ReinitialiseConfig(Section):
    """When paths that have vanished begin again elsewhere."""

    every: Steps = 25
    """Steps between two looks."""
    until: float = Field(default=0.6, ge=0, le=1)
    """Fraction of the run after which nothing begins again."""
    opacity: float = Field(default=0.05, ge=0, le=1)
    """Least opacity that a path needs."""
    area: float = Field(default=2e-4, ge=0, le=1)
    """Least area that it covers, as a fraction of the canvas."""


class IllustrateConfig(DrawnConfig):
    """Settings of an illustration."""

    main: ClassVar[str] = "prompt"

    prompt: PromptText
    """What it shows; phrases between bars have weights."""
    templates: Templates = ("{}",)
    """Sentences that the phrases are put into."""
    start: Literal["sample", "random"] = "sample"
    """Where to start: a sample of the prior, which is the target of losses that ask for one, or by chance."""
    target: InputPath | None = None
    """A picture in place of the sample."""
    sample: SampleConfig = SampleConfig()
    """The sample."""
    style: Literal["shapes", "pixels", "strokes"] = "shapes"
    """``shapes``: closed and filled; ``pixels``: a grid of squares; ``strokes``: a black pen."""
    paths: Annotated[int, Field(ge=1, le=4096)] = 64
    """Number of shapes or strokes; squares in a row of the grid."""
    segments: Annotated[int, Field(ge=2, le=64)] = 8
    """Cubic segments around a shape or in a stroke."""
    width: PenWidth = 3.0
    """Width of the pen in pixels of the canvas."""
    radius: Reach = 0.08
    """Radius of a shape that starts by chance, or reach of a stroke's random walk, as a fraction of the canvas."""
    reinitialise: ReinitialiseConfig | None = ReinitialiseConfig()
    """When vanished paths begin again; null for never."""

    @property
    def priors(self) -> dict[str, str]:
        """The prior of the sample."""
        return {"sample.prior": self.sample.prior} if self.start == "sample" and self.target is None else {}

    @model_validator(mode="before")
    @classmethod
    def _name_prior_of_sample(cls, data: Any, info: ValidationInfo) -> Any:
        sample = data.get("sample", {}) if isinstance(data, Mapping) else None
        sampled = isinstance(data, Mapping) and data.get("start", "sample") == "sample" and data.get("target") is None
        if not isinstance(sample, Mapping) or not sampled:
            return data
        return {**data, "sample": of_prior(sample, data.get("prompt", ""), cls.choose_prior(info), "options")}


def illustrate(config: IllustrateConfig, start: Start) -> Task:
    """Draws what words say, from a sample of a prior (VectorFusion, DiffSketcher)."""
    if config.style == "pixels":
        rows_of_squares(config.shape(), config.paths, "paths")
    device = config.torch_device()
    prompt = Prompt.parse(config.prompt, config.templates)
    picture = _sample(config, prompt, start) if config.start == "sample" else None
    draws = Step(0, 1, config.seed)
    begin = _beginning(config, picture, start)
    scenes = [begin(draws.generator(f"start/{candidate}")) for candidate in range(config.best_of)]
    return Task(
        ReinitialisedStrokes(joined(scenes), RATES[config.style], _reinitialisation(config)).to(device),
        lambda: build_objective(config, target=picture, prompt=prompt),
        pictures={} if picture is None else {"sample": picture[0].cpu()},
    )


RATES = {"shapes": {"points": 1.0, "colour": 0.02}, "pixels": {"colour": 0.05}, "strokes": {"points": 1.0}}
"""What of each style is optimised, and how fast."""

Begin = Callable[[torch.Generator], Scene]


def _sample(config: IllustrateConfig, prompt: Prompt, start: Start) -> Tensor:
    def found() -> dict[str, Tensor]:
        if config.target is not None:
            return {"picture": fit(read_picture(config.target), config.shape())}
        return {"picture": _best_sample(config, prompt)}

    return start.once("sample", found)["picture"].to(config.torch_device())


def _best_sample(config: IllustrateConfig, prompt: Prompt) -> Tensor:
    """The sample that the encoder finds nearest to the prompt, on the canvas [1, 3, H, W]."""
    device, wanted = str(config.torch_device()), config.sample
    prior = load_prior(wanted.prior, device, config.precision, Libraries(), **wanted.options)
    generator = Step(0, 1, config.seed).generator("sample")
    found = sample(prior, prompt, wanted.count, generator, wanted.steps, wanted.guidance_scale).to(device)
    if wanted.count > 1:
        encoder = load_encoder(config.encoder, device, config.precision, config.encoder_size)
        looked = AugmentedEncoder(encoder, num_augs=0)(
            Frames(found[:, None], found[:, None, :1]), Step(0, 1, training=False)
        )
        with torch.no_grad():
            far = text_similarity(looked.embedding, prompt.embed(encoder), prompt.weights.to(found))
        found = found[far.argmin()][None]
    return _spread(found, config.shape())


def _spread(sample: Tensor, shape: tuple[int, int]) -> Tensor:
    """A square sample [1, 3, n, n] in the middle of a canvas [1, 3, H, W] of which it fills the shorter side; what is
    at its border goes on to the ends of the longer one."""
    height, width = shape
    side = min(shape)
    square = F.interpolate(sample, size=side, mode="bicubic", align_corners=False).clamp(0, 1)
    left, top = (width - side) // 2, (height - side) // 2
    return F.pad(square, (left, width - side - left, top, height - side - top), mode="replicate")


def _beginning(config: IllustrateConfig, picture: Tensor | None, start: Start) -> Begin:
    """What draws the first scene of a candidate."""
    if picture is None:
        return lambda generator: _by_chance(config, generator)
    if config.style == "strokes":
        found = start.once("saliency", lambda: _saliency(config, picture))
        return lambda generator: _strokes(
            config, sample_starts(found["saliency"], found["edges"], config.paths, generator)[None], generator
        )
    flat = picture[0].cpu()
    if config.style == "pixels":
        rows = rows_of_squares(config.shape(), config.paths, "paths")
        colours = F.adaptive_avg_pool2d(flat, (rows, config.paths))[None]
        return lambda generator: square_grid(colours, config.shape())
    return lambda generator: contour_shapes(flat, config.paths, segments=config.segments, generator=generator)


def _saliency(config: IllustrateConfig, picture: Tensor) -> dict[str, Tensor]:
    encoder = load_encoder(config.encoder, str(picture.device), config.precision, config.encoder_size)
    return {"saliency": gradient_saliency(encoder, picture), "edges": edge_map(picture)}


def _by_chance(config: IllustrateConfig, generator: torch.Generator) -> Scene:
    size, paths = config.shape(), config.paths
    if config.style == "pixels":
        rows = rows_of_squares(size, paths, "paths")
        return square_grid(torch.rand(1, 3, rows, paths, generator=generator), size)
    # Most of a picture happens in its middle.
    places = torch.tensor(size[::-1]) * (0.15 + 0.7 * torch.rand(1, paths, 2, generator=generator))
    if config.style == "strokes":
        return _strokes(config, places, generator)
    colour = torch.rand(1, paths, 4, generator=generator)
    colour[..., 3] = 0.4 + 0.6 * colour[..., 3]
    radius = config.radius * min(size)
    return closed_shapes(places, size, segments=config.segments, radius=radius, colour=colour, generator=generator)


def _strokes(config: IllustrateConfig, places: Tensor, generator: torch.Generator) -> Scene:
    return open_strokes(
        places,
        config.shape(),
        segments=config.segments,
        radius=config.radius * min(config.shape()),
        width=config.width,
        generator=generator,
    )


def _reinitialisation(config: IllustrateConfig) -> Reinitialisation | None:
    wanted = config.reinitialise
    if wanted is None or config.style == "pixels":
        return None
    return Reinitialisation(
        lambda generator, *_: _by_chance(config, generator),
        every=wanted.every,
        until=wanted.until,
        opacity=wanted.opacity,
        area=wanted.area * math.prod(config.shape()),
    )
