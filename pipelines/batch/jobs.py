"""Jobs files: what a batch is asked to do, and the jobs that come of it."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import AfterValidator, Field, ValidationError

from limn.components import Component, OneOf
from limn.errors import InputError, short
from limn.local_modules import importing_from
from limn.messages import fold
from limn.registry import suggestion
from limn.settings import Section
from pipelines.batch.job import Job, Limits, Resources
from pipelines.batch.launchers.launcher import LAUNCHERS
from pipelines.batch.naming import flat, name_of, template_of
from pipelines.batch.storage import known_url
from pipelines.batch.table import Row, read_table, rows_of, values_of, zipped
from pipelines.config.paths import OutputPath
from pipelines.config.reading import merged, read_config, safe_name
from pipelines.config.run_config import RunConfig
from pipelines.config.shipped import shipped_pipelines
from pipelines.config.words import MAIN, Words
from pipelines.config.yaml import dump_yaml, parse_value, read_mapping

logger = logging.getLogger("limn")

OWN = ("run", "name", "output")
"""Settings of a run that a batch decides."""


class JobsFile(Section):
    """What a batch is asked to do: a job for each combination of ``table``, ``list``, ``zip``, ``grid``, ``seeds``."""

    pipeline: str = ""
    """A shipped pipeline or a config; each row may name its own."""
    defaults: dict[str, Any] = {}
    """Settings of all jobs, by dotted key."""
    table: str = ""
    """A CSV file with keys in its first line. Or values of the main setting: a text file with one a line, a folder of
    pictures, or a pattern."""
    rows: list[dict[str, Any]] = Field(default=[], alias="list")
    """Settings of each job."""
    columns: dict[str, Any] = Field(default={}, alias="zip")
    """Key -> values; the first values together, the second ones together..."""
    grid: dict[str, Any] = {}
    """Key -> values; each with each."""
    seeds: int | list[int] | None = None
    """How many seeds, from 0 on, or which."""
    name: str = ""
    """Of each job, with keys in braces, such as ``{prompt}-{seed}``; what differs unless given."""
    resources: Resources = Resources()
    """What each job needs."""
    limits: Limits = Limits()
    """How long each job may take."""
    launcher: Annotated[Component, OneOf(LAUNCHERS, ("folder",))] = Field("local", validate_default=True)
    """Where jobs are carried out."""
    output: OutputPath = Field(default=Path("outputs"), validate_default=True)
    """Where the folder of the batch is; it is called as the jobs file."""
    storage: Annotated[str, AfterValidator(known_url)] = ""
    """URL under which run folders are mirrored, such as ``s3://bucket/apples``."""


OF_JOBS = ("name", "resources", "limits")
"""Keys of a row that are no settings of its run."""

KEYS = [field.alias or name for name, field in JobsFile.model_fields.items()]


@dataclass(frozen=True)
class Asked:
    """A jobs file that was read.

    Args:
        file: the jobs file.
        jobs_file: its content, with what a command line changes.
        settings: settings of a command line in place of those of all jobs.
        folder: of the batch.
    """

    file: Path
    jobs_file: JobsFile
    settings: Mapping[str, Any]
    folder: Path

    def text(self) -> str:
        """What was asked, as YAML."""
        settings = (
            f"# with {json.dumps(dict(self.settings), ensure_ascii=False, default=str)}\n" if self.settings else ""
        )
        return f"# {self.file}\n{settings}{dump_yaml(self.jobs_file)}"


def read_jobs_file(file: str | Path, settings: Iterable[tuple[str, Any]] = ()) -> Asked:
    """Reads a jobs file.

    Args:
        file: YAML.
        settings: dotted keys and values: of the jobs file where it has such a key, else of all jobs.

    Raises:
        InputError: the file cannot be read, or something in it is wrong.
    """
    file = Path(file)
    data, others = read_mapping(file), {}
    for key, value in settings:
        head, *rest = key.split(".")
        if head not in KEYS:
            others[key] = value
            continue
        value = parse_value(value) if isinstance(value, Words) else value
        data[head] = _put(data.get(head), rest, value)
    jobs_file = jobs_file_of(data, file)
    name = safe_name(file.stem) or "batch"
    return Asked(file.resolve(), jobs_file, others, jobs_file.output / name)


def jobs_file_of(data: Mapping[str, Any], file: Path) -> JobsFile:
    """The content of a jobs file, checked.

    Raises:
        InputError: something in it is wrong.
    """
    try:
        with importing_from([file.resolve().parent]):
            return JobsFile.model_validate(data)
    except ValidationError as error:
        raise InputError(f"{file}: {fold(error, JobsFile, data)}") from error


def _put(section: Any, keys: list[str], value: Any) -> Any:
    if not keys:
        return value
    section = dict(section) if isinstance(section, Mapping) else {}
    return section | {keys[0]: _put(section.get(keys[0]), keys[1:], value)}


def jobs_of(asked: Asked) -> list[Job]:
    """The jobs that a jobs file asks for, each checked as its run would be; what is asked for twice is one job.

    Raises:
        InputError: something is wrong; names every job that has a fault.
    """
    rows = _rows(asked)
    of_runs = [{key: row[key] for key in row if key.partition(".")[0] not in OF_JOBS} for row in rows]
    template = asked.jobs_file.name or template_of(of_runs)
    there = {path.name[-12:]: path.name for path in asked.folder.glob("*") if path.is_dir()}
    jobs: dict[str, Job] = {}
    faults: dict[str, list[int]] = {}
    same: list[int] = []
    with _saying_once():
        for number, row in enumerate(rows, start=1):
            try:
                job = _job(asked, row, template, there)
            except InputError as error:
                faults.setdefault(str(error), []).append(number)
                continue
            if job.id in jobs:
                same.append(number)
            jobs.setdefault(job.id, job)
    if faults:
        wrong = sum(map(len, faults.values()))
        told = "; ".join(f"{_numbered(numbers)}: {fault}" for fault, numbers in faults.items())
        raise InputError(f"{asked.file}: {wrong} of {len(rows)} jobs are wrong, nothing was started. {told}")
    if same:
        logger.warning("done once, as it is the same as one before: %s", _numbered(same))
    names = Counter(job.name for job in jobs.values())
    return [replace(job, name=f"{job.name} {job.id}") if names[job.name] > 1 else job for job in jobs.values()]


def _numbered(numbers: list[int]) -> str:
    return f"job{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


@contextmanager
def _saying_once() -> Iterator[None]:
    """While active, what many configs have to say is logged once."""
    said: set[str] = set()

    def is_new(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        new = text not in said
        said.add(text)
        return new

    logger.addFilter(is_new)
    try:
        yield
    finally:
        logger.removeFilter(is_new)


def _rows(asked: Asked) -> list[Row]:
    jobs_file, folders = asked.jobs_file, [asked.file.parent]
    parts: list[tuple[str, list[Row]]] = []
    try:
        if jobs_file.table:
            parts.append(("table", read_table(jobs_file.table, folders)))
        if jobs_file.rows:
            parts.append(("list", jobs_file.rows))
        if jobs_file.columns:
            columns = {key: values_of(value, f"zip.{key}", folders) for key, value in jobs_file.columns.items()}
            parts.append(("zip", zipped(columns)))
        for key, value in jobs_file.grid.items():
            parts.append(("grid", [{key: each} for each in values_of(value, f"grid.{key}", folders)]))
        if jobs_file.seeds is not None:
            seeds = range(jobs_file.seeds) if isinstance(jobs_file.seeds, int) else jobs_file.seeds
            if not seeds:
                raise InputError(f"seeds: expected a number from 1 on, or a list, got {short(jobs_file.seeds)}")
            parts.append(("seeds", [{"seed": seed} for seed in seeds]))
        return rows_of(parts)
    except InputError as error:
        raise InputError(f"{asked.file}: {error}") from error


def _job(asked: Asked, row: Row, template: str, there: Mapping[str, str]) -> Job:
    jobs_file = asked.jobs_file
    row = dict(row)
    template = str(row.pop("name", template))
    resources = _section(jobs_file.resources, "resources", row)
    limits = _section(jobs_file.limits, "limits", row)
    file = _pipeline(str(row.get("pipeline", jobs_file.pipeline)), asked.file.parent)
    main = merged(file)[1].main if MAIN in row else MAIN
    row = {key or main: value for key, value in row.items()}
    settings = {**jobs_file.defaults, **row, **asked.settings}
    settings.pop("pipeline", None)
    for key in OWN:
        if key in settings:
            raise InputError(f"{key} is not a setting of a job")
    config = read_config(file, settings.items(), beside=[asked.file.parent])
    resources = _resolved(resources, config)
    config = config.model_copy(
        update={"threads": resources.cpus, "run": "", "name": asked.folder.name, "output": asked.folder.parent}
    )
    number = id_of(config)
    values = {"pipeline": file.stem, **row, **flat(config.model_dump(mode="json", by_alias=True, warnings=False))}
    name = name_of(template, {**values, MAIN: values.get(main)})
    folder = there.get(number, f"{safe_name(name)}-{number}".lstrip("-"))
    return Job(number, name or number, folder, dump_yaml(config), row, resources, limits, jobs_file.storage)


def id_of(config: RunConfig) -> str:
    """What tells a job from others: a hash of its config, without the place where it runs."""
    text = config.model_dump_json(by_alias=True, warnings=False, exclude={"run", "name", "output"})
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _section(of_all: Any, name: str, row: Row) -> Any:
    """A section of a job: that of all jobs, with what the row says of it, which is taken out of the row."""
    own = {key: row.pop(key) for key in list(row) if key.partition(".")[0] == name}
    if not own:
        return of_all
    data: Any = of_all.model_dump(exclude_unset=True)
    for key, value in own.items():
        value = parse_value(value) if isinstance(value, Words) else value
        data = _put(data, key.split(".")[1:], value) if "." in key else data | dict(value)
    try:
        return type(of_all).model_validate(data)
    except ValidationError as error:
        raise InputError(f"{name}.{fold(error, type(of_all), data)}") from error


def _resolved(resources: Resources, config: RunConfig) -> Resources:
    cpus = resources.cpus or config.threads or 1
    if config.threads not in (None, cpus):
        raise InputError(f"threads: {config.threads}, but resources.cpus: {cpus}; give one of them")
    uses = config.device == "cuda" or (config.device == "auto" and torch.cuda.is_available())
    gpus = float(uses) if resources.gpus is None else resources.gpus
    if gpus > 1 and gpus % 1:
        raise InputError(f"resources.gpus: expected a fraction up to 1 or a whole number, got {gpus}")
    return resources.model_copy(update={"cpus": cpus, "gpus": gpus})


def _pipeline(name: str, folder: Path) -> Path:
    shipped = shipped_pipelines()
    if name in shipped:
        return shipped[name]
    for base in (Path.cwd(), folder):
        if name and (base / name).is_file():
            return base / name
    raise InputError(f"pipeline: no pipeline or config {short(name)}{suggestion(name, shipped)}")
