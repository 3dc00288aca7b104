"""Conditions: a prompt in a prior's own terms, for any number of pictures."""

from __future__ import annotations

import logging

import torch
from torch import Tensor

from guidance.distillation.condition import Condition, blend, repeat, stack
from guidance.distillation.prior import Prior
from guidance.prompt import Prompt
from guidance.views import VIEWS, view_prompts, view_repulsion

logger = logging.getLogger("limn")


class Conditions:
    """The conditions of a prompt.

    Phrases with positive weights, in their templates, are mixed by weight; those with negative weights are the negative
    prompt.

    Args:
        prior: embeds texts.
        prompt: at least one phrase with a positive weight.
        negative: more of what not to show; "" for nothing.

    Raises:
        InputError: no phrase with a positive weight.
    """

    def __init__(self, prior: Prior, prompt: Prompt, negative: str = "") -> None:
        wanted = prompt.wanted("distillation")
        if prompt.keep is not None:
            logger.warning("distillation takes all %d templates: only an encoder chooses", len(prompt.templates))
        self._prior = prior
        self._texts = [template.replace("{}", p.text) for p in wanted for template in prompt.templates]
        weights = torch.tensor([p.weight for p in wanted for _ in prompt.templates])
        self._weights = weights / weights.sum()
        unwanted = [(phrase.text, phrase.weight) for phrase in prompt.phrases if phrase.weight < 0]
        self._unwanted = unwanted + ([(negative, -1.0)] if negative else [])

    def text(self, text: str, count: int) -> Condition:
        """The condition of any text as ``count`` rows."""
        return repeat(self._prior.embed(text), count)

    def positive(self, count: int, suffix: str = "", views: Tensor | None = None) -> Condition:
        """The condition of the prompt.

        Args:
            count: N.
            suffix: words behind every phrase.
            views: weights of the view-dependent prompts [N, 4]; None for the prompt as it is.

        Returns:
            N rows.
        """
        if views is None:
            rows = [self._prior.embed(text + suffix) for text in self._texts]
            return self._mix(rows, self._weights.expand(count, -1))
        rows = [self._prior.embed(view + suffix) for text in self._texts for view in view_prompts(text)]
        weights = self._weights[None, :, None] * views.cpu()[:, None, :]
        return self._mix(rows, weights.flatten(1))

    def negative(self, count: int) -> Condition | None:
        """The negative prompt as ``count`` rows, where there is one."""
        if not self._unwanted:
            return None
        return self.text(", ".join(text for text, _ in self._unwanted), count)

    def repelled(self, azimuth: Tensor | None, elevation: Tensor | None, count: int) -> list[tuple[Condition, Tensor]]:
        """What Perp-Neg keeps away from: the negative prompts, and the prompts of other views where views are known.

        Args:
            azimuth: radians [N], or None.
            elevation: radians [N], or None.
            count: N.

        Returns:
            Conditions of N rows with weights [N].
        """
        device = self._prior.device
        found = [(self.text(t, count), torch.full((count,), weight, device=device)) for t, weight in self._unwanted]
        if azimuth is not None and elevation is not None:
            strength = view_repulsion(azimuth, elevation)
            for number in range(len(VIEWS)):
                if bool((strength[:, number] != 0).any()):
                    one_hot = torch.eye(len(VIEWS))[number].expand(count, -1)
                    found.append((self.positive(count, views=one_hot), strength[:, number].to(device)))
        return found

    def _mix(self, rows: list[Condition], weights: Tensor) -> Condition:
        if len(rows) == 1:
            return repeat(rows[0], len(weights))
        return blend(stack(rows), weights.to(self._prior.device))
