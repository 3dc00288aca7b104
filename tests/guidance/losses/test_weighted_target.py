"""A target's weight means the same to every comparison."""

from collections.abc import Callable

import torch

from guidance import Encoder, Step
from guidance.encoders.augmented import AugmentedEncoder
from guidance.losses import ImageSimilarity, LayerFeatures, Lines, PixelDistance
from guidance.region import Region
from guidance.target import Target
from limn.frames import Frames


def _losses(target: Target, encoder: Encoder) -> list[torch.nn.Module]:
    view = AugmentedEncoder(encoder, num_augs=2)
    layer = encoder.layers[0]
    return [
        PixelDistance(target),
        Lines(target),
        ImageSimilarity(view, target),
        LayerFeatures(view, target, {layer: 1.0}),
    ]


def test_what_counts_nothing_has_no_gradient_and_all_else_has(
    encoder: Encoder, random_frames: Callable[..., Frames]
) -> None:
    frames, picture = random_frames(), torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(0))
    height, width = frames.rgb.shape[-2:]
    weight = torch.zeros(1, 1, height, width)
    weight[..., width // 2 :] = 1.0
    for loss in _losses(Target(picture, weight=weight), encoder):
        rgb = frames.rgb.clone().requires_grad_()
        value = loss(Frames(rgb, frames.alpha), Step(0, 4))
        (gradient,) = torch.autograd.grad(value.sum(), rgb)
        assert (gradient[..., : width // 2] == 0).all()
        assert gradient[..., width // 2 :].abs().sum() > 0


def test_full_weight_changes_nothing(encoder: Encoder, random_frames: Callable[..., Frames]) -> None:
    frames, picture = random_frames(), torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(0))
    plain, weighted = Target(picture), Target(picture, weight=torch.ones(1, 1, 20, 20))
    for a, b in zip(_losses(plain, encoder), _losses(weighted, encoder), strict=True):
        assert torch.allclose(a(frames, Step(1, 4)), b(frames, Step(1, 4)), atol=1e-6)


def test_pixels_by_hand(random_frames: Callable[..., Frames]) -> None:
    frames = random_frames()
    height, width = frames.rgb.shape[-2:]
    picture, weight = torch.rand(1, 3, height, width), torch.rand(1, 1, height, width)
    expected = ((frames.rgb - picture) * weight).square().flatten(1).mean(dim=1)
    assert torch.allclose(PixelDistance(Target(picture, weight=weight))(frames, Step(0, 1)), expected)


def test_a_part_of_the_target_keeps_its_weight() -> None:
    weight = torch.linspace(0, 1, 16).expand(1, 1, 16, 16)
    target = Target(torch.rand(1, 3, 16, 16), weight=weight)
    part = target.through(lambda frames, step: Region((0.5, 0.0, 1.0, 1.0)).of(frames))
    assert part.weight is not None
    assert torch.equal(part.weight, weight[..., 8:])
