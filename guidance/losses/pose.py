"""Uniform pose: against things with a face on every side."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import Loss
from guidance.losses.probabilities import class_probabilities
from guidance.prompt import Prompt, embed_phrases
from limn.frames import Frames
from limn.ranges import Positive
from limn.step import Step

SIDES = ("front view", "side view", "back view")
MOST = 256
"""Candidates whose frequencies are kept; a run has no more."""


def uniform_pose(probabilities: Tensor, frequencies: Tensor) -> Tensor:
    """-log of the mean over sides of p / q: least where pictures show the sides that are seen too seldom.

    Args:
        probabilities: p [S, N, C].
        frequencies: q, how often each side was found so far [S, C].

    Returns:
        [S], the mean over looks.

    Source: Zheng et al., RecDreamer, 2025. There a classifier on DINOv2's features of the denoised picture finds the
    side, q belongs to an interval of noise levels, and the noise level weighs the loss; here an encoder looks at the
    picture itself.
    """
    return -(probabilities / frequencies[:, None]).mean(dim=2).log().mean(dim=1)


class UniformPose(Loss):
    """`uniform_pose`: over a run, every side of a thing is seen as often as every other.

    The frequencies are exponential means over steps; they are kept with the run.

    Args:
        encoder: tells the sides.
        prompt: what the pictures show.
        sides: words behind the prompt, one for each side.
        decay: how much of the frequencies a step keeps.
        temperature: of the softmax over sides; by default the encoder's own.

    Raises:
        InputError: no phrase of the prompt has a positive weight, or one has a stop.
    """

    text: Tensor
    frequencies: Tensor

    def __init__(
        self,
        encoder: AugmentedEncoder,
        prompt: Prompt,
        sides: Annotated[tuple[str, ...], Field(min_length=2)] = SIDES,
        decay: Annotated[float, Field(ge=0, lt=1)] = 0.95,
        temperature: Positive | None = None,
    ) -> None:
        super().__init__()
        self.encoder, self.decay = encoder, decay
        self.scale = encoder.encoder.logit_scale if temperature is None else 1.0 / temperature
        wanted = prompt.without_stops("uniform_pose").wanted("uniform_pose")
        phrases = [f"{phrase.text}, {side}" for phrase in wanted for side in sides]
        text = embed_phrases(phrases, encoder.encoder, prompt.chosen_templates(encoder.encoder))
        self.register_buffer("text", text.view(len(wanted), len(sides), -1), persistent=False)
        self.register_buffer("frequencies", torch.full((MOST, len(sides)), 1.0 / len(sides)))

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        found = class_probabilities(self.encoder(frames, step).embedding, self.text, self.scale)
        known = self.frequencies[: len(found)].to(found, copy=True)
        if step.training:
            now = found.detach().mean(dim=1)
            now = torch.where(now.isfinite().all(dim=1, keepdim=True), now, known)
            known = known.lerp(now, 1.0 - self.decay)
            self.frequencies[: len(found)] = known
        return uniform_pose(found, known)
