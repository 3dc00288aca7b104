"""Losses between the change of a picture and the change of its description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.encoder import Encoded
from guidance.losses.comparison import EncodedComparison
from guidance.prompt import Prompt, embed_in_each
from guidance.target import Target
from limn.errors import InputError

FLOOR = 0.05
"""At the start nothing has changed, and the direction of nothing has a slope without end."""


def text_direction(
    embedding: Tensor, start: Tensor, direction: Tensor, floor: float = 0.0, limits: Tensor | None = None
) -> Tensor:
    """How far the change of pictures is from pointing the way that the words change: mean over looks of 1 - cos.

    Args:
        embedding: of S candidates in N looks [S, N, D], of any length.
        start: of the same looks at the start [1 or S, N, D], of any length.
        direction: of the words, of length 1 [D], or parts of it, which add up to it [P, D].
        floor: changes are divided by the root of their squared length plus this squared; 0 is the plain cosine.
        limits: the cosine with each part beyond which it no longer pulls [P].

    Returns:
        [S].

    Source: StyleGAN-NADA (Gal et al. 2022), 1 - cos(n(E(x)) - n(E(x0)), direction).
    """
    return astray(change_of(embedding, start, floor), direction, limits).mean(dim=1)


def patch_direction(
    embedding: Tensor,
    start: Tensor,
    direction: Tensor,
    threshold: float = 0.7,
    floor: float = 0.0,
    limits: Tensor | None = None,
) -> Tensor:
    """`text_direction` of patches, of which those that have changed enough no longer count: mean over patches of
    1 - cos, or of 0 where that is below the threshold.

    Args:
        embedding: of S candidates in N patches [S, N, D], of any length.
        start: of the same patches at the start [1 or S, N, D], of any length.
        direction: see `text_direction`.
        threshold: 0..2, 0 for none.
        floor: see `text_direction`.
        limits: see `text_direction`.

    Returns:
        [S].

    Source: CLIPstyler (Kwon and Ye 2022), with a threshold of 0.7.
    """
    far = astray(change_of(embedding, start, floor), direction, limits)
    return torch.where(far < threshold, 0.0, far).mean(dim=1)


def change_of(embedding: Tensor, start: Tensor, floor: float = 0.0) -> Tensor:
    """How pictures have changed: the difference of both at length 1, at length 1 where it is long beside the floor.

    Args:
        embedding: of pictures [..., D], of any length.
        start: of the same at the start, of any length.
        floor: see `text_direction`.

    Returns:
        [..., D].
    """
    change = F.normalize(embedding, dim=-1) - F.normalize(start, dim=-1)
    return change / (change.square().sum(dim=-1, keepdim=True) + max(floor, 1e-12) ** 2).sqrt()


def astray(change: Tensor, direction: Tensor, limits: Tensor | None = None) -> Tensor:
    """1 - cos of changes, see `change_of`, and the direction of words.

    Args:
        change: [..., D].
        direction: of length 1 [D], or parts of it [P, D] or [..., P, D].
        limits: see `text_direction`.

    Returns:
        [...].
    """
    parts = direction[None] if direction.dim() == 1 else direction
    along = (parts @ change[..., None])[..., 0]
    if limits is not None:
        along = along.minimum(limits * parts.norm(dim=-1))
    return 1.0 - along.sum(dim=-1)


def parts_of_direction(start: str, prompt: Prompt, encoder: AugmentedEncoder, ending: str = "") -> Tensor:
    """What each phrase of a prompt adds to `direction_of` [P, D].

    Args:
        start: what is there before.
        prompt: what shall be; its phrases are weighted.
        encoder: reads them.
        ending: words behind both.
    """
    texts = [text + ending for text in (start, *(phrase.text for phrase in prompt.phrases))]
    rows = embed_in_each(texts, encoder.encoder, prompt.chosen_templates(encoder.encoder, start))
    parts = prompt.weights.to(rows)[:, None] * (rows[:, 1:] - rows[:, :1]).mean(dim=0)
    length: Tensor = parts.sum(dim=0).norm()
    return parts / length.clamp_min(1e-12)


def direction_of(start: str, prompt: Prompt, encoder: AugmentedEncoder) -> Tensor:
    """From the words of the start to those of the prompt: the mean over templates of differences, of length 1 [D].

    Args:
        start: what is there before.
        prompt: what shall be; its phrases are weighted.
        encoder: reads them.

    Source: StyleGAN-NADA, which normalises the texts of each template and then takes differences.
    """
    return parts_of_direction(start, prompt, encoder).sum(dim=0)


def limits_of(prompt: Prompt) -> Tensor | None:
    """The stops of a prompt, distances 1 - cos, as limits of `text_direction` [P]; None where it has none."""
    return None if prompt.stops is None else (prompt.weights.sign() * (1.0 - prompt.stops)).clamp_max(1.0)


@torch.no_grad()
def direction_between(sources: Sequence[Target], examples: Sequence[Target], encoder: AugmentedEncoder) -> Tensor:
    """From some pictures to others: the difference of the means of their embeddings, of length 1 [D].

    Args:
        sources: fixed pictures of what is there before.
        examples: fixed pictures of what shall be.
        encoder: looks at them as they are.

    Raises:
        InputError: they are alike.

    Source: StyleGAN-NADA's direction from examples.
    """
    first, then = (
        torch.cat([encoder.encoder.encode_image(one.fixed_picture()).embedding for one in pictures])
        for pictures in (sources, examples)
    )
    way = F.normalize(then, dim=-1).mean(dim=0) - F.normalize(first, dim=-1).mean(dim=0)
    if way.norm() < 1e-6:
        raise InputError(f"encoder {encoder.encoder.name!r} sees no difference between sources and examples")
    return F.normalize(way, dim=0)


class Direction(EncodedComparison[Tensor]):
    """`text_direction` along a direction.

    Args:
        encoder: looks at the pictures, then and now.
        target: how the scene looked at the start.
        direction: its parts, which add up to length 1 [P, D].
        limits: see `text_direction` [P].
    """

    direction: Tensor
    limits: Tensor | None

    def __init__(
        self, encoder: AugmentedEncoder, target: Target, direction: Tensor, limits: Tensor | None = None
    ) -> None:
        super().__init__(encoder, target)
        self.register_buffer("direction", direction, persistent=False)
        self.register_buffer("limits", limits, persistent=False)

    def read(self, encoded: Encoded) -> Tensor:
        """The embedding [S, N, D]."""
        return encoded.embedding

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`text_direction`, every look beside the same look at the start."""
        return text_direction(pictures, _repeated(target, pictures), self.direction, FLOOR, self.limits)


class TextDirection(Direction):
    """`text_direction` from the words of the start to the prompt.

    Args:
        encoder: looks at the pictures, then and now.
        prompt: what they should show.
        target: how the scene looked at the start.
        start: words for that, like "a chair".
    """

    def __init__(self, encoder: AugmentedEncoder, prompt: Prompt, target: Target, start: str) -> None:
        super().__init__(encoder, target, parts_of_direction(start, prompt, encoder), limits_of(prompt))


class ExampleDirection(Direction):
    """`text_direction` from pictures of what is there before to examples of what shall be; beside them, words.

    Args:
        encoder: looks at the pictures.
        target: how the scene looked at the start.
        sources: pictures of what is there before, such as photographs.
        examples: pictures of what shall be, such as drawings.
        prompt: what the pictures should show, in words.
        start: words for what is there before. With them, the direction of the words and that of the examples count
            alike.

    Raises:
        InputError: no picture, sources like the examples, or `start` without a prompt.
    """

    def __init__(
        self,
        encoder: AugmentedEncoder,
        target: Target,
        sources: list[Target],
        examples: list[Target],
        prompt: Prompt | None = None,
        start: str | None = None,
    ) -> None:
        for key, pictures in (("sources", sources), ("examples", examples)):
            if not pictures:
                raise InputError(f"{key} is empty; expected pictures")
        direction, limits = direction_between(sources, examples, encoder)[None], None
        if start is not None:
            if prompt is None:
                raise InputError(f"start: {start!r} leads to no prompt; give one, or leave start out")
            direction = torch.cat([direction, parts_of_direction(start, prompt, encoder)])
            direction = direction / direction.sum(dim=0).norm().clamp_min(1e-12)
            limits = limits_of(prompt)
            limits = None if limits is None else F.pad(limits, (1, 0), value=1.0)
        super().__init__(encoder, target, direction, limits)


class PatchDirection(TextDirection):
    """`patch_direction` from the words of the start to the prompt. The looks of the encoder are the patches.

    Args:
        encoder: looks at the pictures, then and now; random crops in perspective, such as ``augment: [{crop: 0.06},
            {perspective: 0.5}]`` and ``include_clean: false``.
        prompt: what they should show.
        target: how the scene looked at the start.
        start: words for that, like "a photo".
        threshold: see `patch_direction`.
    """

    def __init__(
        self,
        encoder: AugmentedEncoder,
        prompt: Prompt,
        target: Target,
        start: str,
        threshold: Annotated[float, Field(ge=0, le=2)] = 0.7,
    ) -> None:
        super().__init__(encoder, prompt, target, start)
        self.threshold = threshold

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`patch_direction`, every patch beside the same patch at the start."""
        return patch_direction(
            pictures, _repeated(target, pictures), self.direction, self.threshold, FLOOR, self.limits
        )


def _repeated(target: Tensor, pictures: Tensor) -> Tensor:
    return target.repeat(1, pictures.shape[1] // target.shape[1], 1)
