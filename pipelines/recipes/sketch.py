"""sketch: a picture becomes a drawing of a few strokes (CLIPasso, Vinker et al. 2022)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

import torch
from pydantic import AfterValidator, Field, ValidationInfo
from torch import Tensor

from guidance import Step, load_encoder
from guidance.target import Target
from limn.ranges import PenWidth, PositiveRate
from pipelines.config.paths import InputPath, find_file
from pipelines.config.run_config import RunConfig
from pipelines.inputs.saliency import contrast_saliency, gradient_saliency
from pipelines.inputs.subject import find_subject
from pipelines.inputs.tracing import trace_strokes
from pipelines.task.objective import build_objective
from pipelines.task.start import Start, from_text, to_text
from pipelines.task.task import Task
from renderers.strokes import Strokes, open_paths, rasterise


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


def sketch(config: SketchConfig, start: Start) -> Task:
    """Sketches a picture with black strokes (CLIPasso)."""
    found = start.once("sketch", lambda: _find(config))
    target = Target(found["target"], weight=found["weight"]).to(config.torch_device())
    shown = {name: found[name].expand(1, 3, -1, -1)[0] for name in ("target", "mask", "weight", "edges", "saliency")}
    scene = open_paths(found["strokes"], (found["target"].shape[-2], found["target"].shape[-1]), width=config.width)
    return Task(
        Strokes(scene, {"points": config.point_rate}),
        lambda: build_objective(config, target=target),
        pictures={**shown, "starts": rasterise(scene)[0][0]},
        notes=[to_text(found["taken"])],
    )


def _find(config: SketchConfig) -> dict[str, Tensor]:
    """What is sketched, where its lines are and which of them the strokes of every candidate begin with."""
    subject = find_subject(config.target, config.mask)
    shape = config.shape(subject.picture)
    picture, weight, mask = subject.on_canvas(shape, config.margin)
    outlines = subject.outlines(shape, config.margin)
    device = str(config.torch_device())
    encoder = load_encoder(config.encoder, device, config.precision, config.encoder_size)
    saliency = contrast_saliency(picture) * (1 + gradient_saliency(encoder, picture.to(device)).cpu()) / 2
    draws = Step(0, 1, config.seed)
    lines, length = (outlines * weight)[0, 0], config.length * max(shape)
    traced = [
        trace_strokes(lines, saliency, config.strokes, length, config.segments, draws.generator(f"{candidate}"))
        for candidate in range(config.best_of)
    ]
    return {
        "target": picture,
        "weight": weight,
        "mask": mask,
        "edges": 1 - outlines,
        "saliency": saliency[None, None],
        "strokes": torch.stack(traced),
        "taken": from_text(subject.taken),
    }
