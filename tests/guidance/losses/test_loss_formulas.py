"""Functional form, module and published formula agree."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Augmentations, AugmentedEncoder, Encoder, Prompt, Step, load_encoder
from guidance.losses import (
    FourierVariation,
    ImageSimilarity,
    LayerFeatures,
    PixelDistance,
    TextContrast,
    TextSimilarity,
    TotalVariation,
    fourier_variation,
    image_similarity,
    layer_features,
    pixels,
    text_contrast,
    text_similarity,
    total_variation,
)
from guidance.target import Target
from limn.errors import InputError
from limn.frames import Frames

STEP = Step(2, 10)
Make = Callable[..., Tensor]


@pytest.fixture
def view(encoder: Encoder) -> AugmentedEncoder:
    return AugmentedEncoder(encoder, Augmentations(["perspective", "crop"]), num_augs=2)


def angle(x: Tensor, y: Tensor) -> float:
    return math.acos(float(torch.dot(x, y) / x.norm() / y.norm()))


def chord(x: Tensor, y: Tensor) -> float:
    return float((x / x.norm() - y / y.norm()).norm())


def test_text_similarity(view: AugmentedEncoder, random_frames: Callable[..., Frames]) -> None:
    frames, prompt = random_frames(), Prompt.parse("a red apple:2 | blurry:-0.5")
    embedding = view(frames, STEP).embedding
    text = view.encoder.encode_text(["a red apple", "blurry"])
    for distance, far in (
        ("cosine", lambda x, y: 1 - math.cos(angle(x, y))),
        ("spherical", lambda x, y: 2 * math.asin(chord(x, y) / 2) ** 2),
    ):
        by_hand = [
            sum(2 * far(look, text[0]) - 0.5 * far(look, text[1]) for look in looks) / len(looks) for looks in embedding
        ]
        functional = text_similarity(embedding, text, prompt.weights, distance)  # type: ignore[arg-type]
        module = TextSimilarity(view, prompt, distance)(frames, STEP)  # type: ignore[arg-type]
        torch.testing.assert_close(functional, torch.tensor(by_hand), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(module, functional)


def test_spherical_distance_has_a_gradient_at_its_minimum() -> None:
    x = torch.tensor([[[1.0, 2.0, 3.0]]], requires_grad=True)
    text_similarity(x, x[0].detach(), torch.ones(1), "spherical").sum().backward()
    assert torch.isfinite(x.grad).all()


def test_text_contrast(view: AugmentedEncoder, random_frames: Callable[..., Frames]) -> None:
    frames, prompt, others = random_frames(), Prompt.parse("a red apple:2 | a worm:-1"), ["a dog", "a blue car"]
    embedding = F.normalize(view(frames, STEP).embedding, dim=-1)
    text = F.normalize(view.encoder.encode_text(["a red apple", "a worm", *others]), dim=-1)
    likely = (embedding @ text.T / 0.1).softmax(dim=-1)[..., 0]
    functional = text_contrast(embedding, text, prompt.weights, 10.0)
    torch.testing.assert_close(functional, -2 * likely.log().mean(dim=1))
    torch.testing.assert_close(TextContrast(view, prompt, others, temperature=0.1)(frames, STEP), functional)


def test_text_contrast_needs_something_to_tell_apart(view: AugmentedEncoder) -> None:
    with pytest.raises(InputError, match="needs `others`"):
        TextContrast(view, Prompt.parse("a cat"))
    with pytest.raises(InputError, match="no caption to tell 'a cat' from"):
        TextContrast(view, Prompt.parse("a cat"), ["a cat"])
    with pytest.raises(InputError, match="positive weight"):
        TextContrast(view, Prompt.parse("a cat:-1"), ["a dog"])


def test_image_similarity(view: AugmentedEncoder, random_frames: Callable[..., Frames], random_pictures: Make) -> None:
    frames, target = random_frames(), random_pictures(1, 3, 72, 72, seed=5)
    ours, theirs = view(frames, STEP).embedding, view.target(Target(target), frames, STEP).embedding
    by_hand = [sum(1 - math.cos(angle(x, y)) for x, y in zip(looks, theirs[0], strict=True)) / 3 for looks in ours]
    torch.testing.assert_close(image_similarity(ours, theirs), torch.tensor(by_hand), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ImageSimilarity(view, Target(target))(frames, STEP), image_similarity(ours, theirs))


def test_layer_features_is_clipassos(
    view: AugmentedEncoder, random_frames: Callable[..., Frames], random_pictures: Make
) -> None:
    frames, target = random_frames(), random_pictures(1, 3, 72, 72, seed=5)
    weights = {"layer2": 1.0, "layer3": 0.5}
    loss = LayerFeatures(view, Target(target), weights)
    ours, theirs = view(frames, STEP).layers, view.target(Target(target), frames, STEP).layers
    by_hand = torch.stack([F.mse_loss(ours["layer2"][s], theirs["layer2"][0]) for s in range(2)])
    by_hand += 0.5 * torch.stack([F.mse_loss(ours["layer3"][s], theirs["layer3"][0]) for s in range(2)])
    torch.testing.assert_close(layer_features(ours, theirs, weights), by_hand)
    torch.testing.assert_close(loss(frames, STEP), by_hand)


def test_layer_features_by_other_distances() -> None:
    x, y = torch.randn(2, 3, 4, 2, 2), torch.randn(1, 3, 4, 2, 2)
    absolute = layer_features({"a": x}, {"a": y}, {"a": 2.0}, "l1")
    torch.testing.assert_close(absolute, 2 * (x - y).abs().mean(dim=(1, 2, 3, 4)))
    cosine = layer_features({"a": x}, {"a": y}, {"a": 1.0}, "cosine")
    torch.testing.assert_close(cosine, 1 - F.cosine_similarity(x, y.expand_as(x), dim=2).mean(dim=(1, 2, 3)))


def test_every_view_meets_the_target_in_the_same_look() -> None:
    target = torch.randn(1, 3, 8)
    views = torch.cat([target, target], dim=1)  # V = 2, three looks each
    torch.testing.assert_close(image_similarity(views, target), torch.zeros(1), atol=1e-6, rtol=0)


def test_layer_features_wants_a_layer(view: AugmentedEncoder, random_pictures: Make) -> None:
    with pytest.raises(InputError, match="layers is empty"):
        LayerFeatures(view, Target(random_pictures(1, 3, 8, 8)), {})
    with pytest.raises(InputError, match="did you mean"):
        LayerFeatures(view, Target(random_pictures(1, 3, 8, 8)), {"layer22": 1.0})


def test_pixels(random_frames: Callable[..., Frames], random_pictures: Make) -> None:
    frames, target = random_frames(views=2, size=8), random_pictures(1, 3, 8, 8, seed=5)
    difference = frames.rgb - target
    torch.testing.assert_close(pixels(frames.rgb, target), difference.square().mean(dim=(1, 2, 3, 4)))
    torch.testing.assert_close(
        PixelDistance(Target(target), "l1")(frames, STEP), difference.abs().mean(dim=(1, 2, 3, 4))
    )
    large = F.interpolate(target, scale_factor=3, mode="nearest")
    torch.testing.assert_close(
        PixelDistance(Target(large.mean(dim=(2, 3), keepdim=True).expand(1, 3, 24, 24)))(frames, STEP),
        pixels(frames.rgb, target.mean(dim=(2, 3), keepdim=True)),
    )


def test_total_variation(random_frames: Callable[..., Frames]) -> None:
    ramp = torch.linspace(0, 1, 5).expand(1, 1, 3, 4, 5)
    torch.testing.assert_close(total_variation(ramp), torch.tensor([0.25]))
    frames = random_frames()
    torch.testing.assert_close(TotalVariation()(frames, STEP), total_variation(frames.rgb))


def test_text_contrast_tells_the_prompt_from_the_whole_world_of_the_embedded_encoder(
    random_frames: Callable[..., Frames],
) -> None:
    view = AugmentedEncoder(load_encoder("pocket"), num_augs=0)
    loss = TextContrast(view, Prompt.parse("a red circle"))
    assert len(loss.text) > 100
    assert torch.isfinite(loss(random_frames(), STEP)).all()


def test_the_variation_in_fourier_space_of_a_wave_is_its_steepest_slope() -> None:
    across = torch.arange(32.0)[None, :].expand(24, 32)
    wave = 0.5 + 0.2 * torch.cos(2 * math.pi * 3 * across / 32)
    rgb = torch.stack([wave, wave, torch.full_like(wave, 0.7)]).view(1, 1, 3, 24, 32)
    expected = torch.tensor([2 / 3 * 0.2 * 2 * math.pi * 3 / 32])
    torch.testing.assert_close(fourier_variation(rgb), expected)
    frames = Frames(rgb, torch.ones(1, 1, 1, 24, 32))
    torch.testing.assert_close(FourierVariation()(frames, STEP), expected)


def test_no_slope_is_steeper_than_the_variation_in_fourier_space(random_pictures: Make) -> None:
    rgb = random_pictures(3, 2, 1, 20, 20, seed=2)
    slopes = rgb.diff(dim=-1).abs().flatten(2).amax(dim=2).mean(dim=1)
    assert (slopes <= fourier_variation(rgb)).all()
