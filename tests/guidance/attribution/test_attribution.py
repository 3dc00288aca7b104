"""Attributions against their formulas."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Encoder, load_encoder
from guidance.attribution import (
    decompose,
    deletion_curve,
    head_outputs,
    integrated_gradients,
    interactions,
    leave_one_out,
    name_heads,
    occlusion,
    shapley,
    smooth_grad,
    text_span,
)
from limn.errors import InputError


@pytest.fixture(scope="module", params=["resnet", "vit", "pocket"])
def taken_apart(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Encoder:
    name = request.param if request.param == "pocket" else f"local-dir:{folders[request.param]}"
    return load_encoder(name, precision="float32")


def test_terms_add_up_to_the_embedding(taken_apart: Encoder, random_pictures: Callable[..., Tensor]) -> None:
    pictures = random_pictures(2, 3, 80, 60)
    found, whole = decompose(taken_apart, pictures), taken_apart(pictures).embedding
    assert found.heads.shape[3] == 1 + found.grid[0] * found.grid[1]
    assert float((found.embedding - whole).abs().max() / whole.norm(dim=-1).max()) < 1e-6
    text = torch.randn(whole.shape[1], generator=torch.Generator().manual_seed(0))
    heads, mlps, rest = found.toward(text)
    cosine = F.cosine_similarity(whole, text[None])
    torch.testing.assert_close(heads.sum(dim=(1, 2, 3)) + mlps.sum(dim=1) + rest, cosine, rtol=0, atol=1e-5)


def test_a_head_of_a_transformer_is_what_its_values_write(folders: dict[str, Path], encoder: Encoder) -> None:
    """With the output projection of one head zeroed in the last layer, only that head's terms change."""
    vit = load_encoder(f"local-dir:{folders['vit']}", precision="float32")
    pictures = torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(1))
    before = decompose(vit, pictures)
    weight = vit.tower.visual.transformer.resblocks[1].attn.out_proj.weight
    kept = weight.clone()
    weight[:, 24:48] = 0
    after = decompose(vit, pictures)
    weight.copy_(kept)
    assert after.heads[:, 1, 1].abs().max() < 1e-6
    scale = before.heads[:, 0].norm() / after.heads[:, 0].norm()  # the last layer norm divides by another deviation
    torch.testing.assert_close(after.heads[:, 0] * scale, before.heads[:, 0], rtol=1e-3, atol=1e-5)


def test_heads_are_left_out_and_replaced(taken_apart: Encoder, random_pictures: Callable[..., Tensor]) -> None:
    pictures = random_pictures(3, 3, 64, 64)
    found, outputs = decompose(taken_apart, pictures), head_outputs(taken_apart, pictures)
    expected = found.embedding - outputs[:, -1, 1]
    torch.testing.assert_close(found.without([(-1, 1)]), expected)
    mean = outputs.mean(dim=0)
    torch.testing.assert_close(found.without([(-1, 1)], mean), expected + mean[-1, 1])
    with pytest.raises(InputError, match="no head 99 in attention 0: there are"):
        found.without([(0, 99)])


def test_towers_of_other_kinds_are_refused_in_a_line(folders: dict[str, Path]) -> None:
    other = load_encoder(f"local-dir:{folders['timm-convnet']}", precision="float32")
    with pytest.raises(InputError, match="cannot be taken apart into heads; expected a ViT"):
        decompose(other, torch.rand(1, 3, 96, 96))


def test_text_span_finds_planted_directions_by_their_variance() -> None:
    draws = torch.Generator().manual_seed(0)
    directions = torch.linalg.qr(torch.randn(16, 16, generator=draws))[0]
    deviations = torch.tensor([1.0, 3.0, 2.0])
    outputs = torch.randn(200, 3, generator=draws) * deviations @ directions[:3] + directions[5]
    found = text_span(outputs, directions, count=3)
    assert found.texts == [1, 2, 0]
    left = outputs - outputs.mean(dim=0)
    share = float((left @ directions[1]).square().sum() / left.square().sum())
    assert found.explained == pytest.approx([share, found.explained[1], 1.0], abs=1e-4)
    assert name_heads(outputs[:, None, None], [(0, 0)], "abcdefghijklmnop", directions, 2) == [["b", "c"]]


def test_words_and_places_add_up_to_the_four_corners(folders: dict[str, Path]) -> None:
    encoder = load_encoder(f"local-dir:{folders['vit']}", precision="float32")
    paper = torch.ones(3, 48, 48)
    y, x = torch.meshgrid(torch.arange(48), torch.arange(48), indexing="ij")
    disc = (x - 18) ** 2 + (y - 27) ** 2 < 11**2
    picture = torch.where(disc, torch.tensor([0.8, 0.1, 0.1])[:, None, None], paper)
    found = interactions(encoder, picture, "a crimson circle", paper, steps=32)
    tokens = encoder.tokenizer(["a crimson circle"])
    nothing = tokens.clone()
    nothing[0, 1 : encoder.count_tokens("a crimson circle") - 1] = 0  # what fills up a phrase
    words = F.normalize(encoder.model.encode_text(torch.cat([tokens, nothing])), dim=-1)
    seen = F.normalize(encoder(torch.stack([picture, paper])).embedding, dim=-1)
    corners = words @ seen.T
    difference = float(corners[0, 0] - corners[0, 1] - corners[1, 0] + corners[1, 1])
    assert found.difference == pytest.approx(difference, abs=1e-5)
    assert float(found.values.sum()) == pytest.approx(difference, rel=0.02)
    assert found.words == ["a", "crimson", "circle"]
    assert found.values.shape == (3, 48, 48)
    assert float(found.values[:, ~disc].abs().sum()) == 0.0  # paper drives nothing
    with pytest.raises(InputError, match="the phrase has no words"):
        interactions(encoder, picture, " ", paper)


def test_gradients_along_a_line_add_up_to_the_difference() -> None:
    def score(pictures: Tensor) -> Tensor:
        return (pictures**3).sum(dim=(1, 2, 3)) + pictures[:, 0].mean(dim=(1, 2)) * pictures[:, 1, 0, 0]

    picture, reference = torch.rand(2, 3, 6, 5, generator=torch.Generator().manual_seed(0))
    found = integrated_gradients(score, picture, reference, steps=64)
    difference = score(picture[None]) - score(reference[None])
    assert float(found.sum()) == pytest.approx(float(difference), abs=1e-3)
    cubes = picture[2] ** 3 - reference[2] ** 3
    torch.testing.assert_close(found[2], cubes, atol=1e-3, rtol=0)


def test_smooth_gradient_is_that_of_the_smoothed_score() -> None:
    picture = torch.rand(3, 4, 4, generator=torch.Generator().manual_seed(0))
    found = smooth_grad(
        lambda x: (x**2).sum(dim=(1, 2, 3)), picture, torch.Generator().manual_seed(1), sigma=0.1, samples=4000
    )
    torch.testing.assert_close(found, 2 * picture, atol=0.03, rtol=0)


def test_occlusion_is_the_fall_of_the_score_under_a_window() -> None:
    picture, reference = torch.ones(3, 7, 7), torch.zeros(3, 7, 7)
    found = occlusion(lambda x: x[:, 0, 2, 3], picture, reference, window=2, stride=1)
    expected = torch.zeros(7, 7)
    for row, column in ((1, 2), (1, 3), (2, 2), (2, 3)):  # windows that cover the pixel of the score
        expected[row : row + 2, column : column + 2] += 1
    covering = torch.ones(7) * 2
    covering[[0, -1]] = 1
    torch.testing.assert_close(found, expected / (covering[:, None] * covering))


def _game(kept: Tensor) -> Tensor:
    """Part 0 is worth 1; parts 1 and 2 are worth 2 together, and nothing alone; 3 is worth nothing."""
    kept = kept.float()
    return 0.5 + kept[:, 0] + 2 * kept[:, 1] * kept[:, 2]


def test_worth_of_parts() -> None:
    torch.testing.assert_close(leave_one_out(_game, 4), torch.tensor([1.0, 2.0, 2.0, 0.0]))
    found = shapley(_game, 4, 2, torch.Generator().manual_seed(0))
    torch.testing.assert_close(found, torch.tensor([1.0, 1.0, 1.0, 0.0]))  # antithetic orders of pairs are exact
    torch.testing.assert_close(deletion_curve(_game, [1, 0, 2, 3]), torch.tensor([3.5, 1.5, 0.5, 0.5, 0.5]))
