"""The operators of encodings are sound for torch: their schemas, shapes without values, and gradients."""

from __future__ import annotations

import pytest
import torch

from renderers.fields.operations import dense_grid, hash_grid, triplane
from renderers.fields.operations.levels import Levels

LEVELS = Levels(count=2, base=4, finest=8, log2_size=10)

TABLES = {
    "field_dense_grid": (dense_grid, (2, 3, 4, 5, 4), ()),
    "field_dense_grid_gradient": (dense_grid, (2, 3, 4, 5, 4), ()),
    "field_hash_grid": (hash_grid, (2, LEVELS.offsets[-1], 2), (*LEVELS.layout(torch.device("cpu")), 2, True)),
    "field_triplane": (triplane, (2, 3, 6, 6, 8), ()),
}


@pytest.mark.parametrize("name", TABLES)
def test_operators_are_sound(name: str) -> None:
    _, shape, settings = TABLES[name]
    generator = torch.Generator().manual_seed(0)
    points = 2 * torch.rand(7, 3, generator=generator) - 1
    owner = torch.tensor([0, 0, 0, 1, 1, 1, 1], dtype=torch.int32)
    table = torch.randn(shape, generator=generator).requires_grad_()
    checks = ("test_schema", "test_faketensor", "test_autograd_registration")
    torch.library.opcheck(getattr(torch.ops.limn, name), (points, owner, table, *settings), test_utils=checks)


def test_no_points_give_no_values_and_no_gradient() -> None:
    points, owner = torch.zeros(0, 3), torch.zeros(0, dtype=torch.int32)
    tables = [torch.ones(shape, requires_grad=True) for _, shape, _ in TABLES.values()]
    found = [
        dense_grid.dense_grid(points, owner, tables[0]),
        *dense_grid.dense_grid_gradient(points, owner, tables[1]),
        hash_grid.hash_grid(points, owner, tables[2], LEVELS),
        triplane.triplane(points, owner, tables[3]),
    ]
    assert [part.shape for part in found] == [(0, 4), (0, 4), (0, 4, 3), (0, 4), (0, 24)]
    assert not any(by.any() for by in torch.autograd.grad(sum(part.sum() for part in found), tables))
