"""Uniform pose: sides that were seen too seldom are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from guidance import AugmentedEncoder, Encoder, Prompt, Step
from guidance.losses import UniformPose, class_probabilities, uniform_pose
from limn.frames import Frames


@pytest.fixture
def loss(encoder: Encoder) -> UniformPose:
    return UniformPose(AugmentedEncoder(encoder, num_augs=0), Prompt.parse("a dog | blurry:-1"), decay=0.5)


def test_probabilities_are_a_softmax_over_sides() -> None:
    text = torch.eye(3)[None]
    embedding = torch.tensor([[[2.0, 0.0, 0.0], [1.0, 1.0, 0.0]]])
    found = class_probabilities(embedding, text, 3.0)
    first = torch.tensor([3.0, 0.0, 0.0]).softmax(0)
    second = torch.tensor([3 / 2**0.5, 3 / 2**0.5, 0.0]).softmax(0)
    torch.testing.assert_close(found, torch.stack([first, second])[None])


def test_by_hand() -> None:
    p, q = torch.tensor([[[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]]]), torch.tensor([[0.5, 0.25, 0.25]])
    expected = -(math.log((1 + 1 + 1) / 3) + math.log(2 / 3)) / 2
    torch.testing.assert_close(uniform_pose(p, q), torch.tensor([expected]))


def test_the_rarest_side_is_pulled_at_most() -> None:
    logits = torch.zeros(1, 1, 3, requires_grad=True)
    uniform_pose(logits.softmax(dim=2), torch.tensor([[0.8, 0.15, 0.05]])).sum().backward()
    assert logits.grad is not None
    front, side, back = (-logits.grad[0, 0]).tolist()
    assert back > 0 > side > front


def test_frequencies_are_means_over_steps_kept_with_the_run(
    loss: UniformPose, random_frames: Callable[..., Frames]
) -> None:
    frames = random_frames(candidates=2, views=3)
    assert loss.text.shape[:2] == (1, 3)  # what is not wanted has no sides
    seen = class_probabilities(loss.encoder(frames, Step(0, 9)).embedding, loss.text, loss.scale).mean(dim=1)
    loss(frames, Step(0, 9, training=False))
    assert torch.equal(loss.frequencies, torch.full((256, 3), 1 / 3))
    loss(frames, Step(0, 9))
    torch.testing.assert_close(loss.frequencies[:2], (1 / 3 + seen) / 2)
    assert torch.equal(loss.frequencies[2:], torch.full((254, 3), 1 / 3))
    assert "frequencies" in loss.state_dict()


def test_a_picture_that_is_no_number_is_not_remembered(loss: UniformPose, random_frames: Callable[..., Frames]) -> None:
    frames = random_frames(candidates=2)
    frames.rgb[0, 0, 0, 0, 0] = torch.nan
    values: Tensor = loss(frames, Step(0, 9))
    assert values[0].isnan()
    assert values[1].isfinite()
    assert loss.frequencies.isfinite().all()
    assert torch.equal(loss.frequencies[0], torch.full((3,), 1 / 3))
