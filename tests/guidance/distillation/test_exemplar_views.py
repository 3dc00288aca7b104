"""Exemplars that know the camera: which views take part, how they are framed, and what the denoiser makes of them."""

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
from guidance.distillation.condition import repeat
from guidance.distillation.exemplars.model_prior import ModelPrior, Shown, angles, cut, nearest
from guidance.distillation.exemplars.models import ModelLibrary, ModelViews
from guidance.distillation.views import Sight, sight_of
from limn.cameras import Cameras, orbit
from limn.errors import InputError
from limn.frames import Frames

AZIMUTH = torch.arange(8) * math.pi / 4
SIZE = 1 / (2.5 * math.tan(0.4))


class Coins(ModelLibrary):
    """Things that are one colour in front and another one behind: views blend from one to the other."""

    name = "coins"

    def __init__(self) -> None:
        self.captions = ["a red coin", "a leaf"]
        self.asked: list[str] = []

    def makes(self, text: str) -> bool:
        return text == "a green coin" or super().makes(text)

    def views(self, text: str, side: int) -> ModelViews:
        self.asked.append(text)
        colour = torch.tensor({"red": [1.0, 0, 0], "leaf": [0, 0, 1.0], "green": [0, 1.0, 0]}[text.split()[1]])
        front = (1 + AZIMUTH.cos()) / 2
        inner = front[:, None] * colour + (1 - front)[:, None] * torch.tensor([0.5, 0.5, 0.5])
        pictures = torch.ones(8, 3, side, side)
        pictures[:, :, side // 4 : side - side // 4, side // 4 : side - side // 4] = inner[:, :, None, None]
        return ModelViews((pictures * 255).round().byte(), AZIMUTH, torch.zeros(8), SIZE)


def sight(cameras: Cameras) -> Sight:
    return sight_of(cameras.camera_to_world, cameras.world_to_clip)


def expected(prior: ModelPrior, noisy: Tensor, time: Tensor, text: str, cameras: Cameras | None) -> Tensor:
    """The picture that a noisy one stands for."""
    condition = repeat(prior.embed(text), len(noisy))
    if cameras is not None:
        condition = prior.seen_from(condition, sight(cameras))
    return prior.clean(noisy, prior.predict_noise(noisy, time, condition), time)


def test_sight_is_where_the_origin_is_in_the_picture() -> None:
    draws = torch.rand(5, 6, generator=torch.Generator().manual_seed(0))
    azimuth, elevation, target = 6 * draws[0] - 3, draws[1] - 0.3, 0.3 * (draws[2:5].T - 0.5)
    straight = orbit(azimuth, elevation, 2.5, 0.8)
    seen = sight(straight)
    torch.testing.assert_close(seen.azimuth, azimuth)
    torch.testing.assert_close(seen.elevation, elevation)
    torch.testing.assert_close(seen.size, torch.full((6,), SIZE))
    torch.testing.assert_close(torch.stack([seen.right, seen.up]), torch.zeros(2, 6), atol=1e-6, rtol=0)
    for aside in (orbit(azimuth, elevation, 2.5, 0.8, target), orbit(azimuth, elevation, 2.5, 0.0, target)):
        seen = sight(aside)
        origin = aside.world_to_clip[:, :, 3]
        torch.testing.assert_close(torch.stack([seen.right, seen.up], 1), origin[:, :2] / origin[:, 3:])
        up = F.normalize(aside.camera_to_world[:, :3, 1], dim=1)
        moved = (aside.world_to_clip @ torch.cat([1e-3 * up, torch.ones(6, 1)], 1)[:, :, None])[..., 0]
        rise = (moved[:, 1] / moved[:, 3] - seen.up) / 1e-3
        torch.testing.assert_close(seen.size, rise, rtol=0.02, atol=0)


def test_only_the_nearest_views_take_part_and_share_by_their_angle() -> None:
    views = Coins().views("a red coin", 8)
    at = [
        nearest(views, Sight(*(torch.tensor(v, dtype=torch.double) for v in (a, 0.0, SIZE, 0, 0))))[0]
        for a in (0.1, 0.39, math.pi / 8)
    ]
    assert at[0].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert (at[1] > 0).tolist() == [True, True, *[False] * 6]
    torch.testing.assert_close(at[2][:2], torch.full((2,), 0.5))
    assert nearest(views, None)[0].tolist() == [1 / 8] * 8
    a, e, b, f = torch.rand(4, 9, dtype=torch.double, generator=torch.Generator().manual_seed(1)) * 3 - 1.5

    def direction(azimuth: Tensor, elevation: Tensor) -> Tensor:
        return torch.stack([azimuth.sin() * elevation.cos(), elevation.sin(), azimuth.cos() * elevation.cos()], 1)

    torch.testing.assert_close(angles(a, e, b, f).cos(), (direction(a, e) * direction(b, f)).sum(1))


def test_the_denoiser_is_the_posterior_of_the_views_that_take_part() -> None:
    prior = ModelPrior(Coins(), side=8, shift=1)
    generator = torch.Generator().manual_seed(0)
    cameras = orbit(torch.tensor([0.3, 0.5]), 0.0, 2.5, 0.8)
    noisy, time = torch.randn(2, 3, 8, 8, generator=generator), torch.tensor([0.6, 0.9])
    found = expected(prior, noisy, time, "a red coin", cameras)
    views = Coins().views("a red coin", 16)
    alpha, sigma = prior.level(time)
    for row in range(2):
        here = Sight(*(value[row].double() for value in sight(cameras)))
        share = nearest(views, here)[0]
        flat, logits = [], []
        for view in share.nonzero()[:, 0].tolist():
            whole = F.pad(F.avg_pool2d(views.pictures[view].float() / 255, 2) * 2 - 1, [1] * 4, value=1.0)
            for down in range(3):
                for across in range(3):
                    y = whole[:, down : down + 8, across : across + 8]
                    flat.append(y)
                    logits.append(
                        share[view].log() - (noisy[row] - alpha[row] * y).square().sum() / (2 * sigma[row, 0] ** 2)
                    )
        chances = torch.stack(logits).flatten().softmax(0)
        torch.testing.assert_close(
            found[row], torch.einsum("k,kchw->chw", chances, torch.stack(flat)), atol=0.02, rtol=0
        )


def test_front_and_back_differ_and_flat_pictures_may_be_any_side() -> None:
    prior, time = ModelPrior(Coins(), side=8, shift=0), torch.full((2,), 0.9)
    noise = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    cameras = orbit(torch.tensor([0.0, math.pi]), 0.0, 2.5, 0.8)
    sides = expected(prior, prior.add_noise(torch.zeros(2, 3, 8, 8), noise, time), time, "a red coin", cameras)
    torch.testing.assert_close(sides[:, :, 4, 4], torch.tensor([[1.0, -1, -1], [0, 0, 0]]), atol=0.05, rtol=0)
    time = torch.full((2,), 0.1)
    flat = expected(prior, prior.add_noise(sides, noise, time), time, "a red coin", None)
    torch.testing.assert_close(flat, sides, atol=0.05, rtol=0)


@pytest.mark.parametrize("far", [2.0, 3.5])
def test_views_are_framed_as_the_camera_frames_the_origin(far: float) -> None:
    prior, time = ModelPrior(Coins(), side=16), torch.tensor([0.95])
    cameras = orbit(0.0, 0.0, far, 0.8, torch.tensor([0.15, -0.1, 0.0]))
    front = expected(prior, torch.zeros(1, 3, 16, 16), time, "a leaf", cameras)[0]
    red, height, width = (1 - front[0]) / 2, torch.arange(16) + 0.5, torch.arange(16) + 0.5
    seen = sight(cameras)
    assert red.sum().sqrt() == pytest.approx(8 * float(seen.size) / SIZE, rel=0.06)
    middle = [float((red.sum(d) * at).sum() / red.sum()) / 8 - 1 for d, at in ((0, width), (1, height))]
    assert middle == pytest.approx([float(seen.right), -float(seen.up)], abs=0.05)


def test_words_choose_models_and_the_library_makes_what_it_knows(caplog: pytest.LogCaptureFixture) -> None:
    library = Coins()
    prior = ModelPrior(library, side=8, encoder="")
    assert prior.chosen("a red coin, back view") == ["a red coin"]
    assert prior.chosen("a green coin") == ["a green coin"]
    assert prior.chosen("a purple leaf") == ["purple: a leaf"]
    assert not library.asked  # nothing is drawn before a picture is looked at
    with caplog.at_level(logging.WARNING, "limn"):
        prior.chosen("a red dragon")
    assert "no picture is about 'dragon'" in caplog.text
    with pytest.raises(InputError, match="patch is 4"):
        ModelPrior(library, patch=4)


def test_the_loss_tells_the_prior_where_cameras_stand() -> None:
    loss = Distillation(Prompt.parse("a red coin"), prior=ModelPrior(Coins(), side=8), samples=2)
    flat = Points(torch.rand(1, 2)).render()
    coin = Coins().views("a red coin", 8).pictures[[0, 4]].float()[None] / 255
    sides = Frames(coin, flat.alpha.expand(1, 2, 1, 8, 8) if flat.alpha.shape[-1] == 8 else torch.ones(1, 2, 1, 8, 8))
    right, wrong = (
        loss(Frames(sides.rgb, sides.alpha, cameras=orbit(torch.tensor(a), 0.0, 2.5, 0.8)), Step(0, 2, training=False))
        for a in ([0.0, math.pi], [math.pi, 0.0])
    )
    assert float(right) < 0.3 * float(wrong)


def test_a_picture_as_it_is_framed_loses_nothing() -> None:
    picture = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(cut(picture, Shown(0, 0, 0), 8, 8), F.avg_pool2d(picture, 2))
    torch.testing.assert_close(cut(picture, Shown(0, 0, 0), 12, 8)[..., 2:-2, 2:-2], F.avg_pool2d(picture, 2))
