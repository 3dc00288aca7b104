"""scene: a picture becomes a drawing of what is in front and of what lies behind (CLIPascene, Vinker et al. 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from PIL import ImageChops
from pydantic import Field
from torch import Tensor

from guidance import Step
from limn.errors import InputError
from limn.ranges import Fraction
from pipelines.config.preset import PresetConfig, Terms
from pipelines.inputs.pictures import fit
from pipelines.inputs.subject import find_subject
from pipelines.inputs.tracing import trace_strokes
from pipelines.recipes.sketch import SketchConfig, inked, lines_of, sketched
from pipelines.task.start import Start, from_text
from pipelines.task.task import Task

LAYERS = ("relu5_3", "relu4_3", "relu3_3", "relu2_2")
"""Of the encoder ``vgg``, from those that know what is there to those that know where lines are."""


BLUR = 0.018
"""Standard deviation with which lines are blurred at fidelity 0, as a fraction of the longer side."""


class DrawnSceneConfig(SketchConfig, PresetConfig):
    """Settings of a drawn scene; ``strokes`` is the number for what is in front, which ``mask`` shows."""

    style: Literal["pen"] = "pen"
    """Scenes are drawn with a pen."""
    background: Annotated[int, Field(ge=1, le=4096)] = 32
    """Number of strokes for what lies behind."""
    fidelity: Fraction = 0.7
    """How near it stays to the picture. 0: strokes begin along blurred lines, and a deep layer of ``vgg`` judges, which
    knows what is there. 1: they begin along the lines, and a shallow layer judges, which knows where lines are."""
    simplicity: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the strokes that is left out, in front and behind alike."""

    @classmethod
    def preset(cls, data: Mapping[str, Any]) -> Terms:
        """The losses of its fidelity; none while that is not a number in its range."""
        fidelity = data.get("fidelity", cls.model_fields["fidelity"].default)
        return losses_of(fidelity) if isinstance(fidelity, int | float) and 0 <= fidelity <= 1 else {}


def losses_of(fidelity: float) -> Terms:
    """The losses of a fidelity: the two layers nearest to it, and the lines themselves the more the higher it is.

    Args:
        fidelity: 0..1.
    """
    place = fidelity * (len(LAYERS) - 1)
    near = {name: max(0.0, 1 - abs(place - number)) for number, name in enumerate(LAYERS)}
    layers = {name: weight for name, weight in near.items() if weight > 0}
    return {
        "features": {"loss": "layer_features", "encoder": "vgg", "layers": layers, "distance": "cosine", "num_augs": 0},
        "lines": {"loss": "lines", "weight": fidelity},
    }


def scene(config: DrawnSceneConfig, start: Start) -> Task:
    """Draws what is in front and what lies behind with strokes of their own (CLIPascene)."""
    return sketched(config, start.once("scene", lambda: _find(config)))


def _find(config: DrawnSceneConfig) -> dict[str, Tensor]:
    """What is drawn, and the strokes that every candidate begins with."""
    whole, front = find_subject(config.target, "none"), find_subject(config.target, config.mask)
    if not front.free:
        raise InputError("mask: no object surely stands free in the picture; expected a mask of what is in front")
    shape = config.shape(whole.picture)
    picture, weight, _ = whole.on_canvas(shape)
    alpha = front.picture.getchannel("A")
    mask = 1 - fit(ImageChops.invert(alpha), shape)[:, :1]
    outlines, saliency = lines_of(config, whole, picture)
    lines = _seen(outlines * weight, config.fidelity)
    grounds = (
        (lines * mask, _left(config.strokes, config.simplicity)),
        (lines * (1 - mask), _left(config.background, config.simplicity)),
    )
    candidates = []
    for candidate in range(config.best_of):
        draws = Step(0, 1, config.seed).generator(f"{candidate}")
        traced = [
            trace_strokes(there[0, 0], saliency[0, 0], count, config.length * max(shape), config.segments, draws)
            for there, count in grounds
        ]
        candidates.append(_mingled(*traced))
    found = {"target": picture, "weight": weight, "mask": mask, "edges": 1 - outlines, "taken": from_text(front.taken)}
    return found | inked(torch.stack(candidates))


def _seen(lines: Tensor, fidelity: float) -> Tensor:
    """Lines as they are drawn, blurred where fidelity is low [1, 1, H, W] in 0..1."""
    import cv2

    seen = lines[0, 0].numpy()
    if fidelity < 1:
        seen = cv2.GaussianBlur(seen, (0, 0), BLUR * (1 - fidelity) * max(seen.shape))
    return torch.from_numpy(seen / max(float(seen.max()), 1e-9))[None, None]


def _left(count: int, simplicity: float) -> int:
    return max(1, round(count * (1 - simplicity)))


def _mingled(front: Tensor, behind: Tensor) -> Tensor:
    """Strokes of both in one order: every prefix has its share of each."""
    places = [(torch.arange(len(part)) + 0.5) / len(part) for part in (front, behind)]
    return torch.cat([front, behind])[torch.cat(places).argsort(stable=True)]
