"""Samples: of a prior whose distribution is known, and of pipelines in the real file format."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from mixture import MODES, SPREAD, MixturePrior

from guidance import Prompt
from guidance.distillation import load_prior
from guidance.distillation.sample import sample

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import tiny


def points(prompt: str, scale: float = 1.0) -> torch.Tensor:
    draws = torch.Generator().manual_seed(0)
    return sample(MixturePrior(), Prompt.parse(prompt), 400, draws, steps=100, scale=scale)[:, 0].flatten(1)


def test_samples_have_the_distribution_of_the_prompt() -> None:
    found = points("left")
    which = torch.cdist(found, MODES).argmin(dim=1)
    assert (which != 1).all()
    assert 0.4 < float((which == 0).float().mean()) < 0.6
    for mode in (0, 2):
        own = found[which == mode]
        assert (own.mean(dim=0) - MODES[mode]).abs().max() < 0.01
        assert float(own.std(dim=0).mean()) == pytest.approx(SPREAD, rel=0.25)


def test_guidance_leads_away_from_what_is_not_wanted() -> None:
    which = torch.cdist(points("left | first:-1", scale=3.0), MODES).argmin(dim=1)
    assert float((which == 2).float().mean()) > 0.9


def test_the_same_generator_gives_the_same_sample() -> None:
    assert torch.equal(points("first"), points("first"))


@pytest.mark.parametrize("kind", ["v", "sd3"])
def test_pipelines_are_sampled(kind: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tiny.save(kind, tmp_path)
    prior = load_prior(f"local-dir:{tmp_path}", precision="float32")
    found = sample(prior, Prompt.parse("a red apple"), 2, torch.Generator().manual_seed(0), steps=3)
    assert found.shape == (2, 3, *prior.size)
    assert found.isfinite().all()
    assert 0 <= float(found.min()) < float(found.max()) <= 1
