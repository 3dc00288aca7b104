"""What rays show: the kernels against their definition, this against central differences, and known rays."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from field_scenes import rays_at_the_box, view_of_the_centre
from torch import Tensor

from limn.errors import InputError
from limn.volume import Samples
from renderers.fields.densities.density import Density
from renderers.fields.densities.distance import NeuS, VolSDF
from renderers.fields.densities.radiance import Exp, Softplus
from renderers.fields.operations.accumulate import accumulate
from renderers.fields.operations.composite import composite
from renderers.fields.operations.march import march

RESULTS = ("weights", "opacity", "colours", "depth")


def scene(channels: int = 3) -> tuple[Tensor, Tensor, Samples]:
    """Opacities and values along rays, in double precision; some samples are solid, some clear, some rays empty."""
    origins, directions = rays_at_the_box(500)
    owner = torch.zeros(500, dtype=torch.int32)
    generator = torch.Generator().manual_seed(3)
    occupied = (torch.rand(1, 8, 8, 8, generator=generator) < 0.4).byte()
    occupied[:, :, :3] = 0
    samples = march(origins, directions, owner, occupied, 0.05, backend="reference")
    count = len(samples.ray)
    alpha = torch.rand(count, generator=generator, dtype=torch.float64) ** 3
    alpha[::40], alpha[5::40] = 1.0, 0.0
    return alpha, torch.randn(count, channels, generator=generator, dtype=torch.float64), samples


def wanted(samples: Samples, channels: int) -> list[Tensor]:
    """What is asked of each result."""
    generator = torch.Generator().manual_seed(4)
    rays = len(samples.starts) - 1
    shapes = [(len(samples.ray),), (rays,), (rays, channels), (rays,)]
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def outcome(dtype: torch.dtype, backend: Any, channels: int = 3, asked: str = "".join(RESULTS)) -> list[Tensor]:
    """The results, and the derivatives by alpha and values of what is asked of some of them."""
    alpha, values, samples = scene(channels)
    alpha, values = alpha.to(dtype).requires_grad_(), values.to(dtype).requires_grad_()
    found = composite(alpha, values, samples, 1e-3, backend)
    chosen = [i for i, name in enumerate(RESULTS) if name in asked]
    adjoints = wanted(samples, channels)
    total = torch.stack([(found[i] * adjoints[i].to(dtype)).sum() for i in chosen]).sum()
    by = torch.autograd.grad(total, (alpha, values), materialize_grads=True)
    return [*(part.detach() for part in found), *by]


@pytest.mark.parametrize(("channels", "asked"), [(3, "".join(RESULTS)), (1, "weights"), (4, "opacity"), (7, "depth")])
def test_kernels_equal_their_definition(channels: int, asked: str) -> None:
    fast = outcome(torch.float32, "warp", channels, asked)
    slow = outcome(torch.float64, "reference", channels, asked)
    for one, other in zip(fast, slow, strict=True):
        assert (one - other).norm() <= 1e-4 * other.norm()
        if other.any():
            assert torch.cosine_similarity(one.double().flatten(), other.flatten(), dim=0) > 0.9999


def test_sums_equal_their_definition() -> None:
    weights, values, samples = scene()
    found = []
    for dtype, backend in ((torch.float32, "warp"), (torch.float64, "reference")):
        leaves = [part.to(dtype).requires_grad_() for part in (weights, values)]
        sums = accumulate(leaves[0], leaves[1], samples, backend)  # type: ignore[arg-type]
        found.append([sums, *torch.autograd.grad((sums * wanted(samples, 3)[2].to(dtype)).sum(), leaves)])
    for one, other in zip(*found, strict=True):
        assert (one - other).norm() <= 1e-5 * other.norm()


@pytest.mark.parametrize("of", ["alpha", "values"])
def test_the_definition_equals_central_differences(of: str) -> None:
    alpha, values, samples = scene()
    alpha = 0.02 + 0.8 * alpha  # differences need room on both sides
    given = {"alpha": alpha, "values": values}
    direction = torch.randn(given[of].shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    adjoints = wanted(samples, 3)

    def total(shift: float) -> Tensor:
        moved = given | {of: leaf + shift * direction}
        found = composite(moved["alpha"], moved["values"], samples, 0.0, "reference")
        return torch.stack([(part * by).sum() for part, by in zip(found, adjoints, strict=True)]).sum()

    leaf = given[of].clone().requires_grad_()
    (by,) = torch.autograd.grad(total(0.0), leaf)
    with torch.no_grad():
        slope = (total(1e-6) - total(-1e-6)) / 2e-6
    assert float((by * direction).sum()) == pytest.approx(float(slope), rel=1e-6)


@pytest.mark.parametrize("backend", ["warp", "reference"])
def test_a_ray_worked_out_by_hand(backend: Any) -> None:
    distances = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    starts = torch.tensor([0, 0, 4, 5, 5], dtype=torch.int32)
    ray = torch.tensor([1, 1, 1, 1, 2], dtype=torch.int32)
    samples = Samples(distances[:, None].repeat(1, 3), distances, torch.ones(5), ray, starts)
    alpha = torch.tensor([0.5, 0.9, 0.5, 0.5, 1.0])
    values = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [5.0, 5.0], [2.0, 3.0]])
    weights, opacity, colours, depth = composite(alpha, values, samples, stop=0.04, backend=backend)
    assert weights.tolist() == pytest.approx([0.5, 0.45, 0.025, 0.0, 1.0])  # what is left for the fourth is 0.025
    assert opacity.tolist() == pytest.approx([0.0, 0.975, 1.0, 0.0])
    assert colours.flatten().tolist() == pytest.approx([0, 0, 0.525, 0.475, 2, 3, 0, 0])
    assert depth.tolist() == pytest.approx([0.0, 0.5 + 0.9 + 0.075, 5.0, 0.0])


def test_what_is_solid_has_a_gradient_that_is_finite() -> None:
    samples = march(torch.tensor([[0.0, 0.0, 2.0]]), torch.tensor([[0.0, 0.0, -1.0]]), torch.zeros(1).int(), None, 0.5)
    alpha = torch.ones(4, requires_grad=True)
    weights, opacity, *_ = composite(alpha, torch.ones(4, 1), samples)
    (opacity.sum() + weights[2]).backward()
    assert weights.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert alpha.grad is not None
    assert alpha.grad.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_same_bits_with_any_number_of_threads() -> None:
    threads, found = torch.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            found.append(outcome(torch.float32, "warp"))
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(one, other) for again in found[1:] for one, other in zip(found[0], again, strict=True))


def test_no_samples_show_nothing() -> None:
    empty = torch.zeros(1, 4, 4, 4, dtype=torch.uint8)
    origins, directions = (part.float() for part in rays_at_the_box(6))
    samples = march(origins, directions, torch.zeros(6, dtype=torch.int32), empty, 0.1)
    alpha, values = torch.zeros(0, requires_grad=True), torch.zeros(0, 3, requires_grad=True)
    _, opacity, colours, depth = composite(alpha, values, samples)
    assert not opacity.any()
    assert not colours.any()
    assert not depth.any()
    colours.sum().backward()
    assert values.grad is not None


def test_operators_are_sound_for_torch() -> None:
    alpha, values, samples = scene()
    given = (alpha.float().requires_grad_(), values.float().requires_grad_(), samples.distances.float(), samples.starts)
    checks = ("test_schema", "test_autograd_registration", "test_faketensor")
    torch.library.opcheck(torch.ops.limn.field_composite, (*given, 1e-3), test_utils=checks)
    torch.library.opcheck(torch.ops.limn.field_accumulate, (*given[:2], given[3]), test_utils=checks)


def test_what_does_not_fit_is_named() -> None:
    alpha, values, samples = scene()
    with pytest.raises(InputError, match=r"composite: values is float64 \[5, 3\]; expected numbers \[M, C\] with M ="):
        composite(alpha, values[:5], samples)
    with pytest.raises(InputError, match=r"samples.starts holds .*the samples"):
        composite(alpha[:9], values[:9], Samples(*(part[:9] for part in vars(samples).values())))


@pytest.mark.parametrize(
    ("density", "steep"),
    [(Exp(1), -5e3), (Softplus(1), -1e6), (VolSDF(1, beta=5e-4), 1.0), (NeuS(1, sharpness=1e3), 1.0)],
)
def test_a_known_ball_has_its_silhouette_and_depth(density: Density, steep: float) -> None:
    radius, side, distance = 0.7, 48, 2.5
    origins, directions = view_of_the_centre(side)
    owner = torch.zeros(side**2, dtype=torch.int32)
    jitter = torch.rand(side**2, generator=torch.Generator().manual_seed(6))
    samples = march(origins, directions, owner, None, 2 * 3**0.5 / 256, jitter)
    away = samples.points.norm(dim=1)
    raw = steep * (away - radius)
    of_ray = samples.ray.long()
    slope = (samples.points * directions[of_ray]).sum(1) / away
    alpha = density.alpha(raw, samples.lengths, owner[of_ray], slope)
    _, opacity, _, depth = composite(alpha.detach(), samples.points, samples)
    middle = -(origins * directions).sum(1)
    aside = (distance**2 - middle**2).clamp_min(0).sqrt()
    hit = aside < radius
    assert abs(float(opacity.sum()) / int(hit.sum()) - 1) < 0.01
    assert opacity[aside > radius + 0.01].max() < 0.01
    surely = aside < 0.97 * radius
    assert opacity[surely].min() > 0.99
    true = middle - (radius**2 - aside**2).clamp_min(0).sqrt()
    assert (depth / opacity / true - 1)[surely].abs().max() < 0.01
