"""Writes the results of a run again, at any size, from its checkpoint; no loss is computed."""

from __future__ import annotations

from pathlib import Path

from limn.errors import InputError
from limn.files import write_file
from limn.local_modules import importing_from
from pipelines.loop.checkpoint import has_checkpoint, read_checkpoint
from pipelines.loop.contact_sheets import pictures, png
from pipelines.loop.optimise import restored
from pipelines.runs.build import build
from pipelines.runs.folder import RunFolder
from pipelines.runs.results import StageResult, final_frames, results_of
from pipelines.task.start import Start


def export(path: str | Path, size: int | None = None) -> list[Path]:
    """Writes the results of the best candidate again, from the checkpoint of the last stage that has one.

    No stage is run, no encoder and no prior is loaded.

    Args:
        path: the run folder.
        size: longer side in pixels of a further picture, such as ``drawing-<size>.png``.

    Returns:
        The files and folders.

    Raises:
        InputError: it is no run folder, or it has no sound checkpoint.
    """
    folder = RunFolder.open(Path(path))
    with importing_from(folder.config.import_from), folder.threads():
        last = last_stage(folder)
        with folder.staging() as stage:
            made = results_of(stage, last.task, last.result)
            if size is not None:
                flat = next((a.path.stem for a in made if a.kind in ("drawing", "picture")), "view")
                frames = final_frames(last.task, folder.config, last.stage.settings.steps, size)
                write_file(stage / f"{flat}-{size}.png", png(pictures(frames)[last.result.candidate]))
            names = sorted(file.name for file in stage.iterdir())
    return [folder.path / name for name in names]


def last_stage(folder: RunFolder) -> StageResult:
    """The last stage that has a checkpoint, in its best state.

    Raises:
        InputError: none has a sound one.
    """
    found: StageResult | None = None
    for stage in build(folder.config, Start(folder.start)):
        place = folder.stage(stage.name).checkpoint
        if found is not None and not has_checkpoint(place):
            break
        snapshot = read_checkpoint(place, folder.config_text())
        task = stage.task(found.result if found else None)
        found = StageResult(stage, task, restored(task.renderer, stage.settings, snapshot))
    if found is None:
        raise InputError(f"{folder.path} has no stage")
    return found
