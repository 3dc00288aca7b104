"""Fooling: pictures of things, and pictures that please one encoder alone."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from guidance import Encoder, Prompt, load_encoder
from guidance.distillation.exemplars.pictures import read_collection
from guidance.fooling import fooling, jpeg, measure_fooling, shifted, standing


@pytest.fixture(scope="module")
def encoders() -> tuple[Encoder, Encoder]:
    """That which is optimised against, and the judge."""
    return load_encoder("pocket", precision="float32"), load_encoder("pocket-judge", precision="float32")


@pytest.mark.parametrize(
    ("optimised", "judge", "share"),
    [(8.0, 2.0, 0.75), (8.0, -3.0, 1.0), (5.0, 6.0, 0.0), (0.2, 0.0, 0.2), (-1.0, -2.0, 0.0)],
)
def test_the_share_that_the_judge_does_not_see(optimised: float, judge: float, share: float) -> None:
    assert fooling(optimised, judge) == pytest.approx(share)


def test_standing_does_not_know_the_range_of_cosines() -> None:
    generator = torch.Generator().manual_seed(0)
    cosine, others = torch.rand(3, 2, generator=generator), torch.rand(3, 50, generator=generator)
    expected = (cosine.numpy() - others.numpy().mean(1, keepdims=True)) / others.numpy().std(1, ddof=1, keepdims=True)
    np.testing.assert_allclose(standing(cosine, others).numpy(), expected, rtol=1e-5)
    torch.testing.assert_close(standing(0.3 * cosine - 0.1, 0.3 * others - 0.1), standing(cosine, others))


def test_jpeg_is_that_of_a_file(random_pictures: Callable[..., Tensor]) -> None:
    pictures = random_pictures(2, 3, 24, 40, seed=1)
    pixels = (pictures[1].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=50)
    found = (jpeg(pictures)[1].permute(1, 2, 0).numpy() * 255).round()
    np.testing.assert_array_equal(found, np.asarray(Image.open(file)))


def test_a_shift_moves_and_keeps_the_size() -> None:
    picture = torch.zeros(1, 1, 64, 32)
    picture[..., 10, 10] = 1.0
    assert shifted(picture).nonzero().tolist() == [[0, 0, 12, 11]]
    assert shifted(picture).shape == picture.shape


def test_pictures_of_things_fool_nobody_and_pixels_that_please_one_encoder_do(
    encoders: tuple[Encoder, Encoder],
) -> None:
    world = read_collection("")
    numbers = range(0, 600, 150)
    for number, picture in zip(numbers, world.resized(64, numbers), strict=True):
        seen = measure_fooling(picture[None], Prompt.parse(world.captions[number]), *encoders)
        assert seen["fooling"] < 0.35
        assert min(seen["fooling_jpeg"], seen["fooling_blur"], seen["fooling_shift"]) > 0.75 * seen["fooling_score"]
    prompt = Prompt.parse("a red apple:2 | a worm:-1")
    pictures = pleasing(encoders[0], prompt)
    seen = measure_fooling(pictures, prompt, *encoders)
    assert seen["fooling"] > 0.6
    assert seen["fooling_judge"] < 0.3 < seen["fooling_score"]
    assert seen["fooling_jpeg"] < 0.75 * seen["fooling_score"]
    assert measure_fooling(pictures, prompt, encoders[0], None).keys() == seen.keys() - {"fooling", "fooling_judge"}


def pleasing(encoder: Encoder, prompt: Prompt) -> Tensor:
    """Pixels that are nearest to the first phrase for one encoder."""
    pixels = torch.full((1, 3, 64, 64), 0.5, requires_grad=True)
    words = prompt.embed(encoder)[0]
    optimiser = torch.optim.Adam([pixels], lr=0.05)
    for _ in range(15):
        optimiser.zero_grad()
        far = -torch.cosine_similarity(encoder(pixels).embedding, words).sum()
        (pixels.grad,) = torch.autograd.grad(far, pixels)
        optimiser.step()
        pixels.data.clamp_(0.0, 1.0)
    return pixels.detach()
