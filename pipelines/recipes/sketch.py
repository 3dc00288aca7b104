"""sketch: a picture becomes a drawing of a few strokes (CLIPasso, Vinker et al. 2022)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import BeforeValidator, Field
from torch import Tensor

from guidance import Step
from guidance.target import Target
from limn.ranges import Fraction, PenWidth, PositiveRate, Rising
from pipelines.config.paths import InputPath, MaskName
from pipelines.inputs.painting import paint_strokes
from pipelines.inputs.saliency import pen_worth, surroundedness
from pipelines.inputs.subject import Subject, find_subject
from pipelines.inputs.tracing import trace_strokes
from pipelines.task.drawn import DrawnConfig
from pipelines.task.objective import build_objective
from pipelines.task.start import Start, from_text, to_text
from pipelines.task.task import Task
from renderers.strokes import Strokes, open_paths, rasterise, shared_widths


def _one_or_more(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


Widths = Annotated[
    tuple[PenWidth, ...],
    Field(min_length=1),
    BeforeValidator(_one_or_more, json_schema_input_type=PenWidth | list[PenWidth]),
]


class SketchConfig(DrawnConfig):
    """Settings of a sketch."""

    main: ClassVar[str] = "target"

    target: InputPath
    """The picture: PNG, JPEG, WebP, GIF, TIFF or BMP; any mode; transparent parts become white."""
    mask: MaskName = "auto"
    """What of the picture is background: ``auto`` (its alpha, or found by outlines and colour), ``none``, or the path
    of a mask."""
    margin: float = Field(0.05, ge=0, lt=0.5)
    """White border around an object without background, as a fraction of the canvas's shorter side."""
    style: Literal["pen", "paint"] = "pen"
    """``pen``: black strokes along lines; ``paint``: brush strokes in the colours of the picture."""
    strokes: Annotated[int, Field(ge=1, le=4096)] = 16
    """Number of strokes."""
    segments: Annotated[int, Field(ge=1, le=64)] = 1
    """Cubic segments in a stroke."""
    width: Widths = (3.0,)
    """Width of the pen in pixels of the canvas. Several, such as ``[6, 3, 1.5]``, share the strokes in their order: the
    thinner, the more strokes have it."""
    width_range: Annotated[tuple[PenWidth, PenWidth], Rising] | None = None
    """Least and greatest width between which the strokes find their own; they keep their width unless given."""
    opacity: Fraction = 1.0
    """How opaque strokes are at first (``paint``)."""
    length: Annotated[float, Field(ge=1e-3, le=4)] = 0.4
    """How long a stroke is at first, at most, as a fraction of the canvas's longer side."""
    point_rate: PositiveRate = 1.0
    """Learning rate of the control points, in pixels."""


def sketch(config: SketchConfig, start: Start) -> Task:
    """Sketches a picture with black strokes (CLIPasso), or paints it."""
    return sketched(config, start.once("sketch", lambda: _find(config)))


RATES = {"pen": {}, "paint": {"colour": 0.02}}
"""What is optimised of each style beside the control points, and how fast."""

CENTRE, PLAIN = 0.7, 0.5
"""How much less the rim of a picture is worth, as a Gaussian; what is worth a line where no figure is."""

WIDTH_RATE = 0.15
"""Learning rate of widths, in pixels."""


def sketched(config: SketchConfig, found: Mapping[str, Tensor]) -> Task:
    """The task of strokes with a start.

    Args:
        config: of the sketch.
        found: ``target``, its ``weight``, what was ``taken`` of it, the ``strokes`` [S, P, ...] and ``colours``
            [S, P, 4] that candidates begin with; more pictures by name [1, 1 or 3, H, W].
    """
    target = Target(found["target"], weight=found["weight"]).to(config.torch_device())
    hidden = ("strokes", "colours", "taken")
    shown = {name: picture.expand(1, 3, -1, -1)[0] for name, picture in found.items() if name not in hidden}
    widths = shared_widths(config.width, found["strokes"].shape[1])
    size = (found["target"].shape[-2], found["target"].shape[-1])
    scene = open_paths(found["strokes"], size, width=widths, colour=found["colours"])
    rates = {"points": config.point_rate} | RATES[config.style]
    if config.width_range is not None:
        renderer = Strokes(scene, rates | {"width": WIDTH_RATE}, config.width_range)
    else:
        renderer = Strokes(scene, rates)
    return Task(
        renderer,
        lambda: build_objective(config, target=target),
        pictures={**shown, "starts": rasterise(scene)[0][0]},
        notes=[to_text(found["taken"])],
    )


def _find(config: SketchConfig) -> dict[str, Tensor]:
    """What is sketched, and the strokes that every candidate begins with."""
    subject = find_subject(config.target, config.mask, to_frame=config.style == "paint")
    shape = config.shape(subject.picture)
    picture, weight, mask = subject.on_canvas(shape, config.margin)
    draws = [Step(0, 1, config.seed).generator(f"{candidate}") for candidate in range(config.best_of)]
    found = {"target": picture, "weight": weight, "mask": mask, "taken": from_text(subject.taken)}
    if config.style == "paint":
        painted = [_painted(config, picture[0], generator) for generator in draws]
        strokes, colours = (torch.stack(part) for part in zip(*painted, strict=True))
        return found | {"strokes": strokes, "colours": colours}
    outlines, saliency = lines_of(config, subject, picture)
    traced = [
        trace_strokes(
            (outlines * weight)[0, 0],
            saliency[0, 0],
            config.strokes,
            config.length * max(shape),
            config.segments,
            generator,
        )
        for generator in draws
    ]
    return found | {"edges": 1 - outlines, "saliency": saliency} | inked(torch.stack(traced))


def lines_of(config: SketchConfig, subject: Subject, picture: Tensor) -> tuple[Tensor, Tensor]:
    """What outlines are worth on the canvas, and what places are [1, 1, H, W] in 0..1."""
    height, width = picture.shape[-2:]
    outlines = subject.outlines((height, width), config.margin)
    y, x = torch.linspace(-1, 1, height)[:, None], torch.linspace(-1, 1, width)
    central = torch.exp(-CENTRE * (x.square() + y.square()))
    saliency = central * (PLAIN + (1 - PLAIN) * surroundedness(picture).sqrt())
    return pen_worth(outlines), saliency[None, None]


def inked(strokes: Tensor) -> dict[str, Tensor]:
    """Strokes [S, P, ...] of black ink."""
    black = torch.tensor([0.0, 0.0, 0.0, 1.0])
    return {"strokes": strokes, "colours": black.expand(*strokes.shape[:2], 4)}


def _painted(config: SketchConfig, picture: Tensor, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    widths = shared_widths(config.width, config.strokes).tolist()
    points, colours = paint_strokes(picture, widths, config.segments, draws)
    return points, torch.cat([colours, torch.full((len(colours), 1), config.opacity)], dim=1)
