"""Texture look-ups against torch's own sampler and against what levels mean."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from limn.errors import InputError
from renderers.mesh.operations import texture
from renderers.mesh.reference.texture import pyramid


def random(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(sum(shape)))


PADDING = {"clamp": "border", "repeat": "border", "mirror": "reflection", "zero": "zeros"}


@pytest.mark.parametrize("wrap", PADDING)
def test_bilinear_is_torchs_own(wrap: str) -> None:
    maps = random(1, 6, 9, 4).requires_grad_()
    uv = (random(2, 1, 11, 7, 2) * 2.6 - 0.8).requires_grad_()
    weights = random(2, 1, 11, 7, 4)
    found = texture(maps, uv, wrap=wrap)
    by = torch.autograd.grad((found * weights).sum(), (maps, uv))
    picture = maps.permute(0, 3, 1, 2)
    place = uv[:, 0]
    if wrap == "repeat":  # 0.8 + 1.8 fits into five copies
        picture, place = picture.repeat(1, 1, 5, 5), (place + 2) / 5
    picture = picture.expand(2, -1, -1, -1)
    expected = grid_sample(picture, place * 2 - 1, padding_mode=PADDING[wrap], align_corners=False)
    expected = expected.permute(0, 2, 3, 1)[:, None]
    other = torch.autograd.grad((expected * weights).sum(), (maps, uv))
    assert torch.allclose(found, expected, atol=1e-5)
    inside = torch.ones(uv.shape[:-1], dtype=torch.bool)
    if wrap in ("clamp", "mirror"):  # torch has no derivative, or one of the other sign, at the border itself
        inside = ((uv * torch.tensor([9, 6]) - 0.5).frac().abs() > 0.001).all(-1) & ((uv > 0.09) & (uv < 0.91)).all(-1)
    assert torch.allclose(by[0], other[0], atol=1e-4)
    assert torch.allclose(by[1][inside], other[1][inside], atol=1e-3)


def test_a_footprint_of_two_to_the_k_texels_samples_level_k() -> None:
    maps = random(1, 32, 32, 3)
    uv = random(1, 1, 5, 5, 2)
    for k, level in enumerate(pyramid(maps)):
        steps = torch.zeros(1, 1, 5, 5, 2, 2)
        steps[..., 0, 1] = 2**k / 32  # along the picture's columns
        steps[..., 1, 0] = 0.3 * 2**k / 32  # the shorter axis does not count
        assert torch.allclose(texture(maps, uv, steps, "mipmap"), texture(level, uv), atol=1e-5)
    halfway = texture(maps, uv, torch.diag(torch.tensor([2**1.5 / 32] * 2)).expand(1, 1, 5, 5, 2, 2), "mipmap")
    levels = pyramid(maps)
    assert torch.allclose(halfway, (texture(levels[1], uv) + texture(levels[2], uv)) / 2, atol=1e-4)


@pytest.mark.parametrize("size", [(16, 8), (13, 22), (1, 7), (9, 1), (1, 1)])
@pytest.mark.parametrize("groups", [1, 3])
def test_mipmaps_of_any_size_equal_their_twin(size: tuple[int, int], groups: int) -> None:
    maps = random(groups, *size, 3).requires_grad_()
    uv, steps = random(3, 1, 5, 7, 2), random(3, 1, 5, 7, 2, 2) - 0.5
    weights = random(3, 1, 5, 7, 3)
    found, expected = (texture(maps, uv, steps, "mipmap", backend=backend) for backend in ("warp", "reference"))
    by, other = (torch.autograd.grad((values * weights).sum(), maps)[0] for values in (found, expected))
    assert torch.allclose(found, expected, atol=1e-5)
    assert torch.allclose(by, other, atol=1e-5)


def test_a_board_seen_from_afar_is_grey() -> None:
    board = ((torch.arange(64)[:, None] + torch.arange(64)) % 2).float()[None, ..., None]
    uv = random(1, 1, 16, 16, 2)
    steps = torch.full((1, 1, 16, 16, 2, 2), 0.1)
    assert (texture(board, uv, steps, "mipmap") - 0.5).abs().max() < 1e-4
    assert texture(board, uv).std() > 0.1


def test_gradients_reach_the_texels_that_were_seen() -> None:
    maps = torch.zeros(1, 8, 8, 1, requires_grad=True)
    uv = torch.full((1, 1, 1, 1, 2), 0.25)  # between texels 1 and 2
    texture(maps, uv).sum().backward()
    expected = torch.zeros(8, 8)
    expected[1:3, 1:3] = 0.25
    assert torch.equal(maps.grad[0, ..., 0], expected)


@pytest.mark.parametrize("wrap", PADDING)
def test_nearest_takes_the_texel_at_a_point(wrap: str) -> None:
    maps = random(1, 6, 9, 4).requires_grad_()
    uv = random(1, 1, 40, 30, 2) * 2.6 - 0.8
    found = texture(maps, uv.requires_grad_(), filter="nearest", wrap=wrap)
    column, row = (uv.detach() * torch.tensor([9.0, 6.0])).floor().long().unbind(-1)
    texels, pad = maps.detach()[0].numpy(), ((12, 12), (18, 18), (0, 0))
    mode = {"clamp": "edge", "repeat": "wrap", "mirror": "symmetric", "zero": "constant"}[wrap]
    around = torch.from_numpy(np.pad(texels, pad, mode=mode))
    assert torch.equal(found, around[row + 12, column + 18])
    by_maps, by_uv = torch.autograd.grad(found.sum(), (maps, uv))
    assert by_maps.sum() == (found.detach() != 0).sum()
    assert not by_uv.any()


@pytest.mark.parametrize("wrap", [*PADDING, "cube"])
@pytest.mark.parametrize("filter", ["nearest", "bilinear", "mipmap_nearest", "mipmap"])
def test_every_filter_and_wrap_equals_its_twin(filter: str, wrap: str) -> None:
    cube = wrap == "cube"
    maps, uv = random(2, *(6, 9, 9) if cube else (9, 14), 3), random(4, 1, 20, 30, 3 if cube else 2) * 4 - 2
    steps = (random(*uv.shape, 2) - 0.5) * 0.6
    weights = random(4, 1, 20, 30, 3) - 0.5
    outcomes = []
    for backend, dtype in (("warp", torch.float32), ("reference", torch.float64)):
        leaves = [tensor.to(dtype).requires_grad_() for tensor in (maps, uv, steps)]
        found = texture(*leaves, filter, wrap, backend)
        by = torch.autograd.grad((found * weights).sum(), leaves, materialize_grads=True)
        outcomes.append([found.detach(), *by])
    for one, other in zip(*outcomes, strict=True):
        assert (one - other).norm() <= 1e-5 * other.norm()
    assert outcomes[0][3].any() == (filter == "mipmap")


def test_the_finer_of_two_levels_is_taken_alone() -> None:
    maps, uv = random(1, 32, 32, 3), random(1, 1, 5, 5, 2)
    for length, level in ((0.7, 0), (1.9, 0), (2.1, 1), (7.9, 2), (999.0, 5)):
        steps = torch.diag(torch.tensor([length / 32] * 2)).expand(1, 1, 5, 5, 2, 2)
        expected = texture(pyramid(maps)[level], uv)
        assert torch.allclose(texture(maps, uv, steps, "mipmap_nearest"), expected, atol=1e-5)


def test_mipmaps_need_derivatives() -> None:
    with pytest.raises(InputError, match="derivatives"):
        texture(random(1, 4, 4, 3), random(1, 1, 2, 2, 2), filter="mipmap")
