"""AugmentedEncoder-dependent prompts: what a prior is asked for follows the cameras that a picture was taken with."""

from __future__ import annotations

import math

import pytest
import torch
from mixture import MixturePrior, Points
from torch import Tensor

from guidance import Prompt, Step
from guidance.distillation import Condition, Distillation
from guidance.views import VIEWS
from limn.cameras import orbit
from limn.frames import Frames


class Listening(MixturePrior):
    """Keeps the mixtures of view prompts that it is asked with; "..., side view" and the like are one-hot."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Tensor] = []

    def embed(self, text: str) -> Condition:
        view = text.partition(", ")[2]
        mix = torch.eye(len(VIEWS))[VIEWS.index(view)] if view else torch.zeros(len(VIEWS))
        return {**super().embed("right"), "view": mix[None]}

    def predict_noise(self, noisy: Tensor, times: Tensor, condition: Condition) -> Tensor:
        self.asked.append(condition["view"])
        return super().predict_noise(noisy, times, condition)


def seen(azimuths: list[float], elevations: list[float], candidates: int = 1) -> Frames:
    """Pictures of every candidate by cameras at some angles, in degrees."""
    angles = (torch.tensor(values) * math.pi / 180 for values in (azimuths, elevations))
    cameras = orbit(*angles, 2.5, math.radians(45))
    rgb = Points(torch.rand(candidates, 2)).render().rgb.expand(-1, len(azimuths), -1, -1, -1)
    return Frames(rgb, torch.ones_like(rgb[:, :, :1]), cameras=cameras)


@pytest.mark.parametrize("samples", [1, 2])
def test_each_look_is_asked_for_as_its_camera_stands(samples: int) -> None:
    frames = seen([0, 45, 90, -135, 180, 20], [0, 10, -20, 0, 0, 85], candidates=2)
    prior = Listening()
    loss = Distillation(Prompt.parse("a dog"), prior=prior, guidance_scale=1.0, view_prompts=True, samples=samples)
    assert loss(frames, Step(0, 2)).shape == (2,)
    front, side, back, overhead = torch.eye(4)
    rows = torch.stack([front, (front + side) / 2, side, (side + back) / 2, back, overhead])
    expected = rows.repeat_interleave(samples, dim=0).repeat(2, 1)
    torch.testing.assert_close(prior.asked[0], expected, rtol=0, atol=1e-5)


def test_a_judgement_asks_by_view_too() -> None:
    prior = Listening()
    loss = Distillation(Prompt.parse("a dog"), prior=prior, guidance_scale=1.0, view_prompts=True, samples=3)
    assert loss(seen([180.0], [0.0]), Step(0, 2, training=False)).isfinite().all()
    assert all(torch.equal(asked[0].argmax(), torch.tensor(VIEWS.index("back view"))) for asked in prior.asked)


def test_without_view_prompts_the_cameras_do_not_matter() -> None:
    prior = Listening()
    Distillation(Prompt.parse("a dog"), prior=prior, guidance_scale=1.0)(seen([180.0], [0.0]), Step(0, 2))
    assert not prior.asked[0].any()
