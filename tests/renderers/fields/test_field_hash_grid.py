from __future__ import annotations

import pytest
import torch
from torch import Tensor

from limn.errors import InputError
from renderers.fields.encodings.hash_grid import HashGrid
from renderers.fields.operations.hash_grid import hash_grid
from renderers.fields.operations.levels import Levels

LEVELS = Levels(count=5, base=4, finest=40, log2_size=10)
"""Two levels that have a row for each vertex and three that are hashed."""

CANDIDATES = 3


def scene(count: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Points in and around the box, their owners and a table; candidate 1 has no points."""
    generator = torch.Generator().manual_seed(3)
    points = 2.6 * torch.rand(count, 3, generator=generator, dtype=dtype) - 1.3
    owner = (2 * torch.randint(0, 2, (count,), generator=generator)).sort().values.int()
    return points, owner, torch.randn(CANDIDATES, LEVELS.offsets[-1], 2, generator=generator, dtype=dtype)


def with_gradient(count: int, backend: str, open: int, interpolation: str) -> tuple[Tensor, Tensor]:
    points, owner, table = scene(count)
    found = hash_grid(points, owner, table.requires_grad_(), LEVELS, open, interpolation, backend)
    pulls = torch.randn(found.shape, generator=torch.Generator().manual_seed(4))
    return found.detach(), torch.autograd.grad(found, table, pulls)[0]


@pytest.mark.parametrize(("open", "interpolation"), [(5, "linear"), (5, "smoothstep"), (2, "linear")])
def test_kernels_equal_their_twins(open: int, interpolation: str) -> None:
    found, expected = (with_gradient(3000, backend, open, interpolation) for backend in ("warp", "reference"))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
        assert torch.cosine_similarity(one.flatten(), other.flatten(), dim=0) > 0.9999


def test_results_do_not_depend_on_threads() -> None:
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found.append(with_gradient(9000, "warp", 5, "linear"))
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(one, same) for one, same in zip(found[0], other, strict=True))


@pytest.mark.parametrize("interpolation", ["linear", "smoothstep"])
def test_twins_equal_central_differences(interpolation: str) -> None:
    points, owner, table = scene(10, torch.float64)
    direction = torch.randn(table.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)

    def total(given: Tensor) -> Tensor:
        return hash_grid(points, owner, given, LEVELS, None, interpolation, "reference").square().sum()

    (by,) = torch.autograd.grad(total(table.requires_grad_()), table)
    with torch.no_grad():
        slope = (total(table + 1e-4 * direction) - total(table - 1e-4 * direction)) / 2e-4
    torch.testing.assert_close((by * direction).sum(), slope, rtol=1e-6, atol=1e-6)


def test_sizes_are_those_of_the_formula() -> None:
    assert LEVELS.resolutions == [4, 8, 13, 23, 40]  # 4 * 10^(level / 4) is 4, 7.11, 12.65, 22.49, 40
    assert LEVELS.sizes == [64, 512, 1024, 1024, 1024] and LEVELS.offsets == [0, 64, 576, 1600, 2624, 3648]
    usual = Levels(count=16, base=16, finest=4096, log2_size=19)
    assert usual.resolutions[:5] == [16, 24, 34, 49, 71] and usual.hashed == [False] * 5 + [True] * 11
    assert usual.sizes[:6] == [4096, 13824, 39304, 117656, 357912, 524288]  # 49^3 = 117649, up to a multiple of 8


@pytest.mark.parametrize("backend", ["warp", "reference"])
@pytest.mark.parametrize(
    ("level", "vertex", "row"),
    [
        (0, (1, 2, 3), 1 + 4 * 2 + 16 * 3),
        (1, (2, 5, 6), 64 + 2 + 8 * 5 + 64 * 6),
        # 5 * 2654435761 = 387276917 and 7 * 805459861 = 1343251731, modulo 2^32; 3 ^ these = 1191511397; % 1024 = 357
        (2, (3, 5, 7), 576 + 357),
        # 38 * 2654435761 = 2084311110 and 21 * 805459861 = 4029755193; 30 ^ these = 2349678433; % 1024 = 865
        (4, (30, 38, 21), 2624 + 865),
    ],
)
def test_vertices_lie_in_the_rows_of_the_formula(
    backend: str, level: int, vertex: tuple[int, int, int], row: int
) -> None:
    # A point is at x scale + 1/2 vertices, with x in 0..1.
    point = (torch.tensor([vertex]) - 0.5) / LEVELS.scales[level] * 2 - 1
    table = torch.zeros(1, LEVELS.offsets[-1], 2, requires_grad=True)
    found = hash_grid(point, torch.zeros(1, dtype=torch.int32), table, LEVELS, backend=backend)
    (weights,) = torch.autograd.grad(found[0, 2 * level], table)
    assert weights[0, :, 0].argmax() == row and weights.max() > 0.9999


def test_the_far_end_of_a_dense_level_wraps_around() -> None:
    # The far corner of the box is at 3.5 vertices of 4: seven of its eight neighbours are beyond the last vertex.
    table = torch.zeros(1, LEVELS.offsets[-1], 2, requires_grad=True)
    found = hash_grid(torch.ones(1, 3), torch.zeros(1, dtype=torch.int32), table, LEVELS, open=1)
    (weights,) = torch.autograd.grad(found.sum(), table)
    # x + 4 y + 16 z, less the 64 rows of the level where that is beyond them
    rows = [63, 64 - 64, 67 - 64, 68 - 64, 79 - 64, 80 - 64, 83 - 64, 84 - 64]
    assert weights[0, :, 0].nonzero()[:, 0].tolist() == sorted(rows)
    torch.testing.assert_close(weights[0, rows, 0], torch.full((8,), 0.125), rtol=1e-4, atol=1e-4)


def test_closed_levels_give_and_learn_nothing() -> None:
    grid = HashGrid(1, torch.Generator(), levels=5, base_resolution=4, finest_resolution=40, log2_hashmap_size=10)
    points, owner, _ = scene(200)
    for fraction, open in [(0.0, 1), (0.4, 2), (0.5, 3), (0.99, 4), (1.0, 5)]:
        grid.open(fraction)
        found = grid(points, owner * 0).view(-1, 5, 2)
        (by,) = torch.autograd.grad(found.sum(), grid.table)
        seen, learned = found.detach().abs().sum((0, 2)) > 0, [rows.any().item() for rows in by.split(LEVELS.sizes, 1)]
        assert seen.tolist() == learned == [level < open for level in range(5)]
        assert grid.cell == 2 / LEVELS.scales[open - 1]


def test_smoothstep_has_continuous_slopes() -> None:
    scale = LEVELS.scales[1]
    x = (torch.tensor([2.0, 3.0, 4.0], dtype=torch.float64) - 0.5) / scale * 2 - 1  # at vertices
    points = torch.stack([x, torch.full_like(x, 0.3), torch.full_like(x, -0.2)], dim=1)
    table = scene(1, torch.float64)[2][:1]

    def jump(interpolation: str) -> float:
        step = torch.tensor([1e-6, 0, 0], dtype=torch.float64)
        owner = torch.zeros(len(x), dtype=torch.int32)
        near = [hash_grid(points + k * step, owner, table, LEVELS, 2, interpolation, "reference") for k in (-1, 0, 1)]
        return float((near[0] + near[2] - 2 * near[1])[:, 2:4].abs().max() / 1e-6)

    assert jump("smoothstep") < 1e-3 < 1 < jump("linear")


def test_points_that_are_not_numbers_do_no_harm() -> None:
    points, owner, table = scene(20)
    points[3], points[4] = torch.nan, torch.inf
    found = hash_grid(points, owner, table.requires_grad_(), LEVELS)
    found.sum().backward()
    assert found[:3].isfinite().all() and found[5:].isfinite().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"table": torch.zeros(3, 7, 2)}, r"table is float32 \[3, 7, 2\]; expected numbers \[S, 3648, F\]"),
        ({"open": 6}, "open is 6; expected at most 5, the levels"),
        ({"open": 0}, "open is 0; expected an integer from 1"),
        ({"interpolation": "cubic"}, "interpolation is 'cubic'; .*linear"),
        ({"owner": torch.full((20,), 3)}, "owner holds 3; expected 0 to 2, the candidates of the table"),
    ],
)
def test_bad_arguments_are_refused(change: dict[str, object], message: str) -> None:
    points, owner, table = scene(20)
    with pytest.raises(InputError, match=f"^hash_grid: {message}"):
        hash_grid(**({"points": points, "owner": owner, "table": table, "levels": LEVELS} | change))


def test_a_finest_level_below_the_coarsest_is_refused() -> None:
    with pytest.raises(InputError, match="finest_resolution is 8; expected at least 16"):
        HashGrid(1, torch.Generator(), finest_resolution=8)
