"""Stages of a config: for recipes that make each of them from a config of its own."""

from __future__ import annotations

from typing import TypeVar

from pipelines.config.run_config import RunConfig
from pipelines.config.stages import StagedConfig
from pipelines.loop.loop import Settings

C = TypeVar("C", bound=StagedConfig)


def staged(config: C) -> list[tuple[str, C, Settings]]:
    """The name, the config and the settings of each stage; of the run as a whole where it has no stages."""
    stages = {name: config.stage(name) for name in config.stages} or {"": config}
    return [(name, stage, settings_of(stage)) for name, stage in stages.items()]


def settings_of(config: RunConfig) -> Settings:
    """What the loop needs to know of a config."""
    return Settings(
        config.steps,
        config.seed,
        config.learning_rates,
        config.eval_every,
        config.best == "last",
        config.coarse_to_fine,
    )
