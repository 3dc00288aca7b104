"""sketch: a picture becomes a drawing of a few strokes (CLIPasso, Vinker et al. 2022)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
import torch
from PIL import Image, ImageChops
from pydantic import AfterValidator, Field, ValidationInfo
from torch import Tensor

from guidance import Step, load_encoder
from limn.ranges import PenWidth, PositiveRate
from pipelines.config.paths import InputPath, find_file
from pipelines.config.run_config import RunConfig
from pipelines.inputs.mask import remove_background
from pipelines.inputs.pictures import fit, read_picture
from pipelines.inputs.saliency import contrast_saliency, gradient_saliency, line_strength
from pipelines.inputs.tracing import trace_strokes
from pipelines.task.objective import build_objective
from pipelines.task.start import Start
from pipelines.task.task import Task
from renderers.strokes import Strokes, open_paths


def _find_mask(mask: str, info: ValidationInfo) -> str:
    if mask in ("auto", "none"):
        return mask
    try:
        return str(find_file(Path(mask), info))
    except ValueError as error:
        raise ValueError(f"expected auto, none or a picture; {error}") from error


class SketchConfig(RunConfig):
    """Settings of a sketch."""

    main: ClassVar[str] = "target"

    target: InputPath
    """The picture: PNG, JPEG, WebP, GIF, TIFF or BMP; any mode; transparent parts become white."""
    mask: Annotated[str, AfterValidator(_find_mask)] = "auto"
    """What of the picture is background: ``auto`` (its alpha, or found by colour), ``none``, or the path of a mask."""
    margin: float = Field(0.05, ge=0, lt=0.5)
    """White border around an object without background, as a fraction of the canvas's shorter side."""
    strokes: Annotated[int, Field(ge=1, le=4096)] = 16
    """Number of strokes."""
    segments: Annotated[int, Field(ge=1, le=64)] = 1
    """Cubic segments in a stroke."""
    width: PenWidth = 3.0
    """Width of the pen in pixels of the canvas."""
    length: Annotated[float, Field(ge=1e-3, le=4)] = 0.4
    """How long a stroke is at first, at most, as a fraction of the canvas's longer side."""
    point_rate: PositiveRate = 1.0
    """Learning rate of the control points, in pixels."""


FADE = 0.15
"""How far a photograph fades into the paper at its frame, as a fraction of its shorter side."""


def _inside(size: tuple[int, int]) -> Image.Image:
    """0 at the frame of a photograph, 255 inside: where it ends is no line of what it shows, and nothing to draw."""
    across, down = ((np.minimum(np.arange(n) + 0.5, n - np.arange(n) - 0.5) / (FADE * min(size))) for n in size)
    ramp = np.minimum(across, down[:, None]).clip(0, 1)
    return Image.fromarray((255 * ramp**2 * (3 - 2 * ramp)).astype(np.uint8))


def sketch(config: SketchConfig, start: Start) -> Task:
    """Sketches a picture with black strokes (CLIPasso)."""
    found = start.once("sketch", lambda: _find(config))
    target, saliency = found["target"].to(config.torch_device()), found["saliency"]
    scene = open_paths(found["strokes"], (target.shape[-2], target.shape[-1]), width=config.width)
    return Task(
        Strokes(scene, {"points": config.point_rate}),
        lambda: build_objective(config, target=target),
        pictures={"target": found["target"][0], "saliency": saliency.expand(3, -1, -1), "starts": found["starts"]},
    )


def _find(config: SketchConfig) -> dict[str, Tensor]:
    """What is sketched, where its lines are and which of them the strokes of every candidate begin with."""
    device = config.torch_device()
    given = read_picture(config.target)
    picture = remove_background(given, config.mask)
    free = picture.getchannel("A").getextrema() != (255, 255)
    box = picture.getchannel("A").point(lambda alpha: 255 * (alpha > 127)).getbbox() if free else None
    margin = config.margin if free else 0.0
    # A photograph ends at its frame, a picture with a transparent ground where its object does.
    framed = not any(given.getchannel("A").histogram()[:128])
    inside = _inside(picture.size) if framed else Image.new("L", picture.size, 255)
    faded = picture.copy()
    faded.putalpha(ImageChops.multiply(picture.getchannel("A"), inside))
    shape = config.shape(given)
    target = fit(faded.crop(box), shape, margin).to(device)
    encoder = load_encoder(config.encoder, str(device), config.precision, config.encoder_size)
    saliency = contrast_saliency(target) * (1 + gradient_saliency(encoder, target).cpu()) / 2
    frame = fit(ImageChops.invert(inside).crop(box), shape, margin)[0, 0]
    lines = line_strength(target) * (1 - frame)
    draws = Step(0, 1, config.seed)
    length = config.length * max(shape)
    traced = [
        trace_strokes(lines, saliency, config.strokes, length, config.segments, draws.generator(f"{candidate}"))
        for candidate in range(config.best_of)
    ]
    field = (saliency * lines).expand(3, -1, -1)
    return {"target": target, "strokes": torch.stack(traced), "saliency": saliency, "starts": 1 - field}
