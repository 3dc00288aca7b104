"""Groups of faces, against their definitions group by group."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from limn.errors import InputError
from renderers.mesh.groups import divided, inherited
from renderers.mesh.mesh import Mesh
from renderers.mesh.prepare import remesh


def some_groups(faces: int, generator: torch.Generator) -> dict[str, Tensor]:
    shares = [0.0, 0.2, 0.5, 1.0, 0.3]
    return {f"{n}": (torch.rand(faces, generator=generator) < share).nonzero()[:, 0] for n, share in enumerate(shares)}


@pytest.mark.parametrize("seed", range(4))
def test_they_follow_their_definitions(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    groups = some_groups(40, generator)
    parent = torch.randint(40, (90,), generator=generator).sort().values
    for name, faces in divided(groups, parent).items():
        assert torch.equal(faces, torch.isin(parent, groups[name]).nonzero()[:, 0])
    old = torch.randint(25, (40, 3), generator=generator)
    new = torch.randint(9, (15, 3), generator=generator)
    heir = torch.randint(9, (25,), generator=generator)
    found = inherited(groups, old, new, heir, 9)
    for name, faces in groups.items():
        inside = torch.zeros(40, 3)
        inside[faces] = 1
        corners = heir[old].reshape(-1)
        share = torch.zeros(9).index_add_(0, corners, inside.reshape(-1)) / torch.bincount(corners, minlength=9).clamp(
            1
        )
        expected = (share[new].mean(1) > 0.5).nonzero()[:, 0]
        assert torch.equal(found.get(name, torch.empty(0, dtype=torch.long)), expected)
    assert "0" not in found


def test_nothing_left_is_one_line() -> None:
    mesh = Mesh(torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), torch.tensor([[0, 1, 2]] * 300).int(), name="flat")
    with pytest.raises(InputError, match="flat: nothing is left of 300 faces; give more than faces: 4"):
        remesh(mesh, 4)
