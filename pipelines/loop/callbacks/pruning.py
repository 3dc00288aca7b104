"""Pruning: the best candidates go on, the others are dropped."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from guidance import Prompt
from guidance.objective import Objective
from limn.errors import InputError
from pipelines.config.run_config import PruneConfig, RunConfig
from pipelines.config.terms import term_model
from pipelines.loop.callback import Callback
from pipelines.loop.optimise import Loop
from pipelines.task.objective import build_objective

logger = logging.getLogger("limn")


class Pruning(Callback):
    """Drops candidates at some moments of a run, so that many starts cost little more than one.

    Args:
        moments: when, how many stay, and who judges.
        judges: by the name that a moment gives, ``objective`` for the run's own unless it is here.

    Source: Zhang et al., DreamFace, 2023 (candidates ranked by CLIP before they are optimised).
    """

    def __init__(self, moments: Sequence[PruneConfig], judges: Mapping[str, Objective] | None = None) -> None:
        self.moments, self.judges = moments, judges or {}

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
            values = loop.rank(self.judges.get(moment.by)).nan_to_num(nan=float("inf"))
            rows = sorted(values.argsort(stable=True)[: moment.keep].tolist())
            stay = ", ".join(str(candidate_ids[row] + 1) for row in rows)
            logger.info("step %d: of %d candidates stay %s", loop.index, len(candidate_ids), stay)
            loop.keep(rows)


def pruning_of(config: RunConfig) -> Pruning:
    """The pruning that a config asks for.

    Raises:
        InputError: candidates are to be ranked by CLIP, but the recipe has no prompt.
    """
    judges = {"clip": _clip(config)} if any(moment.by == "clip" for moment in config.prune) else {}
    return Pruning(config.prune, judges)


def _clip(config: RunConfig) -> Objective:
    """The encoder's similarity of pictures and prompt."""
    words = getattr(config, "prompt", None)
    if not words:
        raise InputError("prune: by: clip ranks candidates against a prompt, which this recipe has not")
    term = term_model("text_similarity").model_validate({"loss": "text_similarity"})
    prompt = Prompt.parse(words, getattr(config, "templates", ("{}",)))
    return build_objective(config.model_copy(update={"losses": {"clip": term}}), prompt=prompt)
