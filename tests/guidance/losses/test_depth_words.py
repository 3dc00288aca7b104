"""Depth in words: DepthCLIP's formula, embeddings of patches, and agreement with a rendered depth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from guidance import AugmentedEncoder, Encoder, Step, load_encoder
from guidance.encoders.towers import DENSE
from guidance.losses import DepthWords, depth_agreement, depth_from_words
from guidance.losses.depth_words import BINS, PHRASES, TEMPLATE, depth_of_patches
from limn.errors import InputError
from limn.frames import Frames

STEP = Step(0, 9)


def test_depth_is_the_mean_of_bins_by_a_softmax() -> None:
    draws = torch.Generator().manual_seed(0)
    patches, text = torch.randn(8, 1, 2, generator=draws), torch.randn(7, 8, generator=draws)
    found = depth_from_words(patches, text, torch.tensor(BINS), temperature=0.05)
    assert found.shape == (1, 2)
    for place in range(2):
        cosines = [float(torch.dot(patches[:, 0, place], t) / patches[:, 0, place].norm() / t.norm()) for t in text]
        weights = [math.exp(c / 0.05) for c in cosines]
        by_hand = sum(w * b for w, b in zip(weights, BINS, strict=True)) / sum(weights)
        assert float(found[0, place]) == pytest.approx(by_hand, rel=1e-4)


def test_published_settings() -> None:
    assert len(PHRASES) == len(BINS) == 7
    assert TEMPLATE.replace("{}", PHRASES[3]) == "This object is not in distance"
    patches = torch.eye(7)[:, None]  # each patch is one of the words
    torch.testing.assert_close(depth_from_words(patches, torch.eye(7), torch.tensor(BINS))[0], torch.tensor(BINS))


def test_agreement_is_pearsons_coefficient() -> None:
    draws = torch.Generator().manual_seed(0)
    x, y = (torch.rand(4, 5, generator=draws) for _ in range(2))
    counts = (torch.rand(4, 5, generator=draws) > 0.4).float()
    kept = counts.bool()
    expected = np.corrcoef(x[kept].numpy(), y[kept].numpy())[0, 1]
    assert float(depth_agreement(x, y, counts)) == pytest.approx(expected, abs=1e-4)
    assert float(depth_agreement(3 * x + 7, x, counts)) == pytest.approx(1.0, abs=1e-4)
    assert float(depth_agreement(-x, x, counts)) == pytest.approx(-1.0, abs=1e-4)
    assert float(depth_agreement(torch.ones(4, 5), x, counts)) == 0.0


def test_depth_of_patches_is_that_of_what_they_show(encoder: Encoder) -> None:
    depth, alpha = torch.zeros(1, 1, 64, 64), torch.zeros(1, 1, 64, 64)
    depth[..., :16, :32], alpha[..., :16, :32] = 2.0, 1.0
    depth[..., 32:], alpha[..., 32:] = 3.0, 1.0
    found, counts = depth_of_patches(depth, alpha, torch.zeros(1, 2, 2), encoder)
    there = torch.tensor([[[0.5, 1.0], [0.0, 1.0]]])
    torch.testing.assert_close(counts, there, atol=0.15, rtol=0)
    torch.testing.assert_close(found[there > 0], torch.tensor([2.0, 3.0, 3.0]), atol=0.4, rtol=0)


@pytest.fixture
def scene(random_pictures: Callable[..., Tensor]) -> Frames:
    """Noise on a ramp."""
    rgb = random_pictures(2, 1, 3, 96, 96)
    depth = torch.linspace(1.0, 3.0, 96).expand(2, 1, 1, 96, 96)
    return Frames(rgb, torch.ones_like(rgb[:, :, :1]), depth)


def test_loss_reads_both_ways(folders: dict[str, Path], scene: Frames) -> None:
    encoder = load_encoder(f"local-dir:{folders['vit']}", precision="float32", size=96)
    loss = DepthWords(AugmentedEncoder(encoder, num_augs=0), temperature=0.05)
    patches = encoder(scene.rgb[:, 0], [DENSE]).layers[DENSE]
    told = depth_from_words(patches, loss.text, torch.tensor(BINS), 0.05)
    ramp = torch.linspace(0, 1, 6).expand(6, 6).flatten().numpy()
    by_hand = [1 - np.corrcoef(ramp, one.flatten().numpy())[0, 1] for one in told]
    torch.testing.assert_close(loss(scene, STEP), torch.tensor(by_hand).float(), atol=0.02, rtol=0)
    scene.rgb.requires_grad_()
    moved = replace(scene, depth=scene.depth.clone().requires_grad_())  # type: ignore[union-attr]
    loss(moved, STEP).sum().backward()
    assert scene.rgb.grad is not None
    assert scene.rgb.grad.any()
    assert moved.depth is not None
    assert moved.depth.grad is not None
    assert moved.depth.grad.any()


def test_what_it_refuses(encoder: Encoder, folders: dict[str, Path], scene: Frames) -> None:
    whole = load_encoder(f"local-dir:{folders['timm-convnet']}", precision="float32")
    with pytest.raises(InputError, match="knows no words for places"):
        DepthWords(AugmentedEncoder(whole, num_augs=0))
    view = AugmentedEncoder(encoder, num_augs=0)
    with pytest.raises(InputError, match="2 phrases for 7 bins"):
        DepthWords(view, phrases=("near", "far"))
    with pytest.raises(InputError, match="this scene has no depth"):
        DepthWords(view)(replace(scene, depth=None), STEP)
