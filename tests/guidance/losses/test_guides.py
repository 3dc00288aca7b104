"""Guides: losses on statistics take them where a region and a mask say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Augmentations, AugmentedEncoder, Encoder, Loss, Prompt, Step, load_encoder
from guidance.losses import (
    Contextual,
    Gram,
    Moments,
    Palette,
    PatchDirection,
    Patches,
    RelaxedEmd,
    patch_direction,
)
from guidance.losses.direction import FLOOR, direction_of
from guidance.losses.guides import drawn, guided
from guidance.losses.statistics import channel_moments, gram_matrix
from guidance.region import Region
from guidance.target import Target
from limn.frames import Frames

SIZE = 32
STILL = Step(0, 10, training=False)
KINDS: dict[str, Callable[..., Loss]] = {
    "gram": Gram,
    "moments": Moments,
    "contextual": Contextual,
    "patches": Patches,
    "relaxed_emd": RelaxedEmd,
    "palette": Palette,
}


def built(name: str, target: Target, region: Region | None = None) -> Loss:
    arguments: dict[str, Any] = {"target": target, "region": region}
    if name != "palette":
        encoder = AugmentedEncoder(load_encoder("vgg", precision="float32", size=SIZE), num_augs=0)
        arguments |= {"encoder": encoder, "layers": {"relu1_1": 1.0}}
    return KINDS[name](**arguments)


def frames_of(rgb: Tensor) -> Frames:
    return Frames(rgb, torch.ones_like(rgb[:, :, :1]))


@pytest.mark.parametrize("name", KINDS)
def test_pixels_beyond_a_region_do_not_count(name: str, random_pictures: Callable[..., Tensor]) -> None:
    rgb = random_pictures(2, 1, 3, SIZE, SIZE, seed=1).requires_grad_()
    loss = built(name, Target(random_pictures(1, 3, SIZE, SIZE, seed=2)), Region((0.0, 0.0, 0.5, 1.0)))
    loss(frames_of(rgb), STILL).sum().backward()
    assert rgb.grad is not None
    far = SIZE // 2 + 3  # layers see a little beyond
    assert not rgb.grad[..., far:].any()
    assert rgb.grad[..., : SIZE // 2].any()


@pytest.mark.parametrize("name", KINDS)
def test_pixels_beyond_the_mask_of_a_target_do_not_count(name: str, random_pictures: Callable[..., Tensor]) -> None:
    frames = frames_of(random_pictures(1, 1, 3, SIZE, SIZE, seed=1))
    style = random_pictures(1, 3, SIZE, SIZE, seed=2)
    mask = torch.zeros(1, 1, SIZE, SIZE)
    mask[..., : SIZE // 2, :] = 1.0
    other = style.clone()
    other[..., SIZE // 2 + 3 :, :] = 0.3
    first, second = (built(name, Target(picture, weight=mask))(frames, STILL) for picture in (style, other))
    torch.testing.assert_close(first, second)
    assert not torch.allclose(first, built(name, Target(other))(frames, STILL), rtol=1e-3)


def test_statistics_of_a_guide_are_those_of_its_places() -> None:
    layer = torch.randn(2, 3, 5, 8, 8, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., :8] = 1.0
    weights = guided(layer, mask)
    torch.testing.assert_close(weights.sum(dim=(-2, -1)), torch.ones(1, 1, 1))
    inside = layer[..., :3]  # where the guide is whole
    assert weights[..., :3].min() == weights.max()
    half = torch.zeros(8, 8)
    half[:, :3] = 1 / 24
    torch.testing.assert_close(gram_matrix(layer, half[None, None, None]), gram_matrix(inside))
    torch.testing.assert_close(channel_moments(layer, half[None, None, None]), channel_moments(inside))
    torch.testing.assert_close(gram_matrix(layer, guided(layer)), gram_matrix(layer))


def test_places_are_drawn_as_often_as_the_guide_says() -> None:
    weights = torch.tensor([[[0.0, 3.0], [1.0, 0.0]]])
    counts = torch.bincount(drawn(weights, 4000, torch.Generator().manual_seed(0))[0], minlength=4)
    assert counts[0] == counts[3] == 0
    assert counts[1] == pytest.approx(3000, abs=120)


def test_guides_follow_the_looks(encoder: Encoder) -> None:
    view = AugmentedEncoder(encoder, Augmentations([{"crop": 0.4}]), num_augs=3)
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 10:40, 20:50] = 1.0
    step = Step(3, 10)
    looks = view._look(mask.expand(1, 3, -1, -1), step)[0, :, :1]
    torch.testing.assert_close(view.guides(mask, step), looks.clamp(0, 1), rtol=0, atol=1e-5)
    beside = AugmentedEncoder(encoder, Augmentations([{"affine": {"scale": [0.3, 0.3]}}]), num_augs=1)
    seen = beside.guides(torch.ones_like(mask), step)
    assert seen[1, 0, 0, 0] == 0  # nothing of the picture is there
    assert seen[1, 0, 32, 32] == 1


def test_patch_direction_is_the_published_formula(encoder: Encoder, random_frames: Callable[..., Frames]) -> None:
    view = AugmentedEncoder(encoder, Augmentations([{"crop": 0.1}, "perspective"]), num_augs=6, include_clean=False)
    now, start = random_frames(candidates=2, seed=1), random_frames(candidates=1, seed=2)
    prompt, step = Prompt.parse("a red apple"), Step(3, 10)
    then, before = (F.normalize(view(frames, step).embedding, dim=-1) for frames in (now, start))
    words = direction_of("a photo", prompt, view)
    far = 1 - F.cosine_similarity(then - before, words, dim=-1)
    threshold = float(far.median())
    published = far.clone()
    published[far < threshold] = 0
    torch.testing.assert_close(patch_direction(then, before, words, threshold), published.mean(dim=1))
    loss = PatchDirection(view, prompt, Target(start.rgb[0]), "a photo", threshold)
    torch.testing.assert_close(loss(now, step), patch_direction(then, before, words, threshold, FLOOR))
    assert patch_direction(then, before, words, 2.0).tolist() == [0.0, 0.0]
