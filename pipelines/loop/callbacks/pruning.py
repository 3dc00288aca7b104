"""Pruning: the best candidates go on, the others are dropped."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from guidance.objective import Objective
from pipelines.config.run_config import PruneConfig
from pipelines.loop.callback import Callback
from pipelines.loop.loop import Loop

logger = logging.getLogger("limn")


class Pruning(Callback):
    """Drops candidates at some moments of a run, so that many starts cost little more than one.

    Args:
        moments: when, how many stay, and what ranks them.
        rankings: objectives by the name that a moment gives; ``objective`` is the run's own.

    Source: Zhang et al., DreamFace, 2023 (candidates ranked by CLIP before they are optimised).
    """

    def __init__(self, moments: Sequence[PruneConfig], rankings: Mapping[str, Objective] | None = None) -> None:
        self.moments, self.rankings = moments, rankings or {}

    def start(self, loop: Loop) -> None:
        """Drops those who start badly."""
        if loop.index == 0:
            self._prune(loop)

    def step(self, loop: Loop) -> None:
        """Drops where it is time."""
        if loop.index > 0:
            self._prune(loop)

    def _prune(self, loop: Loop) -> None:
        for moment in self.moments:
            candidate_ids = loop.population.candidate_ids
            if loop.index != round(moment.at * loop.total) or moment.keep >= len(candidate_ids):
                continue
            values = loop.rank(self.rankings.get(moment.by)).nan_to_num(nan=float("inf"))
            rows = sorted(values.argsort(stable=True)[: moment.keep].tolist())
            stay = ", ".join(str(candidate_ids[row] + 1) for row in rows)
            logger.info("step %d: of %d candidates stay %s", loop.index, len(candidate_ids), stay)
            loop.keep(rows)
