"""PaperDefaults: the settings that something was published with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from guidance.distillation.weighting import Weighting
from limn.schedule import Schedule, constant

EARLIEST, LATEST = constant(0.02), constant(0.98)


@dataclass(frozen=True)
class PaperDefaults:
    """What a paper sets where the config does not.

    Args:
        scale: guidance scale s of e_u + s (e_c - e_u).
        weighting: of the noise levels.
        t_min: smallest time of the random draw.
        t_max: greatest time.
    """

    scale: float
    weighting: Weighting = "sds"
    t_min: Schedule = EARLIEST
    t_max: Schedule = LATEST


def between(first: float, last: float, **rest: Any) -> Schedule:
    """A schedule from one value to another; the rest as `Schedule` has it."""
    return Schedule.model_validate({"from": first, "to": last, **rest})
