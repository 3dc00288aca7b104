"""The small networks of fields: candidates apart, colours by direction, learned backgrounds."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from renderers.fields.background import LearnedBackground
from renderers.fields.harmonics import harmonics
from renderers.fields.network import MLP


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


FEATURES = torch.randn(7, 5, generator=generator())
DIRECTIONS = F.normalize(torch.randn(7, 3, generator=generator()), dim=1)
OWNER = torch.tensor([0, 0, 0, 2, 2, 2, 2], dtype=torch.int32)


def test_harmonics_are_orthonormal() -> None:
    height = torch.linspace(-1, 1, 2001, dtype=torch.float64)[:-1] + 0.0005
    turn = torch.arange(16, dtype=torch.float64) / 16 * 2 * torch.pi
    flat = (1 - height**2).sqrt()[:, None]
    points = torch.stack([flat * turn.cos(), flat * turn.sin(), height[:, None].expand(-1, 16)], dim=-1).view(-1, 3)
    values = harmonics(points, 4)
    product = values.T @ values * (4 * torch.pi / len(points))
    assert (product - torch.eye(16)).abs().max() < 1e-4
    assert torch.equal(harmonics(points, 2), values[:, :4])


def test_every_candidate_has_its_own_matrices() -> None:
    network = MLP(3, 5, generator(), width=8, depth=2)
    found = network(FEATURES, OWNER)
    for s in range(3):
        hidden = FEATURES[s == OWNER]
        for i, matrix in enumerate(network.trunk.matrices):
            hidden = hidden @ matrix[s] if i == 2 else (hidden @ matrix[s]).clamp_min(0)
        assert (found[s == OWNER] - hidden).abs().max() < 1e-6 if s != 1 else not len(hidden)
    found[OWNER == 2].sum().backward()
    for matrix in network.trunk.matrices:
        assert matrix.grad is not None
        assert [bool(part.any()) for part in matrix.grad] == [False, False, True]


def test_colours_may_depend_on_the_direction_but_density_may_not() -> None:
    network = MLP(3, 5, generator(), views=True)
    one, other = network(FEATURES, OWNER, DIRECTIONS), network(FEATURES, OWNER, -DIRECTIONS)
    assert torch.equal(one[:, 0], other[:, 0])
    assert ((one - other)[:, 1:].abs() > 1e-4).all()
    assert torch.equal(network(FEATURES, OWNER)[:, 0], one[:, 0])
    plain = MLP(3, 5, generator())
    assert torch.equal(plain(FEATURES, OWNER, DIRECTIONS), plain(FEATURES, OWNER))
    assert sum(len(group.parameters) for group in network.parameter_groups()) == 5
    assert all(len(parameter) == 3 for parameter in network.parameters())


def test_backgrounds_are_learned_and_at_times_one_flat_colour() -> None:
    background = LearnedBackground(2, generator(), flat=0.5)
    sights = F.normalize(torch.randn(40, 6, 3, generator=generator()), dim=2)
    learned = background(sights)
    assert learned.shape == (2, 40, 6, 3)
    assert (learned[0] - learned[1]).abs().min() > 0
    drawn = background(sights, generator())
    flat = (drawn == drawn[:, :, :1]).all(dim=3).all(dim=2)
    assert torch.equal(drawn[~flat], learned[~flat])
    assert 20 < int(flat.sum()) < 60
    assert torch.equal(background(sights, generator()), drawn)
    drawn.sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in background.parameters())
