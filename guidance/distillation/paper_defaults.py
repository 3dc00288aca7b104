"""PaperDefaults: the settings of a paper, or those that suit a prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from guidance.distillation.weighting import Weighting
from limn.schedule import Schedule, constant

EARLIEST, LATEST = constant(0.02), constant(0.98)


@dataclass(frozen=True)
class PaperDefaults:
    """Settings that apply where the config gives none.

    Args:
        scale: guidance scale s of e_u + s (e_c - e_u).
        weighting: of the noise levels.
        t_min: smallest time of the random draw.
        t_max: greatest time.
        samples: noise levels per picture and step.
    """

    scale: float
    weighting: Weighting = "sds"
    t_min: Schedule = EARLIEST
    t_max: Schedule = LATEST
    samples: int = 1


def between(first: float, last: float, **rest: Any) -> Schedule:
    """A schedule from one value to another; the rest as `Schedule` has it."""
    return Schedule.model_validate({"from": first, "to": last, **rest})
