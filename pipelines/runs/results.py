"""What remains of a run: the results of the best candidate, the film of its becoming, the report."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from limn.artefact import Artefact
from limn.errors import InputError
from limn.files import write_file
from limn.frames import Frames
from limn.step import Step
from pipelines.config.run_config import RunConfig
from pipelines.loop.callbacks import read_metrics
from pipelines.loop.callbacks.previews import history
from pipelines.loop.contact_sheets import ByteImage, pictures, png, read_row, tiled, to_bytes
from pipelines.loop.optimise import Result
from pipelines.loop.shapes import shape_of
from pipelines.report import Moment, ReportData, StageReport, write_report, write_turntable
from pipelines.report.video import FILMS
from pipelines.runs.artefacts import write_artefacts
from pipelines.runs.folder import RunFolder
from pipelines.runs.fooling import fooling_facts, judge_fooling
from pipelines.task.task import Stage, Task

logger = logging.getLogger("limn")


@dataclass(frozen=True)
class StageResult:
    """What came of a stage."""

    stage: Stage
    task: Task
    result: Result


def write_results(folder: RunFolder, results: Sequence[StageResult], complete: bool) -> list[Artefact]:
    """Writes the best candidate of the last stage, the film of the whole run and the report.

    Args:
        folder: of the run.
        results: of its stages so far.
        complete: whether these are all; then it is measured how much the result fools its encoder.

    Returns:
        What was written, in the folder of the run.

    Raises:
        InputError: the disk is full or refuses.
    """
    config, last = folder.config, results[-1]
    frames = final_frames(last.task, config, last.stage.settings.steps)
    finals = pictures(frames)
    final = finals[last.result.candidate]
    if complete:
        judge_fooling(folder, last.stage.config or config, frames, last.result.candidate)
    moments = [moment for result in results for moment in _moments(folder, result, final)]
    reports = [_report(folder, result) for result in results]
    shown = {name: picture for result in results for name, picture in result.task.pictures.items()}
    with folder.staging() as stage:
        made = results_of(stage, last.task, last.result)
        if last.task.turntable is not None:
            made += write_turntable(stage, last.result, last.task, config)
        for name, picture in shown.items():
            made.append(Artefact(write_file(stage / f"{name}.png", png(to_bytes(picture))), "picture", name))
        for kind in config.video.formats:
            film = stage / f"history.{kind}"
            FILMS[kind](film, [*(moment.picture for moment in moments), final], config.video.fps)
            made.append(Artefact(film, "film", "how it came into being"))
        data = ReportData(
            config=config,
            name=folder.path.name,
            config_text=folder.config_text(),
            environment=folder.environment(),
            stages=reports,
            finals=finals,
            moments=[*moments, Moment(results[-1].stage.name, last.result.steps, final)],
            artefacts=made,
            pictures={name: to_bytes(picture) for name, picture in shown.items()},
            facts=fooling_facts(folder.path),
            notes=[*(n for result in results for n in result.task.notes), *(n for one in reports for n in _told(one))],
        )
        made.append(Artefact(write_report(stage / "report.html", data), "page", "report"))
        write_artefacts(stage, made)
    return [replace(artefact, path=folder.path / artefact.path.name) for artefact in made]


def results_of(folder: Path, task: Task, result: Result) -> list[Artefact]:
    """Writes what the renderer and the recipe make of the best candidate.

    Raises:
        InputError: what they give are no artefacts, or no files in the folder.
    """
    makers: list[tuple[str, Callable[[Path, int], Sequence[Artefact]]]] = [
        (f"renderer {type(result.renderer).__name__}", result.renderer.artefacts)
    ]
    if task.artefacts is not None:
        makers.append(("the recipe", task.artefacts))
    found: list[Artefact] = []
    for name, make in makers:
        made = make(folder, result.candidate)
        if not (isinstance(made, Sequence) and all(isinstance(one, Artefact) for one in made)):
            raise InputError(f"{name}: artefacts gives {type(made).__name__}; expected a list of Artefacts")
        for one in made:
            if one.path.parent != folder or not one.path.exists():
                raise InputError(f"{name}: artefacts names {one.path.name}, which it has not written into its folder")
        found += made
    return list({artefact.path: artefact for artefact in found}.values())


@torch.no_grad()
def final_frames(task: Task, config: RunConfig, steps: int, size: int | None = None) -> Frames:
    """The candidates as they are, in the views that they are evaluated from, as large as previews or as told."""
    longer_side = size or config.preview_size
    step = Step(steps - 1, steps, config.seed, training=False)
    cameras = task.cameras(step) if task.cameras else None
    shape = shape_of(task.renderer, cameras, longer_side) if longer_side else None
    return task.renderer.render(cameras, shape, step)


def _moments(folder: RunFolder, result: StageResult, final: ByteImage) -> list[Moment]:
    """The history of the best candidate of a stage; all stages in pictures of the size of the end."""

    import cv2

    number, views = result.result.candidate_ids[result.result.candidate], _views(result, folder.config)
    height, width = final.shape[:2]
    moments = []
    for file in history(folder.stage(result.stage.name).previews):
        row = read_row(file, number, result.result.started)
        if row is None or row.shape[1] % views:
            logger.warning("%s is damaged; the film and the report go without it", file)
            continue
        picture = tiled(row, views)
        if picture.shape != final.shape:
            picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        moments.append(Moment(result.stage.name, int(file.stem), picture))
    return moments


def _views(result: StageResult, config: RunConfig) -> int:
    if result.task.cameras is None:
        return 1
    return len(result.task.cameras(Step(0, 1, config.seed, training=False)))


def _report(folder: RunFolder, result: StageResult) -> StageReport:
    metrics = read_metrics(folder.stage(result.stage.name).metrics_file)
    return StageReport(result.stage.name, result.stage.settings.steps, result.result, metrics)


def _told(stage: StageReport) -> list[str]:
    """What steps left to tell."""
    lines = [(line["step"] + 1, note) for line in stage.metrics for note in line.get("notes", ())]
    return [f"{stage.name} step {step}: {note}".strip() for step, note in lines]
