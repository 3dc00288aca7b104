"""The task of a config whose recipe has one stage."""

from __future__ import annotations

from pipelines import RunConfig, Task, build


def only_task(config: RunConfig) -> Task:
    (stage,) = build(config)
    return stage.task(None)
