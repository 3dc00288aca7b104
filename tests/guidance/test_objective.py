from __future__ import annotations

import pytest
import torch
from torch import Tensor

from guidance import Loss, Objective, Schedule, Step
from limn.frames import Frames


class Sum(Loss):
    """factor times the sum of each candidate's pixels."""

    def __init__(self, factor: float = 1.0) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, frames: Frames, step: Step) -> Tensor:
        return self.factor * frames.rgb.flatten(1).sum(dim=1)


@pytest.fixture
def frames() -> Frames:
    rgb = torch.ones(2, 1, 3, 2, 2)
    rgb[1] = 2.0
    return Frames(rgb, rgb[:, :, :1])


def test_weighs_and_adds(frames: Frames) -> None:
    report = Objective({"a": Sum(), "b": Sum(2.0)}, {"b": 0.5})(frames, Step(0, 3))
    assert report.values["a"].tolist() == [12.0, 24.0]
    assert report.values["b"].tolist() == [24.0, 48.0]
    assert report.weights == {"a": 1.0, "b": 0.5}
    assert report.total().tolist() == [24.0, 48.0]


def test_follows_a_schedule(frames: Frames) -> None:
    ramp = Schedule.model_validate({"from": 0.0, "to": 2.0})
    objective = Objective({"a": Sum()}, {"a": ramp})
    assert objective(frames, Step(2, 3)).total().tolist() == [24.0, 48.0]
    assert objective(frames, Step(1, 3)).total().tolist() == [12.0, 24.0]
    assert objective(frames, Step(0, 3)).total().tolist() == [0.0, 0.0]


def test_a_weight_of_zero_is_not_evaluated(frames: Frames) -> None:
    class Forbidden(Loss):
        def forward(self, frames: Frames, step: Step) -> Tensor:
            raise AssertionError

    report = Objective({"a": Sum(), "no": Forbidden()}, {"no": 0.0})(frames, Step(0, 3))
    assert list(report.values) == ["a"]


def test_objectives_add_and_scale(frames: Frames) -> None:
    one, two = Objective({"a": Sum()}, {"a": 2.0}), Objective({"a": Sum(), "b": Sum()})
    report = (one + 3 * two)(frames, Step(0, 3))
    assert report.weights == {"a": 2.0, "a_2": 3.0, "b": 3.0}
    assert report.total().tolist() == [8 * 12.0, 8 * 24.0]
    assert (one * 0.5)(frames, Step(0, 3)).weights == {"a": 1.0}
    assert one(frames, Step(0, 3)).weights == {"a": 2.0}
