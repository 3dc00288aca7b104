"""A prompt of several parts, all of which must hold."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import Loss
from guidance.losses.text import Distance, stopped, text_distance
from guidance.prompt import Phrase, Prompt
from guidance.relations import RELATION
from limn.errors import InputError
from limn.frames import Frames
from limn.ranges import Positive
from limn.step import Step

BREAK = re.compile(rf"[,;.]|\b(?:and|with|next to|on|in front of|behind)\b(?= (?:an?|the) )|{RELATION.pattern}", re.I)
"""Between the parts of a phrase."""


def parts_of(text: str) -> list[str]:
    """The parts of a phrase: what stands between commas, relations, and "with" or "and" before an article.

    "a red cat left of a blue dog, in the snow" is "a red cat", "a blue dog" and "in the snow".
    """
    pieces = re.split(BREAK, text)
    step = BREAK.groups + 1  # what a group of the pattern found comes between the pieces
    return list(dict.fromkeys(piece.strip() for piece in pieces[::step] if piece.strip()))


def soft_worst(values: Tensor, weights: Tensor, temperature: float) -> Tensor:
    """A soft maximum, whose gradient goes mostly to what is worst: t log sum w exp(v / t), w summing to 1.

    Args:
        values: [..., P]; lower is better.
        weights: of the parts [P], above 0.
        temperature: t; small for the maximum, large for the weighted mean.

    Returns:
        [...].
    """
    return temperature * torch.logsumexp(values / temperature + (weights / weights.sum()).log(), dim=-1)


class TextParts(Loss):
    """`soft_worst` of the distances to the prompt as a whole and to each of its parts, so that all must hold.

    Args:
        encoder: looks at the pictures.
        prompt: what they should show; its phrases are split into parts, which have their weight and stop.
        distance: see `text_distance`.
        temperature: of the soft maximum.

    Raises:
        InputError: a phrase with a weight that is not above 0.

    Source: sub-phrases as in ComCLIP (Jiang et al. 2023), which weighs sub-images by a softmax.
    """

    text: Tensor
    weights: Tensor
    stops: Tensor | None

    def __init__(
        self,
        encoder: AugmentedEncoder,
        prompt: Prompt,
        distance: Distance = "cosine",
        temperature: Positive = 0.02,
    ) -> None:
        super().__init__()
        self.encoder, self.distance, self.temperature = encoder, distance, temperature
        parts: list[Phrase] = []
        for phrase in prompt.phrases:
            if phrase.weight <= 0:
                raise InputError(f"text_parts: {phrase.text!r} has no positive weight; use a text_similarity for it")
            texts = list(dict.fromkeys([phrase.text, *parts_of(phrase.text)]))
            parts += [Phrase(text, phrase.weight, phrase.stop) for text in texts]
        split = Prompt(tuple(parts), prompt.templates, prompt.keep)
        self.register_buffer("text", split.embed(encoder.encoder), persistent=False)
        self.register_buffer("weights", split.weights.to(self.text), persistent=False)
        self.register_buffer("stops", split.stops, persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S], the mean over looks."""
        far = text_distance(self.encoder(frames, step).embedding, self.text, self.distance)
        return soft_worst(stopped(far, self.weights, self.stops), self.weights, self.temperature).mean(dim=1)
