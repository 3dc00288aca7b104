"""The length of noise: values against SciPy's distribution, the trap of half precision, and that it does not rank."""

from __future__ import annotations

import math

import pytest
import torch

from guidance import Objective, Step
from guidance.losses import ChiNorm, chi_norm
from limn.frames import Frames
from limn.noise import Noise


def test_it_is_the_density_of_the_length() -> None:
    """With the constant of the chi distribution, exp(-value) integrates to 1 over all lengths."""
    dimensions = 12
    lengths = torch.linspace(1e-3, 12, 4001, dtype=torch.float64)
    rows = torch.zeros(len(lengths), 3, 2, 2).double()
    rows[:, 0, 0, 0] = lengths
    constant = (dimensions / 2 - 1) * math.log(2) + math.lgamma(dimensions / 2)
    density = torch.exp(-chi_norm(rows).double() - constant)
    assert float(torch.trapezoid(density, lengths)) == pytest.approx(1, abs=1e-4)
    assert float(lengths[density.argmax()]) == pytest.approx(math.sqrt(dimensions - 1), abs=0.01)


def test_half_precision_does_not_overflow() -> None:
    noise = torch.randn(2, 4, 128, 128, generator=torch.Generator().manual_seed(0))
    assert not noise.half().norm().square().isfinite()
    assert chi_norm(noise.half()).isfinite().all()
    torch.testing.assert_close(chi_norm(noise.half()), chi_norm(noise), rtol=1e-4, atol=1)


def test_states_are_compared_without_it() -> None:
    frames = Frames(torch.ones(2, 1, 3, 4, 4), torch.ones(2, 1, 1, 4, 4), geometry=Noise(torch.ones(2, 4, 2, 2)))
    objective = Objective({"noise": ChiNorm()}, {"noise": 0.01})
    assert list(objective(frames, Step(0, 5)).values) == ["noise"]
    assert objective(frames, Step(4, 5, training=False)).total().tolist() == [0, 0]
