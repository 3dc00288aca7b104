"""Losses on layers and pictures whose formulas others have written: by their code, or by hand."""

from __future__ import annotations

import lpips as package
import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from guidance import AugmentedEncoder, Step, load_encoder
from guidance.losses import (
    Contextual,
    Gram,
    Moments,
    Palette,
    Patches,
    channel_moments,
    contextual,
    gram_matrix,
    lpips,
    ms_ssim,
    nearest_patches,
    palette,
    relaxed_emd,
    ssim,
    statistics_distance,
)
from guidance.losses.lpips import LAYERS, learned_heads
from guidance.losses.structure import C1, C2, SCALES
from guidance.target import Target
from limn.errors import InputError
from limn.frames import Frames


def draws(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def frames(rgb: Tensor) -> Frames:
    return Frames(rgb, torch.ones_like(rgb[:, :, :1]))


def test_gram_matrices_and_moments_by_hand() -> None:
    layer = draws(2, 3, 4, 5)
    products = [[(layer[0, a] * layer[0, b]).mean() for b in range(3)] for a in range(3)]
    torch.testing.assert_close(gram_matrix(layer)[0], torch.tensor(products))
    torch.testing.assert_close(channel_moments(layer)[1, 0], layer[1].mean(dim=(1, 2)))
    torch.testing.assert_close(channel_moments(layer)[1, 1], layer[1].flatten(1).std(dim=1, correction=0))
    x, y = draws(2, 2, 3, 3), draws(1, 1, 3, 3, seed=1)
    by_hand = torch.stack([torch.stack([(one - y[0, 0]).square().sum() for one in some]).mean() for some in x])
    found = statistics_distance({"a": x}, {"a": y}, {"a": 2.0})
    torch.testing.assert_close(found, 2 * by_hand / y.square().sum())


def test_contextual_is_the_papers() -> None:
    x, y, h = draws(1, 5, 4), draws(1, 6, 4, seed=1), 0.4
    mean = y[0].mean(dim=0)
    d = torch.tensor([[1 - torch.cosine_similarity(a - mean, b - mean, dim=0) for b in y[0]] for a in x[0]])
    w = torch.exp((1 - d / (d.min(dim=1, keepdim=True).values + 1e-5)) / h)
    affinity = w / w.sum(dim=1, keepdim=True)
    expected = -affinity.max(dim=0).values.mean().log()
    torch.testing.assert_close(contextual(x, y, h)[0], expected)
    assert contextual(y, y, 0.1) < 0.01 < contextual(x, y, 0.1)


def test_nearest_patches_by_hand() -> None:
    x, y = draws(1, 4, 6) - 0.5, draws(1, 3, 6, seed=1) - 0.5
    far = []
    for patch in x[0]:
        alike = torch.stack([(patch * other).sum() / other.norm() for other in y[0]])
        far.append((patch - y[0, alike.argmax()]).square().mean())
    torch.testing.assert_close(nearest_patches(x, y)[0], torch.stack(far).mean() / y.square().mean())
    assert nearest_patches(y[:, [2, 0, 0]], y) == 0


def test_relaxed_emd_bounds_the_earth_movers_distance() -> None:
    x, y = draws(1, 6, 4) - 0.5, draws(1, 6, 4, seed=1) - 0.5
    cost = np.array([[1 - float(torch.cosine_similarity(a, b, dim=0)) for b in y[0]] for a in x[0]])
    found = float(relaxed_emd(x, y))
    assert found == pytest.approx(max(cost.min(axis=1).mean(), cost.min(axis=0).mean()), abs=1e-6)
    assert found <= cost[linear_sum_assignment(cost)].mean()
    assert relaxed_emd(3 * y[:, [2, 0, 1, 3, 5, 4]], y) == pytest.approx(0, abs=1e-6)


def test_palettes_are_as_far_as_one_moves_all_colours() -> None:
    colours = draws(1, 1, 3, 500)
    shuffled = colours[..., torch.randperm(500, generator=torch.Generator().manual_seed(1))]
    assert palette(shuffled, colours) == pytest.approx(0, abs=1e-9)
    moved = colours + torch.tensor([0.1, 0.0, 0.0]).view(3, 1)
    # Over a sphere of directions the mean square of a projection is a third of the square.
    assert palette(moved, colours) == pytest.approx(0.01 / 3, rel=0.1)


def window() -> np.ndarray:
    taps = np.exp(-0.5 * ((np.arange(11) - 5) / 1.5) ** 2)
    taps /= taps.sum()
    return np.outer(taps, taps)


def similarity(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Mean SSIM, and mean contrast and structure, of one channel, window by window."""
    taps, whole, contrast = window(), [], []
    for top in range(x.shape[0] - 10):
        for left in range(x.shape[1] - 10):
            a, b = (each[top : top + 11, left : left + 11] for each in (x, y))
            ma, mb = (taps * a).sum(), (taps * b).sum()
            va, vb, ab = (taps * a * a).sum() - ma**2, (taps * b * b).sum() - mb**2, (taps * a * b).sum() - ma * mb
            contrast.append((2 * ab + C2) / (va + vb + C2))
            whole.append(contrast[-1] * (2 * ma * mb + C1) / (ma**2 + mb**2 + C1))
    return float(np.mean(whole)), float(np.mean(contrast))


def test_structural_similarity_window_by_window() -> None:
    y = draws(1, 1, 3, 26, 24).double()
    x = (0.7 * y + 0.3 * draws(1, 1, 3, 26, 24, seed=1)).clamp(0, 1).double()
    fine = [similarity(x[0, 0, c].numpy(), y[0, 0, c].numpy()) for c in range(3)]
    assert ssim(x, y) == pytest.approx(1 - np.mean([whole for whole, _ in fine]), abs=1e-6)
    half = [each.unfold(3, 2, 2).unfold(4, 2, 2).mean(dim=(-1, -2)) for each in (x, y)]
    coarse = [similarity(half[0][0, 0, c].numpy(), half[1][0, 0, c].numpy()) for c in range(3)]
    a, b = (w / sum(SCALES[:2]) for w in SCALES[:2])
    wanted = np.mean([contrast**a * whole**b for (_, contrast), (whole, _) in zip(fine, coarse, strict=True)])
    assert ms_ssim(x, y) == pytest.approx(1 - wanted, abs=1e-6)
    assert ssim(y, y) == pytest.approx(0, abs=1e-9)


@pytest.mark.filterwarnings("ignore::UserWarning:torchvision", "ignore::FutureWarning")
def test_lpips_is_the_packages_own() -> None:
    theirs = package.LPIPS(net="vgg", pnet_rand=True, verbose=False).eval()
    encoder = load_encoder("vgg", precision="float32", size=48)
    convolutions = [module for slice_ in theirs.net.children() for module in slice_ if hasattr(module, "weight")]
    names = [name.replace("relu", "conv") for name in encoder.layers]
    x, y = (draws(1, 3, 48, 48, seed=seed) * 2 - 1 for seed in (0, 1))
    with torch.no_grad():
        for name, module in zip(names, convolutions, strict=True):
            module.load_state_dict(getattr(encoder.tower, name).state_dict())
        expected = theirs(x, y).flatten()
        layers = [dict(encoder.tower(theirs.scaling_layer(each))) for each in (x, y)]
    first, second = ({name: each[name][:, None] for name in LAYERS} for each in layers)
    torch.testing.assert_close(lpips(first, second, learned_heads()), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("loss", "most"), [(Gram, 0.35), (Moments, 0.35), (Patches, 0.35), (Contextual, 0.7)])
def test_style_is_alike_wherever_it_is(loss: type[Gram], most: float) -> None:
    stripes = (torch.arange(64) // 4 % 2).float().expand(1, 1, 3, 64, 64)
    grey, shifted = torch.full_like(stripes, 0.5), stripes.roll(5, dims=-1)
    encoder = AugmentedEncoder(load_encoder("vgg", precision="float32", size=64), num_augs=0)
    judged = loss(encoder, Target(stripes[0]), {"relu1_2": 1.0, "relu2_2": 1.0})
    near, far = judged(frames(torch.cat([shifted, grey])), Step(0, 1))
    assert near < most * far


def test_palette_takes_a_picture_of_any_size() -> None:
    loss = Palette(Target(draws(1, 3, 30, 90)))
    assert loss(frames(draws(2, 1, 3, 64, 48)), Step(0, 1)).shape == (2,)


@pytest.mark.parametrize("loss", [Gram, Contextual])
def test_an_empty_list_of_layers_is_refused(loss: type[Gram]) -> None:
    with pytest.raises(InputError, match="layers is empty; expected weights, like"):
        loss(AugmentedEncoder(load_encoder("vgg", size=48)), Target(draws(1, 3, 48, 48)), {})
