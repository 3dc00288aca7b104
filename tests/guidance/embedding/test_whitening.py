"""Whitening, and how usual embeddings are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import multivariate_normal

from guidance.distillation.exemplars.pictures import read_collection
from guidance.embedding import log_likelihood, statistics_of, unwhiten, whiten, whitening_of
from guidance.embedding.whitening import shrunk_covariance
from guidance.encoders import load_encoder


def embeddings(count: int = 2000, dimensions: int = 6) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    mix = torch.randn(dimensions, dimensions, generator=generator)
    return 3 + torch.randn(count, dimensions, generator=generator) @ mix


def test_whitened_embeddings_have_covariance_one_and_come_back() -> None:
    x = F.normalize(embeddings(), dim=-1)
    whitening = whitening_of(x.mean(dim=0), x.T.cov())
    whitened = whiten(5 * x, whitening)
    torch.testing.assert_close(whitened.T.cov(), torch.eye(6), atol=2e-4, rtol=0)
    torch.testing.assert_close(unwhiten(whitened, whitening), x, atol=1e-3, rtol=0)


def test_the_likelihood_is_scipys_but_for_the_volume() -> None:
    x = F.normalize(embeddings(), dim=-1)
    whitening = whitening_of(x.mean(dim=0), x.T.cov())
    covariance = x.T.cov().double().numpy()
    density = multivariate_normal(x.mean(dim=0).double().numpy(), covariance)
    expected = density.logpdf(x[:20].double().numpy()) + 0.5 * np.linalg.slogdet(covariance)[1]
    np.testing.assert_allclose(log_likelihood(x[:20], whitening).numpy(), expected, rtol=1e-3)


def test_directions_without_variance_are_left_out() -> None:
    x = embeddings(dimensions=3)
    flat = F.normalize(torch.cat([x, x[:, :1] + x[:, 1:2]], dim=1), dim=-1)
    whitening = whitening_of(flat.mean(dim=0), flat.T.cov())
    assert whitening.matrix.shape == (4, 3)
    torch.testing.assert_close(unwhiten(whiten(flat, whitening), whitening), flat, atol=1e-3, rtol=0)


def test_few_samples_are_drawn_towards_independent_numbers_and_come_nearer_to_the_truth() -> None:
    generator = torch.Generator().manual_seed(0)
    mix = torch.diag(torch.linspace(0.2, 2.0, 12))
    errors = []
    for count in (20, 20_000):
        rows = torch.randn(count, 12, generator=generator) @ mix
        plain, shrunk = rows.T.cov(correction=0), shrunk_covariance(rows)
        torch.testing.assert_close(shrunk.trace(), plain.trace())
        errors.append([float((one - mix @ mix).norm()) for one in (plain, shrunk)])
    (plain_few, shrunk_few), (plain_many, shrunk_many) = errors
    assert shrunk_few < 0.8 * plain_few
    assert abs(shrunk_many - plain_many) < 0.1 * plain_many
    assert torch.equal(shrunk_covariance(torch.eye(3)), shrunk_covariance(torch.eye(3)).diagonal().diag())


@pytest.mark.parametrize("name", ["pocket", "pocket-judge"])
def test_noise_is_less_usual_than_what_the_shipped_statistics_are_made_of(name: str) -> None:
    encoder = load_encoder(name, precision="float32")
    pictures = statistics_of(encoder).pictures
    whitening = whitening_of(pictures.mean, pictures.covariance)
    with torch.no_grad():
        world = encoder(read_collection("").resized(64, range(0, 1600, 32))).embedding
        noise = encoder(torch.rand(30, 3, 64, 64, generator=torch.Generator().manual_seed(0))).embedding
    usual, unusual = (log_likelihood(embeddings, whitening) for embeddings in (world, noise))
    assert float((usual[:, None] > unusual).float().mean()) > 0.95
