"""Runs from config to results: `run` makes a folder, `execute` brings a folder to its end, from wherever it stands."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from guidance.objective import Objective
from limn.artefact import Artefact
from limn.errors import InputError
from limn.files import make_folder
from pipelines.config.reading import read_config
from pipelines.config.run_config import RunConfig
from pipelines.loop.callbacks import Checkpoints, Metrics, Previews, Progress, Pruning
from pipelines.loop.checkpoint import Snapshot, has_checkpoint, read_checkpoint
from pipelines.loop.interrupt import Interrupt, deferring
from pipelines.loop.optimise import Result, optimise, restored
from pipelines.loop.population import schedules_of
from pipelines.runs.artefacts import read_artefacts
from pipelines.runs.build import build
from pipelines.runs.folder import RunFolder
from pipelines.runs.judges import judge_of, pruning_of
from pipelines.runs.log import logging_to
from pipelines.runs.results import StageResult, write_results
from pipelines.runs.status import Heartbeat, Status, read_status, write_status
from pipelines.task.start import Start
from pipelines.task.task import Stage, Task

logger = logging.getLogger("limn")


def run(source: str | Path | Mapping[str, Any], **overrides: Any) -> Result:
    """Runs a config in a new run folder.

    Args:
        source: a YAML file, or its content as a mapping.
        overrides: settings in place of the config's; dotted keys as ``**{"losses.text.weight": 0.5}``.

    Returns:
        The best candidate, its eval loss, the folder and what was written there.

    Raises:
        InputError: something in the config, or in a file that it names, is wrong. Nothing stays, if that shows before
            the first step is done.
    """
    return run_config(read_config(source, overrides.items()))


def run_config(config: RunConfig) -> Result:
    """The same for a config that was read."""
    config.torch_device()
    with deferring() as interrupt:
        folder = RunFolder.create(config)
    try:
        if interrupt.signal:
            raise KeyboardInterrupt
        with folder.at_work():
            return _carry_out(folder)
    except BaseException:
        if read_status(folder.path).step == 0 and not folder.has_checkpoint():
            folder.discard()
        raise


def execute(path: str | Path) -> Result:
    """Brings a run folder to its end: starts, resumes, or returns what a finished run has.

    A run that was killed or interrupted goes on from its last checkpoint and ends with the same bytes as one that was
    not; one that failed tries again from there.

    Args:
        path: a folder with a ``config.yaml``.

    Raises:
        InputError: it is no run folder, its checkpoint is damaged or of another config, or another process is at work.
    """
    folder = RunFolder.open(Path(path))
    with folder.at_work():
        return _carry_out(folder)


def _carry_out(folder: RunFolder) -> Result:
    with logging_to(folder.log_file):
        try:
            kept = finished_artefacts(folder.path)
            ready = _Ready(folder)
            with deferring() as interrupt:
                folder.environment()
                logger.info("%s", folder.path)
                results, complete = _run_stages(folder, ready, interrupt)
                untouched = complete and all(made.result.report is None for made in results)
                artefacts = kept if kept and untouched else write_results(folder, results, complete)
                write_status(folder.path, Status("done" if complete else "interrupted"))
        except KeyboardInterrupt:
            write_status(folder.path, replace(read_status(folder.path), state="interrupted"))
            raise
        except Exception as error:
            with suppress(InputError):  # a full disk refuses this, too
                write_status(folder.path, replace(read_status(folder.path), state="failed", error=_line(error)))
            raise
        if artefacts is not kept:
            for artefact in artefacts:
                logger.info("wrote %s", artefact.path.name)
    return replace(results[-1].result, folder=folder.path, artefacts=artefacts)


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def finished_artefacts(folder: Path) -> list[Artefact]:
    """The results of a run that is done; none where one of them is missing, so that all are written again."""
    if read_status(folder).state != "done":
        return []
    artefacts = read_artefacts(folder)
    missing = [artefact.path.name for artefact in artefacts if not artefact.path.exists()]
    if missing:
        logger.warning("%s: %s missing; the results are written again", folder, ", ".join(missing))
    return [] if missing else artefacts


class _Ready:
    """The stages of a run, the first of them built, so that what is wrong there is found before anything is written."""

    def __init__(self, folder: RunFolder) -> None:
        config = folder.config
        self.stages = build(config, Start(folder.start))
        self.task = self.stages[0].task(None)
        settings = self.stages[0].settings
        schedules_of(self.task.renderer, settings.learning_rates, settings.coarse_to_fine)
        self.snapshot = _snapshot(folder, self.stages[0])
        self.guides = None if _complete(self.snapshot, self.stages[0]) else _guides(config, self.stages[0], self.task)


def _run_stages(folder: RunFolder, ready: _Ready, interrupt: Interrupt) -> tuple[list[StageResult], bool]:
    """The results of the stages so far, and whether these are all."""
    results: list[StageResult] = []
    for number, stage in enumerate(ready.stages):
        if number == 0:
            task, snapshot = ready.task, ready.snapshot
        else:
            task, snapshot = stage.task(results[-1].result), _snapshot(folder, stage)
        if snapshot is not None and _complete(snapshot, stage):
            result = restored(task.renderer, stage.settings, snapshot)
        else:
            guides = ready.guides if number == 0 else None
            result = _run_stage(folder, stage, task, snapshot, guides or _guides(folder.config, stage, task))
        results.append(StageResult(stage, task, result))
        last = number == len(ready.stages) - 1
        if result.steps < stage.settings.steps or (interrupt.signal and not last):
            return results, False
    return results, True


@dataclass(frozen=True)
class _Guides:
    """What a stage needs only where it has steps to do."""

    objective: Objective
    judge: Objective | None
    pruning: Pruning


def _guides(config: RunConfig, stage: Stage, task: Task) -> _Guides:
    config = stage.config or config
    return _Guides(task.objective(), judge_of(config), pruning_of(config))


def _run_stage(folder: RunFolder, stage: Stage, task: Task, snapshot: Snapshot | None, guides: _Guides) -> Result:
    config, place = folder.config, folder.stage(stage.name)
    if stage.name:
        make_folder(place.path)
        logger.info("stage %s", stage.name)
    for note in task.notes:
        logger.warning("%s", note)
    metrics = Metrics(place.metrics_file, "objective" if guides.judge is None else "clip")
    minutes = config.checkpoint_minutes
    callbacks = [
        Heartbeat(folder.path, stage.name),
        Progress(),
        metrics,
        Previews(place.previews, config.history_every(stage.settings.steps), config.preview_size),
        guides.pruning,  # behind those who look at the step, before the one who keeps what is left
        Checkpoints(place.checkpoint, folder.config_text(), config.checkpoint_every, 60 * minutes, metrics.flush),
    ]
    return optimise(task.renderer, guides.objective, stage.settings, callbacks, snapshot, task.cameras, guides.judge)


def _snapshot(folder: RunFolder, stage: Stage) -> Snapshot | None:
    place = folder.stage(stage.name).checkpoint
    return read_checkpoint(place, folder.config_text()) if has_checkpoint(place) else None


def _complete(snapshot: Snapshot | None, stage: Stage) -> bool:
    return snapshot is not None and snapshot.numbers["index"] == stage.settings.steps
