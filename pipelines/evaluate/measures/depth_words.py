"""Depth in words: whether a model looks as deep as it is."""

from __future__ import annotations

import torch

from guidance.encoders import load_encoder
from guidance.encoders.towers import DENSE
from guidance.losses.depth_words import (
    BINS,
    PHRASES,
    depth_agreement,
    depth_from_words,
    depth_of_patches,
    words_of_depth,
)
from limn.ranges import InputSize, Number
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.looks import framed, held_out, rendered
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject
from pipelines.task.models import read_model


class DepthInWords(Measure):
    """Whether a model looks as deep as it is.

    It is the correlation of its depth and what an encoder says in words of distance of each patch, as DepthCLIP does;
    the mean over views.

    Args:
        encoder: a CLIP with a ResNet or a transformer.
        encoder_size: height and width of what it looks at, in pixels, where not its own; larger ones have more patches.
        phrases: words of distance, the nearest first.
        bins: the distance that each stands for.
    """

    kinds = frozenset({"model"})
    higher = ("depth_words",)
    asked = True

    def __init__(
        self,
        encoder: Judge,
        encoder_size: InputSize | None = None,
        phrases: tuple[str, ...] = PHRASES,
        bins: tuple[Number, ...] = BINS,
    ) -> None:
        device = str(next(encoder.encoder.parameters()).device)
        self.clip = load_encoder(encoder.name, device, "float32", encoder_size)
        self.clip.check_layers([DENSE])
        self.views = encoder.views
        self.text, self.bins = words_of_depth(phrases, bins, self.clip)

    @torch.no_grad()
    def of(self, subject: Subject) -> Reading:
        """The correlation, -1..1."""
        mesh = read_model(subject.main.path)
        frames = rendered(mesh, framed(held_out(self.views), mesh.vertices))
        assert frames.depth is not None
        rgb, depth, alpha = (picture[0].to(self.text) for picture in (frames.rgb, frames.depth, frames.alpha))
        told = depth_from_words(self.clip(rgb, [DENSE]).layers[DENSE], self.text, self.bins)
        there, counts = depth_of_patches(depth, alpha, told, self.clip)
        return {"depth_words": float(depth_agreement(there, told, counts).mean())}
