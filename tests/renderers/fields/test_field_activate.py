"""What samples show: the kernel against its definition, this against central differences."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from renderers.fields.densities.density import Density
from renderers.fields.densities.radiance import Exp, Softplus
from renderers.fields.operations.activate import ROWS

COUNT = 2 * ROWS + 333


def given(dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Values, points, lengths and owners; some values are far from 0, on both sides."""
    generator = torch.Generator().manual_seed(1)
    values = 3.0 * torch.randn(COUNT, 4, generator=generator)
    values[::7] *= 8.0
    points = 2.0 * torch.rand(COUNT, 3, generator=generator) - 1.0
    lengths = 0.1 * torch.rand(COUNT, generator=generator)
    return values.to(dtype), points.to(dtype), lengths.to(dtype), torch.zeros(COUNT, dtype=torch.int32)


def outcome(density: Density, defined: bool, dtype: torch.dtype) -> list[Tensor]:
    """What is shown, and the derivatives by the values of what is asked of some of it."""
    values, points, lengths, owner = given(dtype)
    arguments = (values.requires_grad_(), points, lengths, owner, None)
    found = Density.show(density, *arguments) if defined else density.show(*arguments)
    asked = [torch.randn(part.shape, generator=torch.Generator().manual_seed(2)).to(dtype) for part in found]
    parts = [(part * by).sum() for part, by in zip(found, asked, strict=True)]
    by = [torch.autograd.grad(total, values, retain_graph=True)[0] for total in (torch.stack(parts).sum(), *parts)]
    return [*(part.detach() for part in found), *by]


@pytest.mark.parametrize("kind", [Exp, Softplus])
@pytest.mark.parametrize("blob", ["none", "magic3d", "dreamfusion"])
def test_the_kernel_equals_its_definition(kind: type[Exp | Softplus], blob: str) -> None:
    density = kind(1, blob=blob, scale=4.0, width=0.6)  # type: ignore[arg-type]
    for one, other in zip(outcome(density, False, torch.float32), outcome(density, True, torch.float64), strict=True):
        torch.testing.assert_close(one.double(), other, rtol=2e-5, atol=2e-6)
        assert torch.cosine_similarity(one.double().flatten(), other.flatten(), dim=0) > 0.999999


def test_the_definition_equals_central_differences() -> None:
    density = Softplus(1)
    values, points, lengths, owner = given(torch.float64)
    direction = torch.randn(values.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    def total(values: Tensor) -> Tensor:
        _, alpha, colours = Density.show(density, values, points, lengths, owner, None)
        return alpha.square().sum() + colours.square().sum()

    leaf = values.clone().requires_grad_()
    (by,) = torch.autograd.grad(total(leaf), leaf)
    slope = (total(values + 1e-6 * direction) - total(values - 1e-6 * direction)) / 2e-6
    assert float((by * direction).sum()) == pytest.approx(float(slope), rel=1e-6)


def test_small_densities_keep_their_digits_and_what_is_no_number_stays_so() -> None:
    values = torch.tensor([[-12.0, 0, 0, 0], [torch.nan, 0, 0, 0], [200.0, torch.nan, 9e9, -9e9]])
    for kind in (Exp, Softplus):
        _, alpha, colours = kind(1, blob="none").show(values, torch.zeros(3, 3), torch.full((3,), 100.0), values, None)
        assert float(alpha[0]) == pytest.approx(100 * 2.2603e-6, rel=1e-3)
        assert alpha.isnan().tolist() == [False, True, False]
        assert float(alpha[2]) == 1.0
        assert colours[2].tolist() == pytest.approx([torch.nan, 1.0, 0.0], nan_ok=True)


def test_same_bits_with_any_number_of_threads() -> None:
    threads, found = torch.get_num_threads(), []
    try:
        for count in (1, 3):
            torch.set_num_threads(count)
            found.append(outcome(Softplus(1), False, torch.float32))
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_the_operator_is_sound_for_torch() -> None:
    values, points, lengths = (part[:9] for part in given()[:3])
    arguments = (values.requires_grad_(), points, lengths, 1, 1.0, 1, 3.0, 0.5)
    checks = ("test_schema", "test_autograd_registration", "test_faketensor")
    torch.library.opcheck(torch.ops.limn.field_activate, arguments, test_utils=checks)
