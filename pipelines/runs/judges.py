"""What compares states and candidates, as a config asks for it."""

from __future__ import annotations

from guidance import Prompt
from guidance.objective import Objective
from pipelines.config.run_config import RunConfig
from pipelines.config.terms import term_model
from pipelines.loop.callbacks import Pruning
from pipelines.task.objective import build_objective


def judge_of(config: RunConfig) -> Objective | None:
    """What evaluates in place of the objective; None where nothing does."""
    return similarity(config) if config.judge == "clip" else None


def pruning_of(config: RunConfig) -> Pruning:
    """The pruning that a config asks for."""
    rankings = {"clip": similarity(config)} if any(moment.by == "clip" for moment in config.prune) else {}
    return Pruning(config.prune, rankings)


def similarity(config: RunConfig) -> Objective:
    """How far pictures are from the prompt of a config to its encoder, the mean over views."""
    term = term_model("text_similarity").model_validate({"loss": "text_similarity"})
    prompt = Prompt.parse(getattr(config, "prompt", ""), getattr(config, "templates", ("{}",)))
    return build_objective(config.model_copy(update={"losses": {"clip": term}}), prompt=prompt)
