"""Losses between the change of a picture and the change of its description."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import Loss
from guidance.prompt import Prompt, embed_phrases
from guidance.reference import Reference
from limn.frames import Frames
from limn.step import Step

FLOOR = 0.05
"""At the start nothing has changed, and the direction of nothing has a slope without end."""


def text_direction(embedding: Tensor, start: Tensor, direction: Tensor, floor: float = 0.0) -> Tensor:
    """How far the change of pictures is from pointing the way that the words change: mean over looks of 1 - cos.

    Args:
        embedding: of S candidates in N looks [S, N, D], of any length.
        start: of the same looks at the start [1 or S, N, D], of any length.
        direction: of the words, of length 1 [D].
        floor: changes are divided by the root of their squared length plus this squared; 0 is the plain cosine.

    Returns:
        [S].

    Source: StyleGAN-NADA (Gal et al. 2022), 1 - cos(n(E(x)) - n(E(x0)), direction).
    """
    change = F.normalize(embedding, dim=-1) - F.normalize(start, dim=-1)
    length = (change.square().sum(dim=-1) + max(floor, 1e-12) ** 2).sqrt()
    return (1.0 - change @ direction / length).mean(dim=1)


def direction_of(start: str, prompt: Prompt, view: AugmentedEncoder) -> Tensor:
    """From the words of the start to those of the prompt: the mean over templates of differences, of length 1 [D].

    Args:
        start: what is there before.
        prompt: what shall be; its phrases are weighted.
        view: holds the encoder.
    """
    differences = []
    for template in prompt.templates:
        first = embed_phrases([start], view.encoder, [template])
        then = embed_phrases([phrase.text for phrase in prompt.phrases], view.encoder, [template])
        differences.append(prompt.weights.to(then) @ (then - first))
    return F.normalize(torch.stack(differences).mean(dim=0), dim=0)


class TextDirection(Loss):
    """`text_direction` from the words of the start to the prompt, for scenes that know how they looked at the start.

    Args:
        view: how the pictures are looked at, then and now.
        prompt: what they should show.
        reference: how the scene looked at the start.
        start: words for that, like "a chair".
    """

    direction: Tensor

    def __init__(self, view: AugmentedEncoder, prompt: Prompt, reference: Reference, start: str) -> None:
        super().__init__()
        self.view, self.reference = view, reference
        self.register_buffer("direction", direction_of(start, prompt, view), persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        start = self.view(self.reference(frames, step), step).embedding
        return text_direction(self.view(frames, step).embedding, start, self.direction, FLOOR)
