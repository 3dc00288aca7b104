"""View consistency: whether a model looks like one thing all around."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.losses.lpips import LAYERS, learned_heads, lpips
from limn.cameras import orbit
from limn.ranges import Views
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.looks import drawn
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject
from pipelines.task.models import read_model

ELEVATION = 15.0
"""Degrees above the horizon."""


def adjacent_similarity(embeddings: Tensor) -> Tensor:
    """Cosines of the embeddings of neighbouring views [V, D], the last beside the first [V].

    Source: frame consistency, Esser et al. 2023 (Gen-1), of a film that runs once around.
    """
    return F.cosine_similarity(embeddings, embeddings.roll(-1, 0), dim=-1)


def all_around(subject: Subject, views: int) -> Tensor:
    """Evenly spaced views of a model from 15 degrees above [V, 3, 224, 224] in 0..1."""
    azimuth = torch.arange(views) * (2 * math.pi / views)
    return drawn(read_model(subject.shown), orbit(azimuth, math.radians(ELEVATION), 2.5, math.radians(50.0)))


class ViewConsistency(Measure):
    """Whether neighbouring views of a model look alike to an encoder: `adjacent_similarity`, their mean and the least.

    Args:
        encoder: compares pictures.
        views: all around.
    """

    kinds = frozenset({"model"})
    higher = ("view_consistency", "view_consistency_least")

    def __init__(self, encoder: Judge, views: Views = 24) -> None:
        self.judge, self.views = encoder, views

    def of(self, subject: Subject) -> Reading:
        """See `adjacent_similarity`."""
        seen = self.judge.keep(subject, f"around {self.views}", lambda: all_around(subject, self.views))
        cosine = adjacent_similarity(seen)
        return {"view_consistency": float(cosine.mean()), "view_consistency_least": float(cosine.min())}


class AdjacentLpips(Measure):
    """How different neighbouring views of a model look: the mean LPIPS of each and the next (A-LPIPS).

    Args:
        encoder: a VGG16; ``torchvision-vgg16:IMAGENET1K_V1`` is LPIPS itself, ``vgg`` a measure like it.
        views: all around; the number changes with how far they are apart.

    Source: Hong et al., Debiasing scores and prompts of 2D diffusion for view-consistent text-to-3D generation, 2023.
    """

    kinds = frozenset({"model"})
    lower = ("adjacent_lpips",)
    encoder = "vgg"
    asked = True

    def __init__(self, encoder: Judge, views: Views = 24) -> None:
        self.judge, self.views, self.heads = encoder, views, learned_heads()

    def of(self, subject: Subject) -> Reading:
        """See `lpips`."""
        views = torch.split(all_around(subject, self.views), 1)
        first = before = self.judge.layers(views[-1], LAYERS)
        total = 0.0
        for view in views[:-1]:  # two at a time: the layers of all would fill the memory
            after = self.judge.layers(view, LAYERS)
            total += float(lpips(before, after, self.heads))
            before = after
        return {"adjacent_lpips": (total + float(lpips(before, first, self.heads))) / self.views}
