"""The pruning that a config asks for."""

from __future__ import annotations

from guidance import Prompt
from guidance.objective import Objective
from limn.errors import InputError
from pipelines.config.run_config import RunConfig
from pipelines.config.terms import term_model
from pipelines.loop.callbacks import Pruning
from pipelines.task.objective import build_objective


def pruning_of(config: RunConfig) -> Pruning:
    """The pruning that a config asks for.

    Raises:
        InputError: candidates are to be ranked by CLIP, but the recipe has no prompt.
    """
    rankings = {"clip": _clip(config)} if any(moment.by == "clip" for moment in config.prune) else {}
    return Pruning(config.prune, rankings)


def _clip(config: RunConfig) -> Objective:
    """The encoder's similarity of pictures and prompt."""
    words = getattr(config, "prompt", None)
    if not words:
        raise InputError("prune: by: clip ranks candidates against a prompt, which this recipe has not")
    term = term_model("text_similarity").model_validate({"loss": "text_similarity"})
    prompt = Prompt.parse(words, getattr(config, "templates", ("{}",)))
    return build_objective(config.model_copy(update={"losses": {"clip": term}}), prompt=prompt)
