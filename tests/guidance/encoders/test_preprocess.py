from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

from guidance.encoders import Preprocess
from guidance.encoders.resize import resize

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.25)


def smooth(height: int, width: int) -> torch.Tensor:
    coarse = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(1)) * 0.8 + 0.1
    return F.interpolate(coarse, size=(height, width), mode="bicubic").clamp(0, 1)


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("mode", ["squash", "longest"])
@pytest.mark.parametrize(("height", "width"), [(90, 120), (121, 77), (33, 33)])
def test_is_what_open_clip_does_to_the_picture(mode: str, interpolation: str, height: int, width: int) -> None:
    config = PreprocessCfg(48, "RGB", MEAN, STD, interpolation, mode, fill_color=255)
    picture = smooth(height, width)
    bytes_ = (picture[0] * 255).round().byte()
    theirs = image_transform_v2(config, is_train=False)(Image.fromarray(bytes_.permute(1, 2, 0).numpy()))
    preprocess = Preprocess.from_config(asdict(config))
    ours = preprocess.normalise(preprocess.fit(bytes_[None].float() / 255))
    # Pillow rounds to whole bytes after each of the two directions: 1/255 over the smallest std of 0.2 is 0.02.
    assert ours.shape[1:] == theirs.shape
    assert np.abs(ours[0].numpy() - theirs.numpy()).max() < 0.021


@pytest.mark.parametrize(("height", "width"), [(24, 96), (96, 24)])
def test_models_that_would_crop_see_the_whole_on_white(height: int, width: int) -> None:
    config = asdict(PreprocessCfg(48, "RGB", MEAN, STD, "bilinear", "shortest", fill_color=0))
    seen = Preprocess.from_config(config).fit(torch.zeros(1, 3, height, width))[0]
    black = (seen < 0.5).all(dim=0)
    assert (int(black.any(dim=1).sum()), int(black.any(dim=0).sum())) == (height // 2, width // 2)
    assert (seen[:, ~black] == 1).all()


def test_leaves_a_picture_of_the_right_size_alone() -> None:
    picture = torch.rand(1, 3, 48, 48)
    assert Preprocess((48, 48), MEAN, STD).fit(picture) is picture


@pytest.mark.parametrize("mode", ["bicubic", "bilinear"])
def test_resizing_to_several_sizes_has_torchs_values_and_gradients(mode: str) -> None:
    picture = torch.rand(2, 3, 37, 50, requires_grad=True)
    sizes = [(16, 20), (24, 50), (60, 70)]
    weights = [torch.rand(2, 3, *size) for size in sizes]
    theirs = [F.interpolate(picture, size=size, mode=mode, antialias=True) for size in sizes]
    (expected,) = torch.autograd.grad(sum((x * w).sum() for x, w in zip(theirs, weights, strict=True)), picture)
    ours = resize(picture, sizes, mode)
    (gradient,) = torch.autograd.grad(sum((x * w).sum() for x, w in zip(ours, weights, strict=True)), picture)
    for mine, reference in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, reference)
    torch.testing.assert_close(gradient, expected)
