"""Densities: the published formulas, derivatives against central differences, and how fields start."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from renderers.fields.densities.density import DENSITIES, Density
from renderers.fields.densities.distance import NeuS, VolSDF
from renderers.fields.densities.radiance import Exp, Softplus

OWNER = torch.tensor([0, 0, 0, 1, 1, 1], dtype=torch.int32)
RAW = torch.tensor([-0.4, -0.03, 0.02, -0.01, 0.05, 0.6], dtype=torch.float64)
SLOPE = torch.tensor([-1.0, -0.7, 0.3, -0.2, 0.9, -0.5], dtype=torch.float64)
LENGTHS = torch.tensor([0.02, 0.03, 0.04, 0.03, 0.02, 0.05], dtype=torch.float64)


def neus(anneal: float = 0.0, progress: float = 1.0) -> NeuS:
    density = NeuS(2, sharpness=20.0, anneal=anneal).double()
    with torch.no_grad():
        density.v[1] = 0.4
    density.at(progress)
    return density


def volsdf() -> VolSDF:
    density = VolSDF(2).double()
    with torch.no_grad():
        density.beta[1] = 0.02
    return density


MADE: list[Callable[[], Density]] = [lambda: Exp(2), lambda: Softplus(2), volsdf, neus, lambda: neus(0.5, 0.2)]


@pytest.mark.parametrize("make", MADE)
def test_derivatives_are_central_differences(make: Callable[[], Density]) -> None:
    density = make()
    learned = list(density.parameters())
    generator = torch.Generator().manual_seed(0)
    asked = torch.randn(6, generator=generator, dtype=torch.float64)

    def total(raw: Tensor, slope: Tensor) -> Tensor:
        return ((density.alpha(raw, LENGTHS, OWNER, slope) + density.density(raw, OWNER)) * asked).sum()

    leaves = [RAW.clone().requires_grad_(), SLOPE.clone().requires_grad_(), *learned]
    by = torch.autograd.grad(total(*leaves[:2]), leaves, materialize_grads=True)
    for leaf, derivative in zip(leaves, by, strict=True):
        for i in range(len(leaf)):
            found = []
            for shift in (1e-6, -1e-6):
                with torch.no_grad():
                    leaf[i] += shift
                    found.append(float(total(*leaves[:2])))
                    leaf[i] -= shift
            assert float(derivative[i]) == pytest.approx((found[0] - found[1]) / 2e-6, rel=1e-5, abs=1e-7)


@torch.no_grad()
@pytest.mark.parametrize("i", range(6))
def test_published_formulas(i: int) -> None:
    raw, length, slope = float(RAW[i]), float(LENGTHS[i]), float(SLOPE[i])
    assert float(Exp(2).density(RAW, OWNER)[i]) == pytest.approx(math.exp(raw - 1))
    assert float(Softplus(2).density(RAW, OWNER)[i]) == pytest.approx(math.log(1 + math.exp(raw - 1)))
    assert float(Exp(2).alpha(RAW, LENGTHS, OWNER, None)[i]) == pytest.approx(1 - math.exp(-math.exp(raw - 1) * length))
    beta = (0.1, 0.02)[int(OWNER[i])]
    laplace = 0.5 * math.exp(-raw / beta) if raw > 0 else 1 - 0.5 * math.exp(raw / beta)
    assert float(volsdf().density(RAW, OWNER)[i]) == pytest.approx(laplace / beta)
    s = (20.0, math.exp(4.0))[int(OWNER[i])]

    def fall(a: float) -> float:
        cosine = -(max(0.5 - 0.5 * slope, 0) * (1 - a) + max(-slope, 0) * a)
        before, behind = (1 / (1 + math.exp(-s * (raw + sign * cosine * length / 2))) for sign in (-1, 1))
        return min(max((before - behind + 1e-5) / (before + 1e-5), 0), 1)

    assert float(neus().alpha(RAW, LENGTHS, OWNER, SLOPE)[i]) == pytest.approx(fall(1.0))
    assert float(neus(0.5, 0.2).alpha(RAW, LENGTHS, OWNER, SLOPE)[i]) == pytest.approx(fall(0.4))


def test_the_gradient_of_exp_stops_growing() -> None:
    raw = torch.tensor([11.0, 21.0, 300.0], requires_grad=True)
    density = Exp(1).density(raw, torch.zeros(3, dtype=torch.int32))
    density.sum().backward()
    assert raw.grad is not None
    assert raw.grad.tolist() == pytest.approx([math.exp(10), math.exp(15), math.exp(15)])
    assert torch.equal(Exp(1).alpha(raw, torch.ones(3), torch.zeros(3).int(), None), torch.ones(3))


def test_neus_meets_the_surface_where_it_is() -> None:
    """The weights of a ray that falls on a plane are greatest at the plane, whatever the angle."""
    for slope in (-1.0, -0.4):
        middles = torch.arange(-1.0, 1.0, 0.01) + 0.005
        raw = slope * middles
        owner = torch.zeros(len(raw), dtype=torch.int32)
        alpha = NeuS(1, sharpness=60.0).alpha(raw, torch.full_like(raw, 0.01), owner, torch.full_like(raw, slope))
        weights = (alpha * torch.cat([torch.ones(1), (1 - alpha).cumprod(0)[:-1]])).detach()
        assert abs(float(middles[weights.argmax()])) <= 0.01
        assert float(weights.sum()) == pytest.approx(1.0, abs=1e-3)


def test_schedules() -> None:
    density = VolSDF(2, beta=0.1, last=0.001)
    assert density.parameter_groups() == []
    for progress in (0.0, 0.5, 1.0):
        density.at(progress)
        assert density.beta.tolist() == pytest.approx([0.1 / (1 + 99 * progress**0.8)] * 2)
    assert density.beta.tolist() == pytest.approx([0.001] * 2)


def test_what_is_learned_stays_in_its_range_and_has_a_row_for_each_candidate() -> None:
    for density in (VolSDF(3), NeuS(3)):
        (group,) = density.parameter_groups()
        assert [list(parameter.shape) for parameter in group.parameters] == [[3]]
        with torch.no_grad():
            group.parameters[0].copy_(torch.tensor([-5.0, 0.05, 50.0]))
        density.constrain()
        found = density.density(torch.tensor([-0.1, 0.0, 0.1]), torch.arange(3, dtype=torch.int32))
        assert found.isfinite().all()


def test_fields_start_as_a_blob_or_a_ball() -> None:
    points = torch.tensor([[0.0, 0.0, 0.0], [0.3, 0.0, 0.4], [0.0, 1.0, 0.0]])
    assert Softplus(1, scale=10).start(points).tolist() == pytest.approx([10.0, 0.0, -10.0], abs=1e-5)
    soft = Exp(1, blob="dreamfusion", scale=5, width=0.2).start(points)
    assert soft.tolist() == pytest.approx([5.0, 5 * math.exp(-0.25 / 0.08), 5 * math.exp(-1 / 0.08)])
    assert Softplus(1, blob="none").start(points).tolist() == [0.0, 0.0, 0.0]
    assert VolSDF(1, radius=0.5).start(points).tolist() == pytest.approx([-0.5, 0.0, 0.5])
    for kind in (Exp, Softplus):
        density = kind(1, surface=7.0)
        assert float(density.density(torch.tensor([density.level]), OWNER[:1])) == pytest.approx(7.0)


def test_every_name_makes_a_density() -> None:
    for name in DENSITIES.names():
        density = DENSITIES.find(name)(candidates=2)
        assert isinstance(density, Density)
        assert density.needs_slope == (name == "neus")
        assert density.signed == (name in ("neus", "volsdf"))
