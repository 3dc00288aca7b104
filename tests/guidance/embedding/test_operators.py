"""Operators on embeddings against their formulas and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.linalg import orthogonal_procrustes
from scipy.spatial import geometric_slerp
from torch import Tensor

from guidance.embedding.augmented import augmented_target
from guidance.embedding.ideal_words import ideal_words
from guidance.embedding.interpolation import average, slerp, steered, text_difference, union
from guidance.embedding.metrics import cosine_distance, euclidean_distance, hyperbolic_distance, spherical_distance
from guidance.embedding.modality import centred, conformity, noise_bridged, procrustes
from guidance.embedding.residual import residual_distance, residual_vector
from guidance.embedding.subspaces import basis_of, factors_of, principal, projected, without
from limn.errors import InputError


def draws(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("amount", [0.0, 0.3, 1.0])
def test_slerp_is_scipys(amount: float) -> None:
    x, y = (F.normalize(draws(6, seed=n), dim=0) for n in (1, 2))
    assert np.allclose(slerp(3 * x, 0.5 * y, amount), geometric_slerp(x.numpy(), y.numpy(), [amount])[0])
    assert torch.allclose(slerp(x, x, amount), x)


def test_slerp_has_gradients_everywhere_but_between_opposites() -> None:
    x, y = draws(2, 5).requires_grad_(), draws(2, 5, seed=3).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: slerp(a, b, torch.tensor([0.2, 0.7], dtype=a.dtype)), (x, y))


def test_steering_ends_at_the_difference_of_words() -> None:
    picture, words, before = draws(3, 8)
    difference = F.normalize(F.normalize(words, dim=0) - F.normalize(before, dim=0), dim=0)
    assert torch.allclose(text_difference(words, before), difference)
    assert torch.allclose(steered(picture, words, before, 1.0), difference)
    assert torch.allclose(steered(picture, words, before, 0.0), F.normalize(picture, dim=0))


def test_the_mean_forgets_what_is_rare_and_the_union_does_not() -> None:
    rows = torch.eye(4, dtype=torch.float64)[[0, 0, 0, 0, 1, 2]]
    cosines = rows @ union(rows)
    assert torch.allclose(cosines, torch.full((6,), 1 / math.sqrt(3), dtype=torch.float64), atol=2e-2)
    assert float((rows @ average(rows)).min()) < 0.3
    weights = torch.tensor([1.0, 0, 0, 0, 3.0, 0])
    assert torch.allclose(average(rows, weights)[:2], torch.tensor([1.0, 3.0], dtype=torch.float64) / math.sqrt(10))


def test_metrics_are_their_formulas() -> None:
    x, y = draws(2, 7, 5)
    cosine = torch.from_numpy(np.sum(x.numpy() * y.numpy(), 1)) / (x.norm(dim=1) * y.norm(dim=1))
    assert torch.allclose(cosine_distance(x, y), 1 - cosine)
    assert torch.allclose(spherical_distance(x, y), cosine.acos() ** 2 / 2, atol=1e-6)
    assert torch.allclose(euclidean_distance(x, y), ((x - y) ** 2).sum(1))


@pytest.mark.parametrize("curvature", [0.3, 1.0])
def test_hyperbolic_lengths_along_a_ray_and_across(curvature: float) -> None:
    """On a ray from the origin lengths add; across, the sides of a triangle keep the hyperbolic law of cosines."""
    ray = F.normalize(draws(4), dim=0)
    far = hyperbolic_distance(2.0 * ray, 0.5 * ray, curvature)
    assert float(far) == pytest.approx(1.5, abs=1e-5)
    a, b, angle = 1.2, 0.7, 1.1
    x, y = torch.tensor([a, 0.0], dtype=torch.float64), b * torch.tensor([math.cos(angle), math.sin(angle)]).double()
    k = math.sqrt(curvature)
    law = math.cosh(k * a) * math.cosh(k * b) - math.sinh(k * a) * math.sinh(k * b) * math.cos(angle)
    assert float(hyperbolic_distance(x, y, curvature)) == pytest.approx(math.acosh(law) / k, abs=1e-5)


def test_bases_span_what_was_given() -> None:
    rows = draws(3, 6)
    rows = torch.cat([rows, rows[:1] + rows[1:2]])  # a fourth that depends on the others
    basis = basis_of(rows)
    assert basis.shape == (3, 6)
    assert torch.allclose(basis @ basis.T, torch.eye(3, dtype=torch.float64))
    assert torch.allclose(projected(rows, basis), rows)
    assert without(rows, basis).abs().max() < 1e-9
    assert torch.allclose(basis_of(rows, "raw"), F.normalize(rows, dim=-1))
    pca = basis_of(draws(9, 6), "pca", 2)
    assert torch.allclose(pca @ pca.T, torch.eye(2, dtype=torch.float64))


def test_principal_directions_are_those_of_the_covariance() -> None:
    rows = draws(50, 4) * torch.tensor([4.0, 1.0, 0.2, 2.0])
    values, vectors = np.linalg.eigh(np.cov(rows.numpy().T))
    for mine, theirs in zip(principal(rows, 2), vectors[:, np.argsort(values)[::-1][:2]].T, strict=True):
        assert abs(float(mine @ torch.from_numpy(theirs))) == pytest.approx(1.0, abs=1e-9)
    with pytest.raises(InputError, match="rank 5 needs as many"):
        principal(rows, 5)


@pytest.mark.parametrize("kind", ["raw", "gram_schmidt", "pca"])
def test_an_augmented_target_is_the_papers_sum(kind: str) -> None:
    picture, words, corpus, power = draws(6) * 3, draws(6, seed=1), draws(3, 6, seed=2), 2.0
    t, e = F.normalize(words, dim=0), picture.clone()
    basis = basis_of(corpus, kind)  # type: ignore[arg-type]
    shares = [power * abs(float(picture @ row)) for row in basis]
    for share, row in zip(shares, basis, strict=True):
        e = e - share * row
    along = 1.0 if kind == "raw" else sum(float(t @ row) for row in basis)
    e = e + sum(shares) / along * t
    assert torch.allclose(augmented_target(picture, words, corpus, power, kind), e)  # type: ignore[arg-type]
    assert torch.allclose(augmented_target(picture, words, None, power), picture + power * t)


def test_procrustes_is_scipys_and_turns_words_onto_pictures() -> None:
    words = F.normalize(draws(40, 5), dim=-1)
    turn = torch.linalg.qr(draws(5, 5, seed=4)).Q
    pictures = words @ turn.T
    assert torch.allclose(procrustes(words, pictures), turn)
    few = procrustes(words[:2], pictures[:2], stay=1e-3)  # of five dimensions
    across = torch.linalg.svd(torch.cat([words[:2], pictures[:2]])).Vh[-1]
    assert torch.allclose(few @ across, across)
    assert torch.allclose(few @ words[0], pictures[0], atol=1e-2)
    noisy = F.normalize(pictures + 0.2 * draws(40, 5, seed=5), dim=-1)
    assert np.allclose(procrustes(words, noisy).T, orthogonal_procrustes(words.numpy(), noisy.numpy())[0])


def test_centring_takes_out_what_all_share() -> None:
    rows = draws(200, 8) + 4.0 * torch.eye(8, dtype=torch.float64)[0]
    mean = F.normalize(rows, dim=-1).mean(dim=0)
    found = centred(rows, mean)
    assert torch.allclose(found, F.normalize(F.normalize(rows, dim=-1) - mean, dim=-1))
    assert float(found.mean(dim=0).norm()) < 0.1
    assert torch.allclose(conformity(rows[0], rows), F.cosine_similarity(rows[0], rows, dim=-1).mean())


def test_noise_has_the_variance_that_is_asked_for() -> None:
    row = F.normalize(draws(4000), dim=0)
    generator = torch.Generator().manual_seed(1)
    blurred = noise_bridged(row, generator, 0.016)
    # |w + n|^2 is nearly 1 + 4000 * 0.016
    assert float(blurred @ row) == pytest.approx(1 / math.sqrt(1 + 64), abs=0.01)
    assert torch.equal(noise_bridged(row, torch.Generator().manual_seed(1)), blurred)


def test_residuals_end_where_the_good_examples_are() -> None:
    good, bad = draws(4, 6), draws(5, 6, seed=1)
    vector = residual_vector(good, bad)
    best = F.normalize(good.mean(dim=0), dim=0)
    assert torch.allclose(vector, F.normalize(best - F.normalize(bad.mean(dim=0), dim=0), dim=0))
    assert float(residual_distance(best, vector, best @ vector)) == pytest.approx(0.0, abs=1e-12)
    assert torch.allclose(residual_distance(bad, vector, 0.5), (F.normalize(bad, dim=-1) @ vector - 0.5) ** 2)


def test_ideal_words_name_a_composition_that_was_never_seen() -> None:
    mean, colours, shapes = draws(16), 0.1 * draws(3, 16, seed=1), 0.1 * draws(4, 16, seed=2)
    table = mean + colours[:, None] + shapes
    norms = table.norm(dim=-1, keepdim=True)
    table = table / norms.mean()  # sums stay sums: not every row has the length 1, by little
    seen = torch.ones(3, 4, dtype=torch.bool)
    seen[1, 2] = False
    words = ideal_words(table, seen)
    everything = words.all_composed()
    assert torch.allclose(everything[2, 1], words.composed(2, 1))
    cosines = F.normalize(everything.flatten(0, 1), dim=-1) @ F.normalize(table[1, 2], dim=0)
    assert int(cosines.argmax()) == 1 * 4 + 2
    full = ideal_words(table)
    unit = F.normalize(table, dim=-1)
    assert torch.allclose(full.mean, unit.mean(dim=(0, 1)))
    assert torch.allclose(full.factors[0], unit.mean(dim=1) - unit.mean(dim=(0, 1)))
    assert torch.allclose(full.factors[1], unit.mean(dim=0) - unit.mean(dim=(0, 1)))


def test_factors_change_style_and_keep_the_object() -> None:
    things, styles = draws(5, 12), draws(3, 12, seed=1)
    things, styles = without(things, basis_of(styles)), styles  # what things differ in is not what styles differ in
    table = things[:, None] + styles
    factors = factors_of(table)
    assert torch.allclose(factors.restyled(table[2, 0], 1), table[2, 1])
    assert torch.allclose(factors.replaced(table[2, 0], 4), table[4, 0])
