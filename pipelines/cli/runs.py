"""Commands that run: a pipeline, resume, export, status. What they need is imported when it is clear that it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from limn.errors import InputError, short
from pipelines.cli.arguments import exactly, options_of, settings_of
from pipelines.cli.main import config_of_command
from pipelines.config.keys import check_keys


def run_pipeline(rest: list[str]) -> None:
    """``limn sketch target=photo.jpg``: runs a shipped pipeline or a config."""
    if not rest:
        raise InputError("run takes a pipeline or a config")
    config, settings = config_of_command(rest[0]), settings_of(rest[1:])
    check_keys(config, settings)

    from pipelines.config.targets import targets_of
    from pipelines.runs.execute import run

    targets = targets_of(config, settings)
    if targets is None:
        print(run(config, **dict(settings)).folder)
    else:
        _run_each(config, {key: value for key, value in settings if key != "target"} | {"target": targets})


def _run_each(config: Path, settings: dict[str, Any]) -> None:
    """Runs one picture after the other and says what became of each, one line each.

    Raises:
        InputError: some of them failed.
    """
    from pipelines.runs.many import run_each

    outcomes = list(run_each(config, **settings))
    for outcome in outcomes:
        print(outcome)
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    for outcome in failed:
        if outcome.error is not None and not isinstance(outcome.error, InputError):
            raise outcome.error
    if failed:
        names = ", ".join(outcome.target.name for outcome in failed)
        raise InputError(f"{len(failed)} of {len(outcomes)} runs failed: {names}")


def resume_run(rest: list[str]) -> None:
    """``limn resume FOLDER``: brings a run that was stopped to its end."""
    (folder,) = exactly(rest, "resume", "a run folder")

    from pipelines.runs.execute import execute

    print(execute(folder).folder)


def export_run(rest: list[str]) -> None:
    """``limn export FOLDER [size=PIXELS]``: writes the results of a run again."""
    if not rest:
        raise InputError("export takes a run folder")
    size = options_of(rest[1:], "export", ["size"]).get("size")
    if size is not None and not (type(size) is int and 16 <= size <= 16384):
        raise InputError(f"export: size: expected a number of pixels from 16 to 16384, got {short(size)}")

    from pipelines.runs.export import export

    for file in export(rest[0], size):
        print(file)


def show_status(rest: list[str]) -> None:
    """``limn status FOLDER``: what a run is doing."""
    (name,) = exactly(rest, "status", "a run folder")

    from pipelines.runs.folder import RunFolder
    from pipelines.runs.status import read_status

    status = read_status(RunFolder.open(Path(name)).path)
    state = "interrupted" if status.state == "running" and not status.alive else status.state
    steps = f", step {status.step} of {status.steps}" if status.steps else ""
    stage = f", stage {status.stage}" if status.stage else ""
    print(f"{state}{stage}{steps}{': ' + status.error if status.error else ''}")
