"""Where rays look: the kernel against its definition, and what is known of boxes, steps and cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from field_scenes import rays_at_the_box

from limn.errors import InputError
from renderers.fields.operations.march import march

OWNER = torch.arange(600, dtype=torch.int32) // 200
OCCUPIED = (torch.rand(3, 9, 9, 9, generator=torch.Generator().manual_seed(1)) < 0.4).byte()
JITTER = torch.rand(600, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize(
    ("occupied", "jitter", "near"),
    [(None, None, 0.0), (OCCUPIED, JITTER, 0.0), (OCCUPIED, None, 2.0), (None, JITTER, 2)],
)
def test_kernel_equals_its_definition(occupied: Any, jitter: Any, near: float) -> None:
    origins, directions = rays_at_the_box(600)
    fast = march(origins.float(), directions.float(), OWNER, occupied, 0.037, jitter, near)
    jitter = None if jitter is None else jitter.double()
    slow = march(origins, directions, OWNER, occupied, 0.037, jitter, near, backend="reference")
    assert len(fast.ray) > 4000
    assert torch.equal(fast.ray, slow.ray)
    assert torch.equal(fast.starts, slow.starts)
    for name in ("points", "distances", "lengths"):
        assert (getattr(fast, name) - getattr(slow, name)).abs().max() < 1e-5, name


def test_a_ray_is_cut_from_where_it_enters_to_where_it_leaves() -> None:
    origins, directions = torch.tensor([[-2.5, 0.1, 0.2]]), torch.tensor([[1.0, 0.0, 0.0]])
    owner = torch.zeros(1, dtype=torch.int32)
    whole = march(origins, directions, owner, None, 0.25)
    assert whole.distances.tolist() == [1.625 + 0.25 * k for k in range(8)]
    assert whole.points[0].tolist() == pytest.approx([-0.875, 0.1, 0.2])
    later = march(origins, directions, owner, None, 0.25, torch.tensor([0.5]))
    assert later.distances.tolist() == [1.75 + 0.25 * k for k in range(7)]
    within = march(origins, directions, owner, None, 0.25, near=3.0)
    assert within.distances.tolist() == [3.125, 3.375]
    assert len(march(origins, -directions, owner, None, 0.25).ray) == 0
    assert len(march(origins + torch.tensor([0.0, 1.0, 0.0]), directions, owner, None, 0.25).ray) == 0


def test_only_what_lies_in_occupied_cells_is_kept() -> None:
    origins, directions = (part.float() for part in rays_at_the_box(600))
    occupied = torch.zeros(3, 8, 8, 8, dtype=torch.uint8)
    occupied[0] = 1
    occupied[1, 5, 2, 3] = 255  # z, y, x
    samples = march(origins, directions, OWNER, occupied, 0.02)
    owner = OWNER[samples.ray.long()]
    everywhere = march(origins, directions, OWNER, None, 0.02)
    assert torch.equal(samples.points[owner == 0], everywhere.points[OWNER[everywhere.ray.long()] == 0])
    cells = ((samples.points[owner == 1] + 1) * 4).floor()
    assert len(cells) > 50
    assert cells.unique(dim=0).tolist() == [[3, 2, 5]]
    assert not (owner == 2).any()


def test_no_rays_have_no_samples() -> None:
    nothing = march(torch.zeros(0, 3), torch.zeros(0, 3), torch.zeros(0, dtype=torch.int32), None, 0.1)
    assert nothing.starts.tolist() == [0]


def test_same_bits_with_any_number_of_threads() -> None:
    origins, directions = (part.float().repeat(4, 1) for part in rays_at_the_box(600))
    owner = torch.arange(2400, dtype=torch.int32) // 800
    threads, found = torch.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            found.append(march(origins, directions, owner, OCCUPIED, 0.02, JITTER.repeat(4)))
    finally:
        torch.set_num_threads(threads)
    for name in ("points", "distances", "ray", "starts"):
        assert torch.equal(getattr(found[0], name), getattr(found[1], name))
        assert torch.equal(getattr(found[0], name), getattr(found[2], name))


ONE, CELLS = torch.zeros(4, 3), torch.ones(1, 4, 4, 4, dtype=torch.uint8)
NOBODY = torch.zeros(4, dtype=torch.int32)


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: march(ONE, ONE[:2], NOBODY, None, 0.1), r"directions is float32 \[2, 3\]; .* with R = 4"),
        (lambda: march(ONE, ONE, NOBODY + 1, CELLS, 0.1), "owner holds 1; expected 0 to 0, the candidates"),
        (lambda: march(ONE, ONE, NOBODY, CELLS.float(), 0.1), r"occupied is float32 .*; expected bytes \[S, G, G, G\]"),
        (lambda: march(ONE, ONE, NOBODY, CELLS[:, :2], 0.1), "occupied is"),
        (lambda: march(ONE, ONE, NOBODY, None, 0.0), "step is 0.0; expected a finite number above 0"),
        (lambda: march(ONE, ONE, NOBODY, None, 1e-9), "rays x intervals is 4 x 34641"),
        (lambda: march(ONE, ONE, NOBODY, None, 0.1, near=-1.0), "near is -1.0"),
        (lambda: march(ONE, ONE, NOBODY, None, 0.1, torch.zeros(3)), "jitter is"),
        (lambda: march(ONE, ONE, NOBODY, None, 0.1, backend="wrap"), "did you mean 'warp'"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], Any], line: str) -> None:
    with pytest.raises(InputError, match=line):
        call()
