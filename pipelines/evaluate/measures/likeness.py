"""Likeness to a target: SSIM, PSNR and LPIPS."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.losses.lpips import LAYERS, learned_heads, lpips
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject
from pipelines.inputs.pictures import fit, read_picture


def psnr(picture: Tensor, target: Tensor) -> float:
    """Peak signal-to-noise ratio in decibels, -10 log10 of the mean squared error; 100 where they are equal.

    Args:
        picture: [..., H, W] in 0..1.
        target: of the same shape.
    """
    error = float((picture - target).double().square().mean())
    return 100.0 if error < 1e-10 else -10.0 * torch.tensor(error).log10().item()


def ssim(picture: Tensor, target: Tensor) -> float:
    """Structural similarity, -1..1: in Gaussian windows of 11 pixels with sigma 1.5, which lie within the picture.

    Args:
        picture: [N, C, H, W] in 0..1, sides of 11 pixels or more.
        target: of the same shape.

    Source: Wang et al. 2004, C1 = 0.01^2, C2 = 0.03^2; the mean over channels.
    """
    x, y = picture.double().flatten(0, 1)[:, None], target.double().flatten(0, 1)[:, None]
    line = torch.exp(-0.5 * (torch.arange(-5, 6, dtype=torch.float64) / 1.5) ** 2)
    line = line / line.sum()
    window = (line[:, None] * line[None]).view(1, 1, 11, 11)
    mean_x, mean_y, xx, yy, xy = (F.conv2d(each, window) for each in (x, y, x * x, y * y, x * y))
    var_x, var_y, both = xx - mean_x**2, yy - mean_y**2, xy - mean_x * mean_y
    light = (2 * mean_x * mean_y + 1e-4) / (mean_x**2 + mean_y**2 + 1e-4)
    return float((light * (2 * both + 9e-4) / (var_x + var_y + 9e-4)).mean())


def _pair(subject: Subject) -> tuple[Tensor, Tensor]:
    """A picture and its target, in the size of the target as the run saw it, at least 32 pixels [1, 3, H, W]."""
    assert subject.target is not None
    target = read_picture(subject.target)
    height, width = max(32, target.height), max(32, target.width)
    return fit(read_picture(subject.shown), (height, width)), fit(target, (height, width))


class Ssim(Measure):
    """How much a picture is like its target in structure, -1..1: `ssim`."""

    kinds = frozenset({"picture", "drawing"})
    needs = frozenset({"target"})
    higher = ("ssim",)

    def of(self, subject: Subject) -> Reading:
        """See `ssim`."""
        return {"ssim": ssim(*_pair(subject))}


class Psnr(Measure):
    """How much a picture is like its target, pixel by pixel, in decibels: `psnr`."""

    kinds = frozenset({"picture", "drawing"})
    needs = frozenset({"target"})
    higher = ("psnr",)

    def of(self, subject: Subject) -> Reading:
        """See `psnr`."""
        return {"psnr": psnr(*_pair(subject))}


class LpipsDistance(Measure):
    """How different a picture looks from its target: `lpips`, by the VGG16 that is shipped.

    Args:
        encoder: a VGG16; ``torchvision-vgg16:IMAGENET1K_V1`` is LPIPS itself, ``vgg`` a measure like it.
    """

    kinds = frozenset({"picture", "drawing"})
    needs = frozenset({"target"})
    lower = ("lpips",)
    encoder = "vgg"
    asked = True

    def __init__(self, encoder: Judge) -> None:
        self.heads = learned_heads()
        self.judge = encoder

    def of(self, subject: Subject) -> Reading:
        """See `lpips`."""
        picture, target = (self.judge.layers(each, LAYERS) for each in _pair(subject))
        return {"lpips": float(lpips(picture, target, self.heads))}
