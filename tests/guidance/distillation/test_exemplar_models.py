"""Exemplars of models: what is drawn of them, when, and what the denoiser makes of it."""

from __future__ import annotations

import logging
import math

import pytest
import torch
import torch.nn.functional as F
from mixture import Points
from torch import Tensor

from guidance import Prompt, Step
from guidance.distillation import Distillation
from guidance.distillation.condition import Condition, repeat
from guidance.distillation.exemplars.model_prior import ModelPrior
from guidance.distillation.exemplars.models import ModelLibrary, Shows
from limn.cameras import Cameras, join, orbit
from limn.errors import InputError
from limn.frames import Frames

COLOURS = {"a red coin": (1.0, 0.0, 0.0), "a leaf": (0.0, 0.0, 1.0), "a green coin": (0.0, 1.0, 0.0)}
FRONT = orbit(0.0, 0.2, 2.5, 0.8)


class Squares(ModelLibrary):
    """Squares that face every camera, as large as it sees a length of 1, bright in front and grey from behind."""

    name = "squares"

    def __init__(self) -> None:
        self.captions = ["a red coin", "a leaf"]
        self.drawn: list[tuple[str, int]] = []

    def makes(self, text: str) -> bool:
        return text == "a green coin" or super().makes(text)

    def draw(
        self, text: str, camera_to_world: Tensor, world_to_clip: Tensor, side: int, shows: Shows = "rgb"
    ) -> Tensor:
        self.drawn.append((text, len(camera_to_world)))
        at = (torch.arange(side) + 0.5) * 2 / side - 1
        origin = world_to_clip[:, :, 3] / world_to_clip[:, 3:, 3]
        across, up = (0.5 * world_to_clip[:, row, :3].norm(dim=1) / world_to_clip[:, 3, 3] for row in (0, 1))
        inside = (at[None, None] - origin[:, :1, None]).abs() < across[:, None, None]
        inside = inside & ((-at[None, :, None] - origin[:, 1:2, None]).abs() < up[:, None, None])
        eye = F.normalize(camera_to_world[:, :3, 3], dim=1)
        front = ((1 + eye[:, 2]) / 2)[:, None]
        colour = front * torch.tensor(COLOURS[text]) + (1 - front) * 0.5
        return torch.cat([inside[:, None] * colour[:, :, None, None], inside[:, None].float()], dim=1)

    def over_white(self, text: str, cameras: Cameras, side: int) -> Tensor:
        seen = self.draw(text, cameras.camera_to_world, cameras.world_to_clip, side)
        return seen[:, :3] + 1 - seen[:, 3:]


def conditioned(prior: ModelPrior, text: str, cameras: Cameras | None, count: int) -> Condition:
    condition = repeat(prior.embed(text), count)
    if cameras is None:
        return condition
    return prior.seen_from(condition, cameras.camera_to_world, cameras.world_to_clip)


def expected(prior: ModelPrior, noisy: Tensor, time: Tensor, text: str, cameras: Cameras | None) -> Tensor:
    """The pictures that noisy ones stand for."""
    return prior.clean(noisy, prior.predict_noise(noisy, time, conditioned(prior, text, cameras, len(noisy))), time)


def test_the_denoiser_is_the_posterior_of_what_each_camera_sees_and_its_shifts() -> None:
    prior, library = ModelPrior(Squares(), side=8, shift=1), Squares()
    cameras = orbit(torch.tensor([0.3, 2.5]), 0.1, 2.5, 0.8)
    noisy, time = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)), torch.tensor([0.6, 0.9])
    found = expected(prior, noisy, time, "a red coin", cameras)
    alpha, sigma = prior.level(time)
    seen = library.over_white("a red coin", cameras, 8)
    for row in range(2):
        whole = F.pad(seen[row] * 2 - 1, [1] * 4, value=1.0)  # the border is white
        shifted = torch.stack([whole[:, d : d + 8, a : a + 8] for d in range(3) for a in range(3)])
        far = (noisy[row] - alpha[row] * shifted).square().sum((1, 2, 3))
        chances = (-far / (2 * sigma[row, 0, 0, 0] ** 2)).softmax(0)
        torch.testing.assert_close(found[row], torch.einsum("k,kchw->chw", chances, shifted))


def test_front_and_back_differ_and_flat_pictures_may_be_any_side() -> None:
    prior, time = ModelPrior(Squares(), side=8, shift=0), torch.full((2,), 0.9)
    noise = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    cameras = orbit(torch.tensor([0.0, math.pi]), math.radians(12.0), 2.5, math.radians(50.0))
    sides = expected(prior, prior.add_noise(torch.zeros(2, 3, 8, 8), noise, time), time, "a red coin", cameras)
    torch.testing.assert_close(sides[:, :, 4, 4], torch.tensor([[1.0, -1, -1], [0, 0, 0]]), atol=0.05, rtol=0)
    time = torch.full((2,), 0.1)
    flat = expected(prior, prior.add_noise(sides, noise, time), time, "a red coin", None)
    torch.testing.assert_close(flat, sides, atol=0.05, rtol=0)


@pytest.mark.parametrize(
    "lens", [{"distance": 2.0, "fov": 0.8}, {"distance": 3.5, "fov": 0.6}, {"distance": 2.5, "fov": 0.0}]
)
def test_models_are_framed_as_the_camera_frames_them(lens: dict[str, float]) -> None:
    prior, library = ModelPrior(Squares(), side=32), Squares()
    cameras = orbit(0.4, 0.2, **lens, target=torch.tensor([0.15, -0.1, 0.0]))
    found = expected(prior, torch.zeros(1, 3, 32, 32), torch.tensor([0.99]), "a leaf", cameras)
    seen = library.over_white("a leaf", cameras, 32)
    assert (found / 2 + 0.5 - seen).abs().mean() < 0.05  # shifts blur the edges


def test_models_stand_before_what_the_scene_has_behind_its_things() -> None:
    prior, time = ModelPrior(Squares(), side=8), torch.full((2,), 0.05)
    two = join([FRONT, FRONT])
    behind = torch.tensor([[0.2, 0.4, 0.6], [1.0, 0.0, 1.0]])
    condition = repeat(prior.embed("a red coin"), 2)
    condition = prior.seen_from(condition, two.camera_to_world, two.world_to_clip, behind)
    pictures = prior.clean(noise := torch.zeros(2, 3, 8, 8), prior.predict_noise(noise, time, condition), time)
    torch.testing.assert_close(pictures[:, :, 0, 0] / 2 + 0.5, behind)
    torch.testing.assert_close(pictures[0, :, 4, 4], pictures[1, :, 4, 4])


def test_each_camera_is_drawn_once_and_models_of_other_words_not_at_all() -> None:
    library = Squares()
    prior = ModelPrior(library, side=8)
    two = join([FRONT, orbit(1.0, 0.2, 2.5, 0.8)])
    four = two[torch.tensor([0, 0, 1, 1])]
    noisy, time = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)), torch.full((4,), 0.5)
    together = expected(prior, noisy, time, "a red coin", four)
    expected(prior, noisy, time, "a red coin", four)
    assert library.drawn == [("a red coin", 2)]
    apart = [expected(prior, noisy[n : n + 1], time[:1], "a red coin", four[n : n + 1]) for n in range(4)]
    torch.testing.assert_close(together, torch.cat(apart))
    mixed = conditioned(prior, "a red coin", FRONT, 1)["weights"] + prior.embed("a leaf")["weights"]
    both = prior.seen_from({"weights": mixed}, FRONT.camera_to_world, FRONT.world_to_clip)
    middle = prior.clean(noisy[:1], prior.predict_noise(noisy[:1], time[:1] + 0.5, both), time[:1] + 0.5)
    assert min(middle[0, 0, 4, 4], middle[0, 2, 4, 4]) > middle[0, 1, 4, 4] + 0.1  # red or blue, but not green


def test_words_choose_models_and_the_library_makes_what_it_knows(caplog: pytest.LogCaptureFixture) -> None:
    library = Squares()
    prior = ModelPrior(library, side=8, encoder="")
    assert prior.chosen("a red coin, back view") == ["a red coin"]
    assert prior.chosen("a green coin") == ["a green coin"]
    assert prior.chosen("a purple leaf") == ["purple: a leaf"]
    purple = expected(prior, torch.zeros(1, 3, 8, 8), torch.tensor([0.9]), "a purple leaf", FRONT)[0, :, 4, 4]
    assert purple[2] > purple[0] > purple[1]
    assert len(library.drawn) == 1  # nothing is drawn before a picture is looked at
    with caplog.at_level(logging.WARNING, "limn"):
        prior.chosen("a red dragon")
    assert "no picture is about 'dragon'" in caplog.text
    with pytest.raises(InputError, match="patch is 4"):
        ModelPrior(library, patch=4)


def test_the_loss_tells_the_prior_what_the_cameras_are() -> None:
    loss = Distillation(Prompt.parse("a red coin"), prior=ModelPrior(Squares(), side=8), samples=2)
    ahead, behind = (orbit(torch.tensor(a), 0.0, 2.5, 0.8) for a in ([0.0, math.pi], [math.pi, 0.0]))
    rgb = Squares().over_white("a red coin", ahead, 8)[None]
    right, wrong = (
        loss(Frames(rgb, torch.ones(1, 2, 1, 8, 8), cameras=cameras), Step(0, 2, training=False))
        for cameras in (ahead, behind)
    )
    assert float(right) < 0.3 * float(wrong)
    flat = Points(torch.rand(1, 2)).render()
    assert loss(flat, Step(0, 2)).isfinite().all()
