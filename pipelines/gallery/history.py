"""The history of a run in pictures, and which part of each picture shows the best candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.loop.callbacks.metrics import read_metrics
from pipelines.loop.callbacks.previews import history
from pipelines.loop.checkpoint import Progress, progress_of


@dataclass(frozen=True)
class StageHistory:
    """A stage on its way.

    Its pictures are sheets with a row for each candidate and a column for each view.

    Args:
        name: of the stage; empty where there is one.
        folder: where it writes.
        steps: of the pictures.
        files: of the pictures, in the order of their steps.
        candidates: rows of a picture.
        best: the row of the best candidate.
        views: columns of a picture.
        eval_loss: of the best candidate; None before the first evaluation.
        progress: up to the latest checkpoint.
    """

    name: str
    folder: Path
    steps: Sequence[int]
    files: Sequence[Path]
    candidates: int
    best: int
    views: int
    eval_loss: float | None
    progress: Progress


def read_history(folder: Path, config: Mapping[str, Any]) -> list[StageHistory]:
    """The history of each stage of a run that has begun, in their order.

    Args:
        folder: of the run.
        config: the resolved config.
    """
    order = list(mapping_of(config.get("stages")))
    begun = [place for place in folder.glob("stages/*") if place.is_dir()]
    begun.sort(key=lambda place: (order.index(place.name) if place.name in order else len(order), _begin(place)))
    return [_stage(place.name, place, config) for place in begun] or [_stage("", folder, config)]


def _begin(stage: Path) -> float:
    """When the first picture of a stage was made, in seconds since 1970."""
    return min((file.stat().st_mtime for file in history(stage / "previews")), default=0.0)


def _stage(name: str, folder: Path, config: Mapping[str, Any]) -> StageHistory:
    settings = {**config, **mapping_of(mapping_of(config.get("stages")).get(name))}
    losses = [line["eval_loss"] for line in read_metrics(folder / "metrics.jsonl", having="eval_loss")]
    counted = losses[-1:] if settings.get("best") == "last" else losses
    values = [(value, row) for line in counted for row, value in enumerate(line) if value is not None]
    value, best = min(values, default=(None, 0))
    files = history(folder / "previews")
    return StageHistory(
        name=name,
        folder=folder,
        steps=[int(file.stem) for file in files],
        files=files,
        candidates=len(losses[-1]) if losses else _count(config.get("best_of")),
        best=best,
        views=_count(settings.get("eval_views")),
        eval_loss=value,
        progress=progress_of(folder / "checkpoint"),
    )


def mapping_of(value: Any) -> Mapping[str, Any]:
    """The mapping that should be there; empty where there is something else."""
    return value if isinstance(value, Mapping) else {}


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 1
