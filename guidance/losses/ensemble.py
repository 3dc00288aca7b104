"""Several encoders that judge the same words, or by the same picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import Loss
from guidance.losses.image import ImageSimilarity
from guidance.losses.text import TextContrast, TextSimilarity
from guidance.prompt import Prompt
from guidance.target import Target
from limn.errors import InputError
from limn.frames import Frames
from limn.ranges import Positive
from limn.step import Step

Rule = Literal["mean", "agreement", "worst"]


def ensemble(values: Tensor, weights: Tensor, rule: Rule = "mean") -> Tensor:
    """What several judges say together.

    Args:
        values: of E judges for S candidates [E, S]; lower is better.
        weights: of the judges [E], above 0; they are scaled to a mean of 1.
        rule: of the weighted values, ``mean`` their mean, ``agreement`` their mean and their standard deviation, or
            ``worst`` the largest.

    Returns:
        [S].

    Source: weighted sums of models as in StyleGAN-NADA; a deviation beside the mean and a worst case as in attacks on
    ensembles (Tramèr et al. 2018, Che et al. 2020).
    """
    weighted = values * (weights / weights.mean())[:, None]
    if rule == "worst":
        return weighted.amax(dim=0)
    mean = weighted.mean(dim=0)
    if rule == "mean":
        return mean
    # Where all agree, the slope of the deviation has no end.
    return mean + ((weighted - mean).square().mean(dim=0) + 1e-8).sqrt()


Weights = Annotated[tuple[Positive, ...], Field(min_length=1)]


class Ensemble(Loss):
    """`ensemble` of losses.

    Args:
        judges: at least one.
        weights: of them; 1 unless given.
        rule: ``mean``, ``agreement`` or ``worst``.

    Raises:
        InputError: not one weight for each.
    """

    def __init__(self, judges: Sequence[Loss], weights: Weights | None, rule: Rule) -> None:
        super().__init__()
        if weights is not None and len(weights) != len(judges):
            raise InputError(f"weights: expected {len(judges)}, one for each encoder, got {len(weights)}")
        self.judges, self.rule = torch.nn.ModuleList(judges), rule
        self.weights = torch.tensor(weights or [1.0] * len(judges))

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        values = torch.stack([judge(frames, step) for judge in self.judges])
        return ensemble(values, self.weights.to(values), self.rule)


class TextEnsemble(Ensemble):
    """`ensemble` of several encoders that compare pictures with the prompt.

    Cosines of different encoders differ in range. `others` makes them alike: each encoder then says how surely it
    tells the prompt from other captions.

    Args:
        encoders: look at the pictures; each of them once.
        prompt: what they should show.
        weights: of the encoders; 1 unless given.
        rule: ``mean``, ``agreement`` or ``worst``.
        others: captions that the pictures should not be taken for. Each encoder's value is then `text_contrast`, else
            it is `text_similarity`.

    Raises:
        InputError: not one weight for each encoder.
    """

    def __init__(
        self,
        encoders: list[AugmentedEncoder],
        prompt: Prompt,
        weights: Weights | None = None,
        rule: Rule = "mean",
        others: list[str] | None = None,
    ) -> None:
        judges = [
            TextSimilarity(encoder, prompt) if others is None else TextContrast(encoder, prompt, others)
            for encoder in encoders
        ]
        super().__init__(judges, weights, rule)


class ImageEnsemble(Ensemble):
    """`ensemble` of several encoders that compare pictures with the target, each by `image_similarity`.

    Args:
        encoders: look at both; each of them once.
        target: a fixed picture, or one for each view.
        weights: of the encoders; 1 unless given.
        rule: ``mean``, ``agreement`` or ``worst``.

    Raises:
        InputError: not one weight for each encoder.
    """

    def __init__(
        self,
        encoders: list[AugmentedEncoder],
        target: Target,
        weights: Weights | None = None,
        rule: Rule = "mean",
    ) -> None:
        super().__init__([ImageSimilarity(encoder, target) for encoder in encoders], weights, rule)
