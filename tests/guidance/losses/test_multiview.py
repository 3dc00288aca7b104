"""Edits that agree between views."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import AugmentedEncoder, Encoder, Prompt, Step
from guidance.losses import MultiviewDirection, TextDirection, TextSimilarity, direction_of, multiview_direction
from guidance.losses.multiview import nearness
from guidance.target import Target
from limn.cameras import orbit
from limn.errors import InputError
from limn.frames import Frames

ANGLES = (0.0, 0.5, math.pi)


@pytest.fixture
def view(encoder: Encoder) -> AugmentedEncoder:
    return AugmentedEncoder(encoder, num_augs=1)


@pytest.fixture
def frames(random_frames: Callable[..., Frames]) -> Frames:
    return replace(random_frames(2, views=3, seed=1), cameras=orbit(torch.tensor(ANGLES), 0.0, 2.5, 0.8))


@pytest.fixture
def before(random_frames: Callable[..., Frames]) -> Target:
    start = random_frames(1, views=3, seed=2)
    return Target(views=lambda frames, step: start)


def test_nearness_falls_with_the_angle_between_cameras() -> None:
    near = nearness(orbit(torch.tensor([0.0, 0.5, 0.0]), torch.tensor([0.0, 0.0, 1.5]), 2.5, 0.8), 2.0)
    torch.testing.assert_close(near[0], torch.tensor([1.0, 0.75, 0.25]), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(near, near.T)
    assert nearness(orbit(torch.tensor([0.0, 3.0]), 0.0, 2.5, 0.8), 2.0)[0, 1] == 0


def test_by_hand() -> None:
    draws = torch.Generator().manual_seed(0)
    change = F.normalize(torch.randn(2, 3, 2, 5, generator=draws), dim=-1)
    direction = F.normalize(torch.randn(3, 5, generator=draws), dim=-1)
    near = torch.tensor([[1.0, 0.8, 0.0], [0.8, 1.0, 0.4], [0.0, 0.4, 1.0]])
    for candidate, value in enumerate(multiview_direction(change, direction[:, None], near, consistency=0.7)):
        own = change[candidate]
        words = sum(1 - own[v, k] @ direction[v] for v in range(3) for k in range(2)) / 6
        first, second = (sum(1 - own[v, k] @ own[v + 1, k] for k in range(2)) / 2 for v in range(2))
        torch.testing.assert_close(value, words + 0.7 * (0.8 * first + 0.4 * second) / 1.2)


def test_without_consistency_and_words_for_sides_it_is_the_direction(
    view: AugmentedEncoder, frames: Frames, before: Target
) -> None:
    prompt = Prompt.parse("a red apple")
    plain = TextDirection(view, prompt, before, "a pear")(frames, Step(1, 9))
    torch.testing.assert_close(MultiviewDirection(view, prompt, before, "a pear", 0.0)(frames, Step(1, 9)), plain)


def test_without_a_start_it_is_the_similarity(view: AugmentedEncoder, frames: Frames) -> None:
    prompt = Prompt.parse("a red apple")
    plain = TextSimilarity(view, prompt)(frames, Step(1, 9))
    torch.testing.assert_close(MultiviewDirection(view, prompt, consistency=0.0)(frames, Step(1, 9)), plain)
    both = MultiviewDirection(view, prompt, consistency=1.0, reach=90.0)(frames, Step(1, 9))
    seen = F.normalize(view(frames, Step(1, 9)).embedding, dim=-1).view(2, 3, 2, -1)
    apart = 1 - (seen[:, 0] * seen[:, 1]).sum(dim=-1).mean(dim=1)  # the third camera is too far from both
    torch.testing.assert_close(both, plain + apart)
    with pytest.raises(InputError, match="start: 'a pear' needs pictures of it"):
        MultiviewDirection(view, prompt, start="a pear")


def test_each_side_has_its_own_words(view: AugmentedEncoder, frames: Frames, before: Target) -> None:
    loss = MultiviewDirection(view, Prompt.parse("a red apple"), before, "a pear", 0.0, view_prompts=True)
    step = Step(1, 9, training=False)
    seen = F.normalize(view(frames, step).embedding, dim=-1)
    change = seen - F.normalize(view.target(before, frames, step).embedding, dim=-1)
    change = change / (change.square().sum(dim=-1, keepdim=True) + 0.05**2).sqrt()
    front, side, back = (
        direction_of(f"a pear, {name} view", Prompt.parse(f"a red apple, {name} view"), view)
        for name in ("front", "side", "back")
    )
    share = 0.5 / (math.pi / 2)
    words = torch.stack([front, F.normalize((1 - share) * front + share * side, dim=0), back])
    torch.testing.assert_close(loss(frames, step), (1 - (change * words).sum(dim=-1)).mean(dim=1))


def test_views_that_changed_alike_cost_less() -> None:
    direction, near = torch.eye(4)[:1].expand(2, 1, 4), torch.ones(2, 2)
    alike, apart = (multiview_direction(_pair(sign), direction, near, 2.0) for sign in (1.0, -1.0))
    torch.testing.assert_close(apart - alike, torch.tensor([2.0 * 2 * 0.64]))


def _pair(sign: float) -> Tensor:
    """Changes of two views, both as near to the words, that add the same or the opposite beside them."""
    first = torch.tensor([0.6, 0.8, 0.0, 0.0])
    return torch.stack([first, first * torch.tensor([1.0, sign, 1.0, 1.0])]).view(1, 2, 1, 4)
