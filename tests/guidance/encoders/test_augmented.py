from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Augmentations, AugmentedEncoder, Encoder, Prompt, Step
from guidance.losses import ImageSimilarity, LayerFeatures, TextSimilarity
from guidance.target import Target
from limn.errors import InputError
from limn.frames import Frames

MakeFrames = Callable[..., Frames]


@pytest.fixture
def view(encoder: Encoder) -> AugmentedEncoder:
    return AugmentedEncoder(encoder, Augmentations(["perspective", {"crop": [0.7, 0.9]}, "noise"]), num_augs=3)


@pytest.fixture
def passes(encoder: Encoder) -> list[int]:
    """The number of pictures in each pass of the encoder's image tower."""
    seen: list[int] = []
    handle = encoder.tower.register_forward_hook(lambda _m, inputs, _o: seen.append(len(inputs[0])))
    yield seen
    handle.remove()


def test_shapes(view: AugmentedEncoder, random_frames: MakeFrames) -> None:
    view.require("layer2")
    frames = random_frames(candidates=2, views=2)
    encoded = view(frames, Step(0, 10))
    assert encoded.embedding.shape == (2, 2 * 4, 24)
    assert encoded.layers["layer2"].shape == (2, 2 * 4, 128, 8, 8)
    target = view.target(Target(frames.rgb[0, :1]), frames, Step(0, 10))
    assert target.embedding.shape == (1, 4, 24)
    assert target.layers["layer2"].shape == (1, 4, 128, 8, 8)


def test_a_judgement_looks_plainly(view: AugmentedEncoder, encoder: Encoder, random_frames: MakeFrames) -> None:
    frames = random_frames()
    judged = view(frames, Step(3, 10, training=False))
    torch.testing.assert_close(judged.embedding[:, 0], encoder.encode_image(frames.rgb[:, 0]).embedding)
    assert judged.embedding.shape[1] == 1
    assert view.target(Target(frames.rgb[0]), frames, Step(3, 10, training=False)).embedding.shape[1] == 1


def test_fine_lines_do_not_alias(encoder: Encoder) -> None:
    """Looks at a 224 px drawing through a 64 px encoder against looks that were taken with 64 samples a pixel."""
    y, x = torch.meshgrid(torch.arange(224.0), torch.arange(224.0), indexing="ij")
    rings = ((x - 100).hypot(y - 120) % 28 - 14).abs().clamp(0, 3) / 3  # lines of 4 px
    frames = Frames(rings.expand(1, 1, 3, 224, 224), torch.ones(1, 1, 1, 224, 224))
    view = AugmentedEncoder(encoder, Augmentations(["perspective", {"crop": 0.8}]), num_augs=4, include_clean=False)
    seen: list[Tensor] = []
    handle = encoder.tower.register_forward_pre_hook(lambda _m, inputs: seen.append(inputs[0]))
    view(frames, Step(0, 10))
    handle.remove()
    draw = view.augment.draw(4, Step(0, 10).generator("augment"))
    fine = draw(F.interpolate(frames.rgb[0], scale_factor=2, mode="bilinear"), (512, 512))[0]
    expected = encoder.preprocess.normalise(F.avg_pool2d(fine, 8))
    contrast = 1 / min(encoder.preprocess.std)
    assert 10 * torch.log10(contrast**2 / (seen[0] - expected).square().mean()) > 30  # dB


def test_without_a_clean_look(encoder: Encoder, random_frames: MakeFrames) -> None:
    view = AugmentedEncoder(encoder, Augmentations(["crop"]), num_augs=2, include_clean=False)
    frames = random_frames()
    assert view(frames, Step(0, 10)).embedding.shape[1] == 2
    assert view.target(Target(frames.rgb[0]), frames, Step(0, 10)).embedding.shape[1] == 2
    with pytest.raises(InputError, match="nothing to look at"):
        AugmentedEncoder(encoder, num_augs=0, include_clean=False)


def test_render_and_target_are_looked_at_alike(view: AugmentedEncoder, random_frames: MakeFrames) -> None:
    view.require("layer3")
    frames, step = random_frames(candidates=1), Step(4, 10)
    seen, target = view(frames, step), view.target(Target(frames.rgb[0]), frames, step)
    torch.testing.assert_close(seen.embedding, target.embedding, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(seen.layers["layer3"], target.layers["layer3"], rtol=1e-4, atol=1e-5)
    assert not target.embedding.requires_grad


def test_the_draw_depends_on_seed_and_step_alone(view: AugmentedEncoder, random_frames: MakeFrames) -> None:
    frames = random_frames()
    first, again, later, other = (
        view(frames, step).embedding for step in (Step(1, 9), Step(1, 9), Step(2, 9), Step(1, 9, seed=1))
    )
    assert torch.equal(first, again)
    assert torch.equal(first[:, 0], later[:, 0])
    assert not torch.allclose(first[:, 1:], later[:, 1:])
    assert not torch.allclose(first[:, 1:], other[:, 1:])


def test_three_losses_share_one_pass_a_step(
    view: AugmentedEncoder, random_frames: MakeFrames, random_pictures: Callable[..., Tensor], passes: list[int]
) -> None:
    picture = Target(random_pictures(1, 3, 72, 72, seed=9))
    losses = [
        TextSimilarity(view, Prompt.parse("a red apple")),
        ImageSimilarity(view, picture),
        LayerFeatures(view, picture, {"layer2": 1.0}),
    ]
    frames = random_frames(candidates=2)
    for index in range(2):
        step = Step(index, 10)
        for loss in losses:
            loss(frames, step)
    # candidates in clean and augmented looks; the target's clean look, once; its augmented ones
    assert sorted(passes) == sorted([2 * 4, 1, 3, 2 * 4, 3])


def test_other_pictures_in_the_same_step_are_not_mixed_up(view: AugmentedEncoder, random_frames: MakeFrames) -> None:
    step = Step(0, 10)
    first, second = random_frames(seed=1), random_frames(seed=2)
    assert not torch.allclose(view(first, step).embedding, view(second, step).embedding)
    assert view(first, step) is view(first, step)


def test_names_the_nearest_layer(view: AugmentedEncoder) -> None:
    with pytest.raises(InputError, match=r"did you mean 'layer4'\?"):
        view.require("layer2", "layer_4")


def test_a_target_for_each_view_is_seen_under_the_same_draw(view: AugmentedEncoder, random_frames: MakeFrames) -> None:
    frames, step = random_frames(candidates=2, views=3), Step(2, 10)
    own = random_frames(candidates=1, views=3, seed=5)
    seen = view.target(Target(views=lambda frames, step: own), frames, step).embedding
    assert seen.shape == (1, 3 * 4, 24)
    assert not seen.requires_grad
    for number in range(3):
        alone = view.target(Target(own.rgb[:, number]), frames, Step(2, 10)).embedding
        torch.testing.assert_close(seen[:, number * 4 : number * 4 + 4], alone, rtol=1e-3, atol=1e-4)


def test_a_target_that_is_encoded_already(view: AugmentedEncoder, random_frames: MakeFrames) -> None:
    frames = random_frames(candidates=2, views=2)
    style = torch.randn(1, 24, generator=torch.Generator().manual_seed(0))
    loss = ImageSimilarity(view, Target(embedding=style))
    seen = view(frames, Step(0, 10)).embedding
    expected = (1 - F.cosine_similarity(seen, style[None], dim=-1)).mean(dim=1)
    torch.testing.assert_close(loss(frames, Step(0, 10)), expected)
    with pytest.raises(InputError, match="the target has layers only"):
        ImageSimilarity(view, Target(layers={"layer2": torch.zeros(1, 8)}))(frames, Step(0, 10))


@pytest.mark.parametrize("training", [True, False])
def test_smoothing_puts_noise_on_every_look(encoder: Encoder, random_frames: MakeFrames, training: bool) -> None:
    frames, seen = random_frames(candidates=2), []
    handle = encoder.tower.register_forward_pre_hook(lambda _m, inputs: seen.append(inputs[0]))
    for smoothing in (0.0, 0.2, 0.2):
        view = AugmentedEncoder(encoder, Augmentations(["perspective"]), num_augs=3, smoothing=smoothing)
        looks = view(frames, Step(3, 10, training=training))
    handle.remove()
    plain, noisy, again = (looks.view(2, -1, 3, 64, 64) for looks in seen)
    assert torch.equal(noisy, again)
    noise = (noisy - plain) * torch.tensor(encoder.preprocess.std).view(3, 1, 1)
    assert noise.shape[1] == 4
    torch.testing.assert_close(noise[0], noise[1], rtol=0, atol=1e-5)
    assert [look.std().item() for look in noise[0]] == pytest.approx([0.2] * 4, abs=0.01)
    assert noise[0].flatten(1).corrcoef().triu(1).abs().max() < 0.05
    target = view.target(Target(frames.rgb[0]), frames, Step(3, 10, training=training))
    torch.testing.assert_close(looks.embedding[:1], target.embedding, rtol=1e-3, atol=1e-4)
