"""CoarseToFine: what is coarse moves first, what is fine moves last."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from limn.schedule import Schedule, Scheduled, within
from limn.settings import Section


class CoarseToFine(Section):
    """A bump over learning rates that goes from the coarse parameters of a scene to the fine ones.

    Source: Implicit Inversion (2025), where it goes over the layers of a network of sines.
    """

    peak: Annotated[Scheduled, within(-10, 10)] = Schedule.model_validate({"from": 0.0, "to": 1.0})
    """Where the bump is, 0 at the coarsest parameters and 1 at the finest; a number or a schedule."""
    width: Annotated[float, Field(ge=0.01, le=100)] = 0.8
    """Its standard deviation, in the same unit."""

    def factor(self, place: float, progress: float) -> float:
        """What a learning rate is multiplied by: exp(-(place - peak)^2 / 2 width^2).

        Args:
            place: of the parameters, from coarse (0) to fine (1).
            progress: fraction of the run that is done, 0..1.
        """
        return math.exp(-(((place - self.peak.at(progress)) / self.width) ** 2) / 2)
