"""Many runs: a folder, a pattern or a list as target makes one run for each picture."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

from limn.errors import InputError
from pipelines.config.reading import read_config, safe_name
from pipelines.config.run_config import RunConfig
from pipelines.config.targets import targets_of
from pipelines.config.yaml import dump_yaml
from pipelines.runs.execute import execute, finished_artefacts, run_config
from pipelines.runs.folder import RunFolder
from pipelines.runs.status import read_status

logger = logging.getLogger("limn")


@dataclass(frozen=True)
class Outcome:
    """What became of one picture.

    Args:
        target: the picture.
        state: of its run: ``done``, ``was done`` before, ``interrupted`` or ``failed``.
        folder: of its run, where there is one.
        error: why it failed.
    """

    target: Path
    state: Literal["done", "was done", "interrupted", "failed"]
    folder: Path | None = None
    error: Exception | None = None

    def __str__(self) -> str:
        """One line."""
        reason = "" if self.error is None else f": {' '.join(str(self.error).split())}"
        return f"{self.state:11} {self.folder or self.target}{reason}"


def run_each(source: str | Path | Mapping[str, Any], **overrides: Any) -> Iterator[Outcome]:
    """Runs a config once for each of its targets. A run's folder has the name of its picture.

    What is there is not done again: a run of the same picture with the same settings is kept where it is done, else it
    goes on. One that fails does not stop the others; one that is interrupted does.

    Args:
        source: a YAML file, or its content as a mapping.
        overrides: settings in place of the config's; ``target`` may be a folder, a pattern such as ``photos/*.jpg``, or
            a list of pictures, folders and patterns.

    Yields:
        What became of each picture, as soon as it is known.

    Raises:
        InputError: there are no pictures, or something in the config is wrong for all of them.
    """
    targets = targets_of(source, overrides.items())
    if targets is None:
        raise InputError("target: expected a folder, a pattern such as photos/*.jpg, or a list of pictures")
    read = [_read(source, overrides, target) for target in targets]
    if all(isinstance(one, InputError) for one in read):
        raise read[0]  # type: ignore[misc]
    for number, (target, config) in enumerate(zip(targets, read, strict=True), start=1):
        logger.info("%d of %d: %s", number, len(targets), target.name)
        outcome = Outcome(target, "failed", error=config) if isinstance(config, InputError) else _run(target, config)
        yield outcome
        if outcome.state == "interrupted":
            return


def _read(source: str | Path | Mapping[str, Any], overrides: Mapping[str, Any], target: Path) -> RunConfig | InputError:
    try:
        config = read_config(source, [*overrides.items(), ("target", str(target))])
    except InputError as error:
        return error
    if config.run:
        raise InputError(f"run: {config.run} would be the folder of all pictures; each has its own, with its own name")
    return config


def _run(target: Path, config: RunConfig) -> Outcome:
    try:
        place = _place(config, safe_name(target.stem) or "picture")
        if place.exists():
            if finished_artefacts(place):
                return Outcome(target, "was done", place)
            folder = execute(place).folder
        else:
            folder = run_config(config.model_copy(update={"run": place.name})).folder
    except Exception as error:
        logger.error("%s: %s", target.name, error)
        return Outcome(target, "failed", error=error)
    assert folder is not None
    return Outcome(target, "done" if read_status(folder).state == "done" else "interrupted", folder)


def _place(config: RunConfig, name: str) -> Path:
    """Where its run is: the folder of one with the same settings, else one that is still free."""
    for number in count(1):
        place = config.output / config.name / (name if number == 1 else f"{name}-{number}")
        if not (place / "config.yaml").exists() or _settings(RunFolder.open(place).config) == _settings(config):
            return place
    raise AssertionError


def _settings(config: RunConfig) -> str:
    return dump_yaml(config.model_copy(update={"run": "", "threads": None}))
