"""Reward: of several noises, those that lead to pictures which a judge likes."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from guidance.compute import Compute
from guidance.distillation.context import ScoreContext
from guidance.encoders import load_encoder
from guidance.losses.text import text_similarity
from guidance.prompt import Prompt
from limn.settings import Section

BEST, WORST = 2, 2
TOWARDS, AWAY = 0.9, 0.1
"""RewardSDS's numbers for ``minmax``."""


class Reward(Section):
    """Draws several noises for each picture, and follows those whose denoised picture a judge likes best.

    Source: Chachy et al., RewardSDS, 2025; there the judge is ImageReward, and 7 noises with ``minmax`` are best.
    """

    candidates: int = Field(default=4, ge=2, le=64)
    """Noises for each picture; each costs the prior a pass with guidance, and the judge one."""
    rule: Literal["best", "weighted", "minmax"] = "best"
    """``best``: the best one; ``weighted``: all, by the softmax of their scores; ``minmax``: towards the two best and
    a little away from the two worst."""
    judge: str = "pocket"
    """The encoder whose similarity to the prompt is the score."""

    @model_validator(mode="after")
    def _enough(self) -> Reward:
        if self.rule == "minmax" and self.candidates < BEST + WORST:
            raise ValueError(f"rule minmax needs {BEST + WORST} candidates or more, got {self.candidates}")
        return self

    def choose(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        """Which noises count, and how much.

        Args:
            scores: of K noises of each picture, higher is better [N, K].

        Returns:
            Numbers of J noises and their factors, each [N, J].
        """
        if self.rule == "best":
            return scores.argmax(dim=1, keepdim=True), torch.ones_like(scores[:, :1])
        if self.rule == "weighted":  # ImageReward's scores have variance 1; others are brought to it
            spread = scores.std(dim=1, keepdim=True).clamp_min(1e-8)
            factors = ((scores - scores.mean(dim=1, keepdim=True)) / spread).softmax(dim=1)
            return torch.arange(scores.shape[1], device=scores.device).expand(scores.shape), factors
        order = scores.argsort(dim=1, descending=True, stable=True)
        factors = torch.tensor([TOWARDS / BEST] * BEST + [-AWAY / WORST] * WORST).to(scores)
        return torch.cat([order[:, :BEST], order[:, -WORST:]], dim=1), factors.expand(len(scores), -1)


class Judge:
    """Chooses noises by how an encoder sees the prompt in the pictures that they lead to.

    Args:
        reward: the rule.
        prompt: what pictures should show.
        compute: where and how precisely the encoder looks.

    Raises:
        InputError: an encoder that cannot be loaded.
    """

    def __init__(self, reward: Reward, prompt: Prompt, compute: Compute) -> None:
        self.reward = reward
        self.encoder = load_encoder(reward.judge, compute.device, compute.precision)
        self._text = prompt.embed(self.encoder)
        self._weights = prompt.weights.to(self._text)

    def choose(self, context: ScoreContext) -> tuple[Tensor, Tensor]:
        """Which rows of a context count, and how much.

        Args:
            context: K rows with noises of their own for each of N looks at a picture.

        Returns:
            Rows [N * J], and the factors of those of each look [N, J].
        """
        noise = context.guided(context.noisy, context.times)
        denoised = context.prior.clean(context.noisy, noise, context.times)
        scores = self.score(context.prior.decode(denoised).clamp(0.0, 1.0))
        count = self.reward.candidates
        chosen, factors = self.reward.choose(scores.view(-1, count))
        rows = torch.arange(len(chosen), device=chosen.device)[:, None] * count + chosen
        return rows.flatten().to(context.times.device), factors

    def score(self, pictures: Tensor) -> Tensor:
        """How much of the prompt an encoder sees in pictures [N, 3, H, W] in 0..1, higher is better [N]."""
        embedding = self.encoder(pictures.to(self._text)).embedding[:, None]
        return -text_similarity(embedding, self._text, self._weights)
