"""What judges may look at beside colours, and losses that compare with a reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Augmentations, AugmentedEncoder, Encoder, Prompt, Step, TextSimilarity
from guidance.channels import ChannelLoss, channel_of, close_up, depth_map, geometry, look_at
from guidance.losses import PixelDistance, TextDirection, text_direction
from guidance.losses.direction import direction_of
from guidance.region import Region
from guidance.target import Target
from limn.errors import InputError
from limn.frames import Frames, geometry_of
from limn.surface import Connectivity, Surface

FACE = Connectivity(torch.tensor([[0, 1, 2]]))


def test_direction_is_the_published_formula(encoder: Encoder, random_frames: Callable[..., Frames]) -> None:
    view = AugmentedEncoder(encoder, Augmentations(["perspective"]), num_augs=2)
    prompt = Prompt.parse("a red apple", ["a photo of {}", "{}, seen from the side"])
    now, start = random_frames(candidates=2, views=3, seed=1), random_frames(candidates=1, views=3, seed=2)
    step = Step(3, 10)
    ours = TextDirection(view, prompt, Target(views=lambda frames, step: start), "a car")(now, step)

    texts = [
        F.normalize(encoder.encode_text([template.replace("{}", text) for template in prompt.templates]), dim=-1)
        for text in ("a red apple", "a car")
    ]
    words = F.normalize((texts[0] - texts[1]).mean(dim=0), dim=0)
    then, before = (F.normalize(view(frames, step).embedding, dim=-1) for frames in (now, start))
    published = (1 - F.cosine_similarity(then - before, words, dim=-1)).mean(dim=1)
    torch.testing.assert_close(direction_of("a car", prompt, view), words)
    torch.testing.assert_close(text_direction(then, before, words), published)
    torch.testing.assert_close(ours, published, rtol=0, atol=0.1)  # its floor bends it where little has changed


def test_direction_of_no_change_has_a_finite_slope() -> None:
    start = F.normalize(torch.randn(1, 4, 8, generator=torch.Generator().manual_seed(0)), dim=-1)
    direction = F.normalize(torch.arange(8.0), dim=0)
    embedding = start.clone().requires_grad_()
    value = text_direction(embedding, start, direction, floor=0.05)
    value.sum().backward()
    assert value.tolist() == [1.0]
    assert embedding.grad is not None
    assert embedding.grad.isfinite().all()
    assert text_direction(start - 0.01 * embedding.grad, start, direction, floor=0.05) < 1


def test_looking_together_is_text2mesh(encoder: Encoder, random_frames: Callable[..., Frames]) -> None:
    view, prompt = AugmentedEncoder(encoder, num_augs=0), Prompt.parse("a red apple")
    frames = random_frames(candidates=2, views=3)
    mean = torch.stack([encoder(frames.rgb[candidate]).embedding.mean(dim=0) for candidate in range(2)])
    expected = 1 - F.cosine_similarity(mean, prompt.embed(encoder), dim=-1)
    ours = TextSimilarity(view, prompt, together=True)(frames, Step(0, 10, training=False))
    torch.testing.assert_close(ours, expected)


def test_pixels_pairs_views_with_their_own_targets(random_frames: Callable[..., Frames]) -> None:
    now, then = random_frames(candidates=2, views=3, seed=1), random_frames(candidates=1, views=3, seed=2)
    loss = PixelDistance(Target(views=lambda frames, step: then), "l1")
    expected = torch.stack([(now.rgb[c] - then.rgb[0]).abs().mean() for c in range(2)])
    torch.testing.assert_close(loss(now, Step(0, 1)), expected)


def scene(random_frames: Callable[..., Frames]) -> Frames:
    """Half of the picture is at depth 2 and faces the camera, a quarter at depth 3, the rest is empty."""
    frames = random_frames(candidates=1, views=2, size=8)
    depth = torch.zeros(1, 2, 1, 8, 8)
    depth[..., :4, :], depth[..., 4:, :4] = 2.0, 3.0
    normal = torch.zeros(1, 2, 3, 8, 8)
    normal[:, :, 2, :4] = 1.0
    seen = torch.full((1, 2, 8, 8), -1, dtype=torch.int32)
    seen[..., :4, :], seen[..., 4:, :4] = 0, 1
    surface = Surface(torch.zeros(1, 3, 3), FACE, torch.zeros(3, 3), seen=seen)
    return replace(frames, alpha=(depth > 0).float(), depth=depth, normal=normal, geometry=surface)


def test_pictures_of_a_scene(random_frames: Callable[..., Frames]) -> None:
    frames, step = scene(random_frames), Step(0, 1)
    depth = channel_of(frames, step, "depth").rgb
    assert depth[0, 0, 0, :, 0].tolist() == pytest.approx([1.0] * 4 + [0.2] * 4)
    assert not depth[..., 4:, 4:].any()
    grey = channel_of(frames, step, "geometry").rgb
    assert (grey[0, :, 0] == grey[0, :, 2]).all()
    assert (grey[..., 4:, 4:] == 1).all()
    assert 0.5 < grey[0, 0, 0, 0, 0] < 0.9
    assert channel_of(frames, step, "normal").rgb[0, 0, :, 0, 0].tolist() == [0.5, 0.5, 1.0]
    assert torch.equal(channel_of(frames, step, "silhouette").rgb[:, :, :1], frames.alpha)
    assert channel_of(frames, step) is frames
    assert channel_of(frames, step, "depth") is channel_of(frames, step, "depth")
    with pytest.raises(InputError, match="depth: this scene has none"):
        channel_of(random_frames(), step, "depth")


def test_pictures_of_the_form_have_gradients() -> None:
    generator = torch.Generator().manual_seed(0)
    alpha = torch.rand(1, 1, 6, 6, generator=generator).double().requires_grad_()
    normal = torch.randn(1, 3, 6, 6, generator=generator).double().requires_grad_()
    depth = (1 + torch.rand(1, 1, 6, 6, generator=generator)).double().requires_grad_()
    assert torch.autograd.gradcheck(geometry, (normal, alpha))
    inside = depth.detach() * (alpha > 0.5)
    lowest, highest = inside[inside > 0].min(), inside.max()
    moved = depth.detach().clamp(lowest + 1e-3, highest - 1e-3)
    moved[0, 0, 0, :2] = torch.stack([lowest, highest])
    visible = torch.ones_like(alpha)
    grad = torch.autograd.grad(depth_map(moved.requires_grad_(), visible).sum(), moved)[0][0, 0, 1:]
    torch.testing.assert_close(grad, torch.full_like(grad, -3 * 0.8 / float(highest - lowest)))


def test_a_part_is_shown_alone_and_large(random_frames: Callable[..., Frames]) -> None:
    frames = scene(random_frames)
    seen = geometry_of(frames, Surface, "part").seen
    assert seen is not None
    rgb = torch.zeros(1, 2, 3, 8, 8)
    rgb[..., 4:, :4] = 0.5
    shown = close_up(rgb, seen, torch.tensor([False, True]))
    assert torch.isclose(shown, torch.tensor(0.5)).float().mean() > 0.3  # it was a quarter, less its border
    assert ((shown > 0.499) & (shown <= 1)).all()
    assert (close_up(rgb, seen, torch.tensor([False, False])) == 1).all()


def test_a_part_alone_is_judged_and_moved(encoder: Encoder, random_frames: Callable[..., Frames]) -> None:
    frames = scene(random_frames)
    rgb = frames.rgb.requires_grad_()
    text = TextSimilarity(AugmentedEncoder(encoder, num_augs=0), Prompt.parse("a dog"))
    loss = ChannelLoss(text, look_at(part=torch.tensor([False, True])))
    loss(frames, Step(0, 1)).sum().backward()
    grad: Tensor | None = rgb.grad
    assert grad is not None
    assert grad[..., 5:, :4].any()
    assert not grad[..., :5, :].any()


def test_a_region_is_cut_out_of_picture_and_target(encoder: Encoder, random_frames: Callable[..., Frames]) -> None:
    frames, target = random_frames(candidates=2, size=40), random_frames(candidates=1, size=80, seed=3).rgb[:, 0]
    look = look_at(region=Region((0.25, 0.5, 0.75, 1.0)))
    loss = ChannelLoss(PixelDistance(Target(target).through(look)), look)
    small = F.interpolate(target[..., 40:, 20:60], (20, 20), mode="bilinear", antialias=True)
    expected = (frames.rgb[:, 0, :, 20:, 10:30] - small).square().flatten(1).mean(dim=1)
    torch.testing.assert_close(loss(frames, Step(0, 1)), expected)
    step = Step(0, 1)
    assert look(frames, step) is look(frames, step)


def test_a_mask_shows_white_where_it_is_black(random_frames: Callable[..., Frames]) -> None:
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 2:6, 4:8] = 1.0
    mask[..., 2, 4] = 0.0
    region = Region.of_mask(mask)
    assert region.box == (0.5, 0.25, 1.0, 0.75)
    frames = random_frames(candidates=1, size=8)
    shown = region.of(frames).rgb
    assert shown.shape[-2:] == (4, 4)
    assert (shown[..., 0, 0] == 1).all()
    assert torch.equal(shown[..., 1:, :], frames.rgb[..., 3:6, 4:8])


@pytest.mark.parametrize("box", [(0.5, 0.0, 0.5, 1.0), (0.0, 0.0, 1.2, 1.0), (-0.1, 0.0, 1.0, 1.0)])
def test_a_region_that_shows_nothing_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(InputError, match="region: expected"):
        Region(box)
    with pytest.raises(InputError, match="black everywhere"):
        Region.of_mask(torch.zeros(1, 1, 4, 4))
