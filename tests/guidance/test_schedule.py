from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from guidance import Schedule
from limn.schedule import constant


@pytest.mark.parametrize(
    ("config", "progress", "value"),
    [
        (0.3, 0.7, 0.3),
        ({"from": 1.0, "to": 0.0}, 0.0, 1.0),
        ({"from": 1.0, "to": 0.0}, 0.25, 0.75),
        ({"from": 1.0, "to": 0.0}, 1.0, 0.0),
        ({"from": 1.0, "to": 0.0, "start": 0.2, "end": 0.6}, 0.1, 1.0),
        ({"from": 1.0, "to": 0.0, "start": 0.2, "end": 0.6}, 0.4, 0.5),
        ({"from": 1.0, "to": 0.0, "start": 0.2, "end": 0.6}, 0.7, 0.0),
        ({"from": 0.0, "to": 1.0, "shape": "cosine"}, 0.25, 0.1464466),
        ({"from": 0.0, "to": 1.0, "shape": "sqrt"}, 0.25, 0.5),
        ({"from": 1.0, "to": 0.01, "shape": "exp"}, 0.5, 0.1),
        ({"from": 1.0, "to": 3.0, "start": 0.5, "end": 0.5}, 0.49, 1.0),
        ({"from": 1.0, "to": 3.0, "start": 0.5, "end": 0.5}, 0.5, 3.0),
    ],
)
def test_value(config: Any, progress: float, value: float) -> None:
    assert Schedule.model_validate(config).at(progress) == pytest.approx(value)


def test_constant() -> None:
    assert {constant(2.0).at(x / 10) for x in range(11)} == {2.0}


@pytest.mark.parametrize(
    "config",
    [
        {"from": 1.0},
        {"from": 1.0, "to": 0.0, "start": 0.6, "end": 0.5},
        {"from": 1.0, "to": 0.0, "end": 1.5},
        {"from": 1.0, "to": 0.0, "shape": "exp"},
        {"from": 1.0, "to": 0.0, "shape": "cubic"},
        {"from": 1.0, "to": 0.0, "ende": 0.5},
        "fast",
        True,
    ],
)
def test_refuses(config: Any) -> None:
    with pytest.raises(ValidationError):
        Schedule.model_validate(config)
