"""Records: what can be known of runs from their folders alone."""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from limn.artefact import Artefact
from limn.errors import InputError
from pipelines.config.yaml import read_mapping
from pipelines.gallery.history import StageHistory, mapping_of, read_history
from pipelines.runs.artefacts import read_artefacts
from pipelines.runs.status import Status, read_status

logger = logging.getLogger("limn")

Value = str | int | float | bool | None

SIGNS = ("config.yaml", "environment.json", "artefacts.json", "metrics.jsonl")
"""Files that a run folder has some of; one without the first is damaged."""

PLACES = ("recipe", "name", "run", "output", "import_from")
"""Settings that say where a run lies, or are told of anyway."""


@dataclass(frozen=True)
class RunRecord:
    """One run, as its folder tells it.

    Args:
        folder: of the run.
        key: the folder as seen from where runs were looked for, with ``/``; no two records of one search share it.
        status: as it was written; see `state`.
        config: the resolved config.
        job: what a batch wrote of the run: ``name``, ``batch``, ``settings``; empty for a run of its own.
        measures: numbers of `evaluate` by name, and the words that it found, such as what a result is taken for.
        artefacts: results that exist, in the order in which they were made.
        history: of each stage that has begun.
    """

    folder: Path
    key: str
    status: Status
    config: Mapping[str, Any]
    job: Mapping[str, Any]
    measures: Mapping[str, Value]
    artefacts: Sequence[Artefact]
    history: Sequence[StageHistory]

    @property
    def recipe(self) -> str:
        """What was to be made."""
        return str(self.config["recipe"])

    @property
    def pipeline(self) -> str:
        """The name of the config; of a job its recipe, as its config bears the name of the batch."""
        return self.recipe if self.batch else str(self.config.get("name") or self.recipe)

    @property
    def name(self) -> str:
        """What to call the run: the name of its job, else its prompt or its target, else the name of its folder."""
        about = self.config.get("prompt") or self.config.get("text") or Path(str(self.config.get("target") or "")).stem
        return str(self.job.get("name") or about or self.folder.name)

    @property
    def batch(self) -> str:
        """The batch that the run belongs to; empty for a run of its own."""
        return str(self.job.get("batch", ""))

    @property
    def state(self) -> str:
        """``queued``, ``running``, ``interrupted``, ``done`` or ``failed``; a run whose process died is interrupted."""
        return "interrupted" if self.status.state == "running" and not self.status.alive else self.status.state

    @property
    def eval_loss(self) -> float | None:
        """Of the best candidate of the last stage that was evaluated."""
        return next((stage.eval_loss for stage in reversed(self.history) if stage.eval_loss is not None), None)

    @property
    def seconds(self) -> float:
        """How long the steps took, up to the latest checkpoint."""
        return round(sum(stage.progress.seconds for stage in self.history), 3)

    @cached_property
    def settings(self) -> dict[str, Value]:
        """The config without `PLACES`, flat, with dotted keys; a list is its JSON."""
        return dict(_flat({key: value for key, value in self.config.items() if key not in PLACES}))

    def facts(self) -> dict[str, Value]:
        """What is known beside measures and settings."""
        facts: dict[str, Value] = {
            "run": self.key,
            "name": self.name,
            "pipeline": self.pipeline,
            "recipe": self.recipe,
            "batch": self.batch or None,
            "state": self.state,
            "error": self.status.error or None,
            "updated": self.status.heartbeat or None,
            "seconds": self.seconds or None,
            "eval_loss": self.eval_loss,
        }
        return {name: _plain(value) for name, value in facts.items()}

    def fields(self) -> dict[str, Value]:
        """All that runs can be sorted and filtered by: settings, measures and facts, the latter where names clash."""
        return {**self.settings, **self.measures, **self.facts()}

    def first(self, *kinds: str, suffix: str = "") -> Path | None:
        """The file of the first artefact of one of these kinds, the kinds in their order."""
        found = [a for kind in kinds for a in self.artefacts if a.kind == kind and a.path.name.endswith(suffix)]
        return found[0].path if found else None


def _unreadable(error: OSError) -> None:
    logger.warning("cannot read %s: %s", error.filename, error.strerror)


def find_runs(root: str | Path, unreadable: Callable[[OSError], None] = _unreadable) -> Iterator[Path]:
    """Folders of runs at or below a folder, at any depth, in the order of their paths; damaged ones, too.

    Links to folders are not followed, and nothing is looked for inside a run.

    Args:
        root: the folder.
        unreadable: is told of folders that cannot be read; a line of the log says so unless given.
    """
    for place, folders, files in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith(".") or name.endswith(".part"))
        if not set(SIGNS).isdisjoint(files):
            folders.clear()
            yield Path(place)


def read_record(folder: str | Path, root: str | Path) -> RunRecord:
    """The record of a run folder.

    What is damaged beside the config counts as missing.

    Args:
        folder: of the run.
        root: where runs were looked for; the record's key is the way from there.

    Raises:
        InputError: the folder is no run, half-written, or its config is damaged.
    """
    folder = Path(folder)
    if folder.name.endswith(".part"):
        raise InputError(f"{folder} is half-written")
    if not (folder / "config.yaml").is_file():
        raise InputError(f"{folder} is not a run folder: it has no config.yaml")
    config = read_mapping(folder / "config.yaml")
    if not isinstance(config.get("recipe"), str):
        raise InputError(f"{folder / 'config.yaml'}: 'recipe' is missing")
    try:
        return _record(folder, _text(Path(os.path.relpath(folder, root)).as_posix()), config)
    except OSError as error:
        raise InputError(f"cannot read {error.filename}: {error.strerror}") from error


def _record(folder: Path, key: str, config: dict[str, Any]) -> RunRecord:
    history = read_history(folder, config)
    evaluation = _json(folder / "evaluation.json")
    numbers, words = (mapping_of(evaluation.get(part)).items() for part in ("measures", "found"))
    measures: dict[str, Value] = {_text(name): float(value) for name, value in numbers if _is_number(value)}
    measures |= {_text(name): _text(value) for name, value in words if isinstance(value, str)}
    return RunRecord(
        folder=folder,
        key=key,
        status=read_status(folder),
        config=config,
        job=_json(folder / "job.json"),
        measures=measures,
        artefacts=[artefact for artefact in read_artefacts(folder) if _is_inside(artefact.path, folder)],
        history=history,
    )


def _is_inside(path: Path, folder: Path) -> bool:
    """True if something is there, and in the folder; a list from elsewhere may name any file."""
    return path.exists() and path.resolve().is_relative_to(folder.resolve())


def read_records(roots: Iterable[str | Path], root: str | Path) -> tuple[list[RunRecord], list[str]]:
    """The records of all runs at or below some folders, each run once.

    Args:
        roots: folders to look through.
        root: the keys of the records are the ways from there.

    Returns:
        The records in the order of their keys, and one line for each folder that was left out, which says why.

    Raises:
        InputError: one of the folders does not exist.
    """
    records: dict[str, RunRecord] = {}
    left_out: list[str] = []
    for place in map(Path, roots):
        if not place.is_dir():
            raise InputError(f"no folder {place}")
        for folder in find_runs(place):
            try:
                record = read_record(folder, root)
            except InputError as error:
                left_out.append(str(error))
            else:
                records[record.key] = record
    return [records[key] for key in sorted(records)], left_out


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Value]]:
    if isinstance(value, Mapping) and value:
        for name, part in value.items():
            yield from _flat(part, f"{key}.{name}" if key else name)
    elif isinstance(value, list | Mapping):
        yield _text(key), _text(json.dumps(value, ensure_ascii=False))
    else:
        yield _text(key), _plain(value)


def _json(file: Path) -> Mapping[str, Any]:
    """The mapping in a file; empty where there is none or it is damaged."""
    try:
        return mapping_of(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _plain(value: Value) -> Value:
    """The value, as JSON and every table can hold it."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    """Text without the half characters that names of files and escapes may hold."""
    return value.encode(errors="replace").decode()
