"""stylise: a picture keeps what it shows and takes a style, in words (CLIPstyler) or from pictures (Gatys et al.)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from guidance import Prompt
from limn.components import Component, OneOf
from pipelines.config.given import OwnTargets
from pipelines.config.paths import InputPath
from pipelines.config.preset import PresetConfig, Terms
from pipelines.config.prompts import PromptText, Templates
from pipelines.inputs.pictures import fit, read_picture
from pipelines.task.from_picture import at_full_size, renderer_from_picture
from pipelines.task.objective import build_objective
from pipelines.task.task import Task
from renderers.registry import RENDERERS


class StyliseConfig(PresetConfig):
    """Settings of a stylised picture."""

    main: ClassVar[str] = "target"

    target: InputPath
    """The picture whose content stays."""
    style: OwnTargets | None = None
    """Pictures whose style it takes: one, or several as ``[{picture: a.png, weight: 2, mask: m.png}, b.png]``."""
    prompt: PromptText = ""
    """The style in words, such as "a watermelon"; beside pictures or alone."""
    source_prompt: str = "a photo"
    """What words call the picture before."""
    templates: Templates = ("{}",)
    """Sentences that the words are put into."""
    by: Literal["gram", "contextual", "moments"] = "gram"
    """What of pictures is their style: products of channels (``gram``), places that have their like (``contextual``),
    or means and deviations of channels (``moments``)."""
    renderer: Annotated[Component, OneOf(RENDERERS, ("canvas",))] = Field("pixels", validate_default=True)
    """What the picture is made of: ``pixels``, ``pyramid``, ``fourier``, ``siren``, ``finer``, ``wire``, ``filter`` (a
    small network that sees the picture), or a renderer of your own that starts from ``canvas.picture``."""

    @model_validator(mode="after")
    def _has_a_style(self) -> Self:
        if not self.style and not self.prompt:
            raise ValueError("expected a style: pictures (style: painting.png) or words (prompt: a watermelon)")
        return self

    @classmethod
    def preset(cls, data: Mapping[str, Any]) -> Terms:
        """Content, and the losses of pictures or words."""
        by, style = data.get("by"), data.get("style")
        by = by if by in LAYERS else "gram"
        size = data.get("size", cls.model_fields["size"].default)
        eye = {"encoder": "vgg", "encoder_size": _seen(size), "num_augs": 0}
        weight = 5e-5 if style else 1e-4  # a small encoder goes far for words
        terms: Terms = {"content": {"loss": "layer_features", **eye, "layers": {"relu4_1": 1.0}, "weight": weight}}
        if style:
            terms["style"] = {"loss": by, **eye, "layers": LAYERS[by], "target": style}
            terms["palette"] = {"loss": "palette", "target": style, "weight": 10.0}
        if data.get("prompt"):
            start = str(data.get("source_prompt", cls.model_fields["source_prompt"].default))
            terms["whole"] = {"loss": "text_direction", "start": start, "weight": 0.5}
            terms["patches"] = {"loss": "patch_direction", "start": start, **PATCHES, "weight": 3.0}
        terms["smooth"] = {"loss": "total_variation", "weight": 0.1}
        return terms


LEAST, LARGEST = 16, 1024
"""Longer side of what an encoder looks at."""


def _seen(size: Any) -> int:
    """How large the encoder sees a canvas; what is wrong with its size is said where that is given."""
    sides = size if isinstance(size, list | tuple) else [size]
    longer = max((side for side in sides if isinstance(side, int)), default=LARGEST)
    return min(max(longer, LEAST), LARGEST)


LAYERS = {
    "gram": {"relu1_1": 1.0, "relu2_1": 1.0, "relu3_1": 1.0, "relu4_1": 1.0},
    "moments": {"relu1_1": 1.0, "relu2_1": 1.0, "relu3_1": 1.0, "relu4_1": 1.0},
    "contextual": {"relu3_1": 1.0, "relu4_1": 1.0},
}
"""Of the style, by what is compared."""

PATCHES = {"augment": [{"crop": [0.2, 0.5]}, {"perspective": 0.5}], "num_augs": 12, "include_clean": False}
"""Crops of a sixteenth, as CLIPstyler's, fill free pixels with noise where the encoder is small."""


def stylise(config: StyliseConfig) -> Task:
    """Gives a picture a style, in words or from pictures (CLIPstyler, Gatys)."""
    photograph = read_picture(config.target)
    picture = fit(photograph, config.shape(photograph))
    renderer = renderer_from_picture(config.renderer, picture, config).to(config.torch_device())
    with torch.no_grad():
        before: Tensor = renderer.render().rgb[:1, 0]
    prompt = Prompt.parse(config.prompt, config.templates) if config.prompt else None
    task = Task(
        renderer,
        lambda: build_objective(config, target=before, prompt=prompt),
        pictures={"before": before[0].cpu()},
    )
    return at_full_size(task, photograph, config)
