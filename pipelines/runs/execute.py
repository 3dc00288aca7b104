"""Runs from config to results."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from limn.errors import InputError
from limn.files import write_file, writing
from pipelines.config.reading import read_config
from pipelines.config.recipe import RECIPES
from pipelines.config.run_config import RunConfig
from pipelines.loop.callbacks import Checkpoints, Metrics, Previews, Progress, Pruning, pruning_of
from pipelines.loop.checkpoint import Snapshot, read_checkpoint
from pipelines.loop.contact_sheets import pictures, png
from pipelines.loop.optimise import Loop, Result, Settings, optimise
from pipelines.loop.population import schedules_of
from pipelines.runs.folder import RunFolder
from pipelines.runs.results import write_results
from pipelines.task.task import Task

logger = logging.getLogger("limn")


def run(source: str | Path | Mapping[str, Any], **overrides: Any) -> Result:
    """Runs a config and writes its run folder.

    Args:
        source: a YAML file, or its content as a mapping.
        overrides: settings in place of the config's; dotted keys as ``**{"losses.text.weight": 0.5}``.

    Returns:
        The best candidate, how it was judged, the folder and the files in it.

    Raises:
        InputError: something in the config, or in a file that it names, is wrong; nothing is written then.
    """
    config = read_config(source, overrides.items())
    config.torch_device()
    folder = RunFolder.create(config)
    try:
        prepared = prepare(config)
        schedules_of(prepared.renderer, config.learning_rates)
        pruning = pruning_of(config)
    except BaseException:
        folder.discard()
        raise
    return _execute(folder, prepared, pruning, None)


def resume(path: str | Path) -> Result:
    """Goes on with a run that was stopped, from its last checkpoint; the outcome is that of a run never stopped.

    Raises:
        InputError: it is no run folder, or its checkpoint is damaged or of another config.
    """
    folder = RunFolder.open(Path(path))
    snapshot = None
    if folder.checkpoint.exists():
        snapshot = read_checkpoint(folder.checkpoint, folder.config_text())
    return _execute(folder, prepare(folder.config), pruning_of(folder.config), snapshot)


def export(path: str | Path, size: int | None = None) -> list[Path]:
    """Writes the best candidate of a run again, from its checkpoint.

    Args:
        path: the run folder.
        size: height and width in pixels of a further picture, ``drawing-<size>.png``.

    Raises:
        InputError: it is no run folder, or it has no sound checkpoint.
    """
    folder = RunFolder.open(Path(path))
    snapshot = read_checkpoint(folder.checkpoint, folder.config_text())
    prepared = prepare(folder.config)
    loop = Loop(prepared.renderer, prepared.objective, settings_of(folder.config), prepared.cameras)
    loop.restore(snapshot)
    candidate = loop.population.take_best()
    with folder.staging() as stage:
        prepared.renderer.export(stage, candidate)
        if size is not None:
            write_file(stage / f"drawing-{size}.png", png(pictures(loop.render((size, size)))[candidate]))
        names = sorted(file.name for file in stage.iterdir())
    return [folder.path / name for name in names]


def prepare(config: RunConfig) -> Task:
    """The renderer and the objective of a config, on its device.

    Raises:
        InputError: something that the config names is wrong.
    """
    prepared = RECIPES.find(config.recipe)(config)
    device = config.torch_device()
    prepared.renderer.to(device)
    prepared.objective.to(device)
    return prepared


def settings_of(config: RunConfig) -> Settings:
    """What the loop needs to know of a config."""
    return Settings(config.steps, config.seed, config.learning_rates, config.eval_every)


def _execute(folder: RunFolder, prepared: Task, pruning: Pruning, snapshot: Snapshot | None) -> Result:
    config = folder.config
    with _log_file(folder.log_file):
        logger.info("%s", folder.path)
        callbacks = [
            Progress(),
            Metrics(folder.metrics_file, config.checkpoint_every),
            Previews(folder.previews, config.history_every, config.preview_size),
            pruning,  # behind those who look at the step, before the one who keeps what is left
            Checkpoints(folder.checkpoint, folder.config_text(), config.checkpoint_every),
        ]
        settings = settings_of(config)
        result = optimise(prepared.renderer, prepared.objective, settings, callbacks, snapshot, prepared.cameras)
        result = replace(result, folder=folder.path)
        result = replace(result, files=write_results(folder, prepared, result))
        for file in result.files:
            logger.info("wrote %s", file.name)
    return result


class _LogFile(logging.FileHandler):
    """A log that does not swallow a full disk."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        error = sys.exception()
        if isinstance(error, OSError):
            raise InputError(f"cannot write {self.baseFilename}: {error.strerror}") from error
        super().handleError(record)


@contextmanager
def _log_file(path: Path) -> Iterator[None]:
    with writing(path):
        handler = _LogFile(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
