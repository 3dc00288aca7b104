"""Edges of pictures as people draw them: outlines of things, and little of their texture."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.encoders.loading import load_encoder
from guidance.vgg.outlines import EdgeDetector


def edges(pictures: Tensor) -> Tensor:
    """Finds outlines by HED with the weights that are shipped, differentiably.

    It was trained on photographs of 480 by 320 pixels. Below 300 pixels it loses faces; work at 512 and more.

    Args:
        pictures: [N, 3, H, W] in 0..1.

    Returns:
        How surely there is an outline [N, 1, H, W] in 0..1; ridges a few pixels wide, see `thinned`.

    Source: Xie and Tu, Holistically-nested edge detection, ICCV 2015.
    """
    # In float32 wherever it is: where strokes begin does not depend on the processor, and nothing is measured first.
    encoder = load_encoder("vgg", str(pictures.device), "float32")
    model = encoder.model
    assert isinstance(model, EdgeDetector)
    x = encoder.preprocess.normalise(pictures).to(encoder.dtype, memory_format=torch.channels_last)
    layers = {name: layer.float() for name, layer in encoder.tower(x) if name in EdgeDetector.layers}
    return model.outlines(layers)


def thinned(ridges: Tensor) -> Tensor:
    """Keeps the crests of ridges: what is not the largest across its ridge becomes zero.

    Args:
        ridges: [N, 1, H, W], such as those of `edges`.

    Returns:
        [N, 1, H, W].

    Source: non-maximum suppression (Canny 1986), with the direction from second derivatives (Dollár and Zitnick 2015).
    """
    smooth = _blurred(ridges)
    dx, dy = _slope(smooth, -1), _slope(smooth, -2)
    xx, xy, yy = _slope(dx, -1), _slope(dx, -2), _slope(dy, -2)
    # The strongest curvature is across the ridge.
    angle = 0.5 * torch.atan2(2 * xy, xx - yy) + torch.pi / 2
    across = torch.cat([angle.cos(), angle.sin()], dim=1).permute(0, 2, 3, 1)
    height, width = ridges.shape[-2:]
    y, x = ((torch.arange(n, device=ridges.device) + 0.5) * 2 / n - 1 for n in (height, width))
    here = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    step = across * torch.tensor([2 / width, 2 / height], device=ridges.device)
    beside = [F.grid_sample(smooth, here + sign * step, padding_mode="border", align_corners=False) for sign in (1, -1)]
    return ridges * ((smooth >= beside[0]) & (smooth >= beside[1]))


def _blurred(ridges: Tensor) -> Tensor:
    taps = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], device=ridges.device) / 16
    padded = F.pad(ridges, (2, 2, 2, 2), mode="replicate")
    return F.conv2d(F.conv2d(padded, taps.view(1, 1, 1, 5)), taps.view(1, 1, 5, 1))


def _slope(field: Tensor, axis: int) -> Tensor:
    return torch.gradient(field, dim=axis)[0]
