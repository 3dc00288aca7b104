"""Published: the settings that something was published with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from guidance.distillation.weighting import Weighting
from guidance.schedule import Schedule, constant

EARLIEST, LATEST = constant(0.02), constant(0.98)


@dataclass(frozen=True)
class Published:
    """What a paper sets where the config does not.

    Args:
        scale: guidance scale s of e_u + s (e_c - e_u).
        weighting: of the noise levels.
        earliest: smallest time of the random draw.
        latest: greatest time.
    """

    scale: float
    weighting: Weighting = "sds"
    earliest: Schedule = EARLIEST
    latest: Schedule = LATEST


def between(first: float, last: float, **rest: Any) -> Schedule:
    """A schedule from one value to another; the rest as `Schedule` has it."""
    return Schedule.model_validate({"from": first, "to": last, **rest})
