"""What every registered loss must keep to."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest
import torch
from torch import Tensor

from guidance import LOSSES, Augmentations, AugmentedEncoder, Encoder, Loss, Prompt, Step
from limn.curves import Curves
from limn.frames import Frames
from limn.surface import Surface
from pipelines.config.terms import parameters_of

SETTINGS: dict[str, dict[str, Any]] = {
    "layer_features": {"layers": {"layer2": 1.0, "layer3": 1.0}},
    "text_contrast": {"others": ["a blue car", "a dog"]},
    "text_direction": {"start": "a blue car"},
}

Build = Callable[[str], Loss]


@pytest.fixture
def build(encoder: Encoder, random_pictures: Callable[..., Tensor]) -> Build:
    pictures = random_pictures(1, 3, 72, 72, seed=7)
    given = {
        "view": AugmentedEncoder(encoder, Augmentations(["perspective", {"crop": 0.8}]), num_augs=2),
        "target": pictures,
        "prompt": Prompt.parse("a red apple"),
        "reference": lambda frames, step: Frames(pictures[:, None], torch.ones_like(pictures[:, None, :1])),
    }

    def make(name: str) -> Loss:
        kind = LOSSES.find(name)
        parameters = inspect.signature(kind).parameters
        return kind(**{key: value for key, value in given.items() if key in parameters}, **SETTINGS.get(name, {}))

    return make


ON_PATHS = ("conformal", "corners", "xing")


@pytest.fixture
def frames_for(random_frames: Callable[..., Frames]) -> Callable[[str, int], Frames]:
    """Frames of S candidates with the geometry that a loss reads."""
    return lambda name, candidates: random_frames(candidates, paths=name in ON_PATHS)


def movable(frames: Frames) -> list[Tensor]:
    """What losses judge, as leaves."""
    found = [frames.rgb]
    if isinstance(frames.geometry, Curves):
        found.append(frames.geometry.points)
    else:
        assert isinstance(frames.geometry, Surface)
        assert frames.geometry.colours is not None
        found += [frames.geometry.vertices, frames.geometry.colours]
    return [tensor.requires_grad_() for tensor in found]


every_loss = pytest.mark.parametrize("name", LOSSES.names())
# Distillation draws noise of its own for each candidate and judges without gradient; its own tests say where it leads.
every_sure_loss = pytest.mark.parametrize("name", [name for name in LOSSES.names() if name != "distillation"])


@every_loss
def test_one_finite_value_per_candidate(name: str, build: Build, frames_for: Callable[[str, int], Frames]) -> None:
    for step in (Step(0, 10), Step(0, 10, training=False)):
        value = build(name)(frames_for(name, 3), step)
        assert value.shape == (3,)
        assert value.dtype == torch.float32
        assert torch.isfinite(value).all()


@every_loss
def test_candidates_never_mix(name: str, build: Build, frames_for: Callable[[str, int], Frames]) -> None:
    frames = frames_for(name, 2)
    judged = movable(frames)
    build(name)(frames, Step(0, 10))[0].backward()
    gradients = [tensor.grad for tensor in judged if tensor.grad is not None]
    assert sum(gradient[0].abs().sum() for gradient in gradients) > 0
    assert all(torch.equal(gradient[1], torch.zeros_like(gradient[1])) for gradient in gradients)


@every_sure_loss
def test_a_population_is_as_good_as_single_runs(
    name: str, build: Build, frames_for: Callable[[str, int], Frames]
) -> None:
    loss, frames = build(name), frames_for(name, 3)
    together = loss(frames, Step(4, 10))
    for index in range(3):
        assert frames.geometry is not None
        geometry = frames.geometry.candidate(index)
        alone = Frames(frames.rgb[index : index + 1], frames.alpha[index : index + 1], geometry=geometry)
        torch.testing.assert_close(loss(alone, Step(4, 10)), together[index : index + 1], rtol=1e-4, atol=1e-6)


@every_sure_loss
def test_falls_along_its_gradient(name: str, build: Build, frames_for: Callable[[str, int], Frames]) -> None:
    loss, judged = build(name), Step(0, 10, training=False)
    frames = frames_for(name, 2)
    optimiser = torch.optim.Adam(movable(frames), lr=0.01)
    before = loss(frames, judged).detach()
    for _ in range(5):
        optimiser.zero_grad()
        loss(frames, Step(0, 10, training=False)).sum().backward()
        optimiser.step()
    assert (loss(frames, Step(0, 10, training=False)) < before).all()


@every_loss
def test_settings_have_types_that_a_config_can_check(name: str) -> None:
    kind = LOSSES.find(name)
    hints = get_type_hints(kind.__init__)  # type: ignore[misc]
    for parameter in parameters_of(kind):
        assert parameter in hints
