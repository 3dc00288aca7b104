"""Evaluation: what a model is recognised as, from views that nobody has optimised for."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Step, load_encoder
from guidance.channels import CHANNELS, Channel, channel_of
from guidance.prompt import embed_phrases
from limn.cameras import Cameras, orbit
from limn.errors import InputError
from limn.files import write_file, writing
from limn.registry import suggestion
from renderers.mesh.prepare import normalise
from renderers.mesh.read import read_mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.light_samplers import Directional

logger = logging.getLogger("limn")

SIZE = 224

TEMPLATES: dict[str, tuple[str, ...]] = {"depth": ("a depth map of a {}",)}
"""Of pictures that are no photographs; PointCLIP's for depth."""


@dataclass(frozen=True)
class Verdict:
    """How a model is taken for one class.

    Args:
        name: of the class.
        probability: among all classes, mean over views, 0..1.
        cosine: of picture and words, mean over views.
        views: in how many of the views it is the most probable.
    """

    name: str
    probability: float
    cosine: float
    views: int


def evaluate(
    path: str | Path,
    classes: Sequence[str] = (),
    encoder: str = "pocket",
    views: int = 8,
    channel: Channel = "rgb",
    output: str | Path | None = None,
) -> list[Verdict]:
    """Zero-shot recognition of a model by CLIP, from views between and above those that runs are judged by.

    Args:
        path: a model, or the folder of a run that made one.
        classes: names to choose from; everything in the encoder's own world by default, where that is known.
        encoder: what recognises; better another than the one that was optimised for.
        views: how many, from 1.
        channel: what of the model it looks at; ``depth`` is PointCLIP's.
        output: the JSON file; ``evaluation.json`` in the folder of the run, or beside the model, by default.

    Returns:
        One verdict for each class, the most probable first.

    Raises:
        InputError: there is no model, or there are no classes.

    Source: Radford et al. 2021 (zero-shot), Zhang et al. 2022 (PointCLIP's depth maps).
    """
    if views < 1:
        raise InputError(f"evaluate: views: expected a number from 1, got {views!r}")
    if channel not in CHANNELS:
        raise InputError(f"evaluate: channel: unknown {channel!r}{suggestion(str(channel), CHANNELS)}")
    model = _model(Path(path))
    judge = load_encoder(encoder)
    names = list(classes or judge.concepts or ())
    if not names:
        raise InputError(f"evaluate: encoder {encoder!r} needs names to choose from: classes='[a mug, a chair]'")
    with torch.no_grad():
        cameras = held_out(views)
        cameras = replace(cameras, lights=Directional(follow=True)(cameras, torch.Generator()))
        frames = MeshRenderer(normalise(read_mesh(model)), size=(SIZE, SIZE)).render(cameras)
        seen = judge(channel_of(frames, Step(0, 1, training=False), channel).rgb[0]).embedding
        words = embed_phrases(names, judge, TEMPLATES.get(channel, ("{}",)))
        verdicts = recognise(names, F.normalize(seen, dim=-1) @ words.T, judge.logit_scale)
    facts = {"model": str(model), "encoder": encoder, "views": views, "channel": channel}
    file = Path(output) if output else _beside(Path(path), model)
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    write_file(file, json.dumps(facts | {"classes": [asdict(verdict) for verdict in verdicts]}, indent=1) + "\n")
    logger.info("wrote %s", file)
    return verdicts


def recognise(names: Sequence[str], cosine: Tensor, scale: float) -> list[Verdict]:
    """Verdicts from the cosines of views and words.

    Args:
        names: of C classes.
        cosine: [V, C].
        scale: factor before the softmax over classes.
    """
    probability = (scale * cosine).softmax(dim=1).mean(dim=0).tolist()
    won = torch.bincount(cosine.argmax(dim=1), minlength=len(names)).tolist()
    mean = cosine.mean(dim=0).tolist()
    verdicts = [Verdict(*facts) for facts in zip(names, probability, mean, won, strict=True)]
    return sorted(verdicts, key=lambda verdict: -verdict.probability)


def held_out(views: int) -> Cameras:
    """Views between those of a turntable, every other one from higher up."""
    number = torch.arange(views)
    azimuth = (number + 0.5) * 2 * math.pi / views
    elevation = torch.where(number % 2 == 0, math.radians(10.0), math.radians(35.0))
    return orbit(azimuth, elevation, 2.5, math.radians(50.0))


def _model(path: Path) -> Path:
    """The model itself, or the one in the folder of a run."""
    if not path.is_dir():
        return path
    models = sorted(path.glob("*.glb"))
    if not models:
        raise InputError(f"{path} has no model: expected a .glb file, or the folder of a run that made one")
    return models[0]


def _beside(path: Path, model: Path) -> Path:
    return path / "evaluation.json" if path.is_dir() else model.with_suffix(".evaluation.json")
