"""Published: the settings that something was published with."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.distillation.weighting import Weighting
from guidance.schedule import Schedule, constant


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
    earliest: Schedule = constant(0.02)
    latest: Schedule = constant(0.98)
