"""A candidate of a field that starts again: it is what a field of its kind is at its start, and the others stay."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from limn.cameras import turntable
from limn.step import Step
from pipelines.loop.population import Population
from renderers.fields.factory import field
from renderers.fields.renderer import FieldRenderer
from renderers.registry import Canvas

KINDS: dict[str, dict[str, Any]] = {
    "direct": {"encoding": {"dense_grid": {"resolution": 8}}},
    "network": {"encoding": {"dense_grid": {"resolution": 8, "features": 2}}, "network": "mlp"},
}


def made(kind: str, candidates: int, seed: int) -> FieldRenderer:
    canvas = Canvas((8, 8), candidates, torch.Generator().manual_seed(seed))
    return field(canvas, occupancy=8, samples=32, **KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_a_candidate_starts_again(kind: str) -> None:
    renderer, start = made(kind, 3, 0), made(kind, 1, 7)
    population, step = Population(renderer, {}), Step(320, 400)
    with torch.no_grad():
        for parameter in renderer.parameters():
            parameter += 0.1
        renderer.after_step(step, population)
    before = {name: tensor.clone() for name, tensor in renderer.state_dict().items()}
    assert renderer.restart([1], torch.Generator().manual_seed(7))
    after, fresh = renderer.state_dict(), start.state_dict()
    for name, tensor in after.items():
        assert torch.equal(tensor[[0, 2]], before[name][[0, 2]]), name
        if name.startswith("field"):
            assert torch.equal(tensor[1], fresh[name][0]), name
    assert torch.equal(after["progress"], before["progress"])
    start.progress.fill_(step.progress)
    start.occupancy.start_again(start.field.sigma, 0)
    cameras = turntable(2)
    assert torch.equal(after["occupancy.occupied"][1], start.occupancy.occupied[0])
    torch.testing.assert_close(renderer.render(cameras).rgb[1], start.render(cameras).rgb[0])
    assert renderer.occupancy.occupied[1].float().mean() > 0


def test_a_field_made_by_hand_cannot_start_again() -> None:
    renderer = made("direct", 1, 0)
    alone = FieldRenderer(renderer.field, 1)
    assert not alone.restart([0], torch.Generator())
