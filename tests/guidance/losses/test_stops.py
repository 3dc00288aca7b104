"""Stops of prompts: what each loss makes of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import AugmentedEncoder, Encoder, Prompt, Step
from guidance.losses import Action, ExampleDirection, TextContrast, TextDirection, TextParts, direction_of
from guidance.losses.direction import FLOOR, limits_of, parts_of_direction
from guidance.target import Target
from limn.errors import InputError
from limn.frames import Frames

FramesOf = Callable[..., Frames]


def now() -> Step:
    """A step that shares nothing with another."""
    return Step(2, 10, training=False)


@pytest.fixture
def view(encoder: Encoder) -> AugmentedEncoder:
    return AugmentedEncoder(encoder, num_augs=0)


@pytest.fixture
def start(random_pictures: Callable[..., Tensor]) -> Target:
    return Target(random_pictures(1, 3, 72, 72, seed=9))


def test_parts_of_a_direction_add_up_to_it(view: AugmentedEncoder) -> None:
    prompt = Prompt.parse("a red apple:2 | a worm:-0.5", ["a photo of {}", "{}, drawn"])
    parts = parts_of_direction("a pear", prompt, view)
    torch.testing.assert_close(parts.sum(dim=0), direction_of("a pear", prompt, view))
    worm = direction_of("a pear", Prompt.parse("a worm", prompt.templates), view)
    torch.testing.assert_close(F.normalize(parts[1], dim=0), -worm)


@pytest.mark.parametrize(("stop", "held"), [(2.0, True), (0.0, False)])
def test_a_phrase_of_a_direction_stops_alone(
    stop: float, held: bool, view: AugmentedEncoder, start: Target, random_frames: FramesOf
) -> None:
    """The value is the sum over phrases of their shares, each at its limit where it has gone far enough."""
    frames, prompt = random_frames(), Prompt.parse(f"a red apple:2:{stop} | a worm")
    parts = parts_of_direction("a pear", prompt, view)
    seen = view(frames, now()).embedding, view.target(start, frames, now()).embedding
    change = F.normalize(seen[0], dim=-1) - F.normalize(seen[1], dim=-1)
    change = change / (change.square().sum(dim=-1, keepdim=True) + FLOOR**2).sqrt()
    apple, worm = (change @ part for part in parts)
    by_hand = 1 - (-parts[0].norm() if held else apple) - worm
    torch.testing.assert_close(TextDirection(view, prompt, start, "a pear")(frames, now()), by_hand.mean(dim=1))


def test_limits_are_stops_as_cosines() -> None:
    limits = limits_of(Prompt.parse("a:1:0.3 | b | c:-1:0.9 | d:-1"))
    torch.testing.assert_close(limits, torch.tensor([0.7, 1.0, -0.1, 1.0]))
    assert limits_of(Prompt.parse("a | b:-1")) is None


def test_words_beside_examples_stop_alone(
    view: AugmentedEncoder, start: Target, random_frames: FramesOf, random_pictures: Callable[..., Tensor]
) -> None:
    sources, examples = ([Target(random_pictures(1, 3, 64, 64, seed=seed))] for seed in (1, 2))
    frames = random_frames()
    frames.rgb.requires_grad_()
    gradients = []
    for text in ("a dog:1:2", "a dog"):
        loss = ExampleDirection(view, start, sources, examples, Prompt.parse(text), "a cat")
        gradients.append(torch.autograd.grad(loss(frames, now()).sum(), frames.rgb)[0])
    alone = ExampleDirection(view, start, sources, examples)
    pull = torch.autograd.grad(alone(frames, now()).sum(), frames.rgb)[0]
    torch.testing.assert_close(F.normalize(gradients[0].flatten(), dim=0), F.normalize(pull.flatten(), dim=0))
    assert not torch.allclose(F.normalize(gradients[1].flatten(), dim=0), F.normalize(pull.flatten(), dim=0), atol=1e-3)


def test_stops_of_classes_are_distances_of_probabilities(view: AugmentedEncoder, random_frames: FramesOf) -> None:
    frames = random_frames(candidates=1)
    for kind in (TextContrast, Action):
        free = kind(view, Prompt.parse("a red apple"), ["a dog"])(frames, now()).detach()
        probability = float((-free).exp())
        for nearer in (False, True):
            stop = 1 - probability * (0.9 if nearer else 1.1)
            frames.rgb.requires_grad_()
            value = kind(view, Prompt.parse(f"a red apple:1:{stop:.6f}"), ["a dog"])(frames, now())
            expected = -torch.tensor([1 - stop]).log() if nearer else free
            torch.testing.assert_close(value, expected, rtol=1e-3, atol=1e-4)
            assert bool(torch.autograd.grad(value.sum(), frames.rgb)[0].any()) is not nearer
        for text, message in (("a:1:1.5", "expected 1 - probability"), ("a | b:-1:0.5", "'b' has the stop 0.5, which")):
            with pytest.raises(InputError, match=message):
                kind(view, Prompt.parse(text), ["a dog"])


def test_parts_have_the_stop_of_their_phrase(view: AugmentedEncoder, random_frames: FramesOf) -> None:
    loss = TextParts(view, Prompt.parse("a red apple, a leaf:1:0.4 | a worm"))
    assert loss.stops is not None
    torch.testing.assert_close(loss.stops, torch.tensor([0.4, 0.4, 0.4, 0.0]))
    assert loss(random_frames(), now()).isfinite().all()
