"""Texture look-ups against torch's own sampler and against what levels mean."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from limn.errors import InputError
from renderers.mesh.operations import texture
from renderers.mesh.reference.texture import pyramid


def random(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize("wrap", ["clamp", "repeat"])
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
    expected = grid_sample(picture.expand(2, -1, -1, -1), place * 2 - 1, padding_mode="border", align_corners=False)
    expected = expected.permute(0, 2, 3, 1)[:, None]
    other = torch.autograd.grad((expected * weights).sum(), (maps, uv))
    assert torch.allclose(found, expected, atol=1e-5)
    inside = ((uv > 0.09) & (uv < 0.91)).all(-1) if wrap == "clamp" else torch.ones(uv.shape[:-1], dtype=torch.bool)
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


def test_mipmaps_need_derivatives() -> None:
    with pytest.raises(InputError, match="derivatives"):
        texture(random(1, 4, 4, 3), random(1, 1, 2, 2, 2), filter="mipmap")
