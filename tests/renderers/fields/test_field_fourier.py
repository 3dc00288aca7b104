from __future__ import annotations

import math

import torch

from renderers.fields.encodings.encoding import ENCODINGS
from renderers.fields.encodings.fourier import Fourier

OWNER = torch.zeros(1, dtype=torch.int32)


def test_features_are_those_of_the_formula() -> None:
    encoding = Fourier(1, torch.Generator(), bands=3)
    point = [0.1, -0.7, 0.25]
    expected = list(point)
    for band in range(3):
        expected += [wave(2**band * math.pi * value) for wave in (math.sin, math.cos) for value in point]
    found = encoding(torch.tensor([point]), OWNER)
    torch.testing.assert_close(found, torch.tensor([expected]))
    assert found.shape == (1, encoding.features)


def test_bands_fade_in_one_after_the_other() -> None:
    encoding = Fourier(1, torch.Generator(), bands=3)
    point = torch.tensor([[0.1, -0.7, 0.3]])
    full = encoding(point, OWNER)[:, 3:].view(3, 6)
    for fraction, weights, cell in [
        (0.0, (1, 0, 0), 1),
        (0.25, (1, 0.5, 0), 0.5),
        (0.5, (1, 1, 0), 0.5),
        (1, (1, 1, 1), 0.25),
    ]:
        encoding.open(fraction)
        found = encoding(point, OWNER)
        torch.testing.assert_close(found[:, :3], point)
        torch.testing.assert_close(found[:, 3:].view(3, 6), full * torch.tensor(weights)[:, None])
        assert encoding.cell == cell


def test_every_encoding_has_features_for_any_point() -> None:
    points, owner = torch.tensor([[0.3, 0.1, -0.9], [4.0, -0.5, 1.2]]), torch.tensor([0, 1], dtype=torch.int32)
    for name in ENCODINGS.names():
        encoding = ENCODINGS.find(name)(candidates=2, generator=torch.Generator())
        found = encoding(points, owner)
        assert found.shape == (2, encoding.features)
        torch.testing.assert_close(found, encoding(points.clamp(-1, 1), owner))
        trained = [p for group in encoding.parameter_groups() for p in group.parameters]
        assert {id(p) for p in trained} == {id(p) for p in encoding.parameters()}
        assert all(len(p) == 2 for p in trained) and encoding.cell > 0
