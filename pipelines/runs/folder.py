"""Run folders: outputs/<name>/<run>/ and what lies where in them."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from limn.choices import keeping_choices
from limn.errors import InputError
from limn.files import write_file, writing
from limn.local_modules import importing_from
from pipelines.config.reading import read_config
from pipelines.config.run_config import RunConfig
from pipelines.config.yaml import dump_yaml
from pipelines.runs.environment import environment

logger = logging.getLogger("limn")


@dataclass(frozen=True)
class StageFolder:
    """What a stage writes on its way.

    Args:
        path: the folder, made when it is first written to.
    """

    path: Path

    @property
    def metrics_file(self) -> Path:
        """One line of JSON a step."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoint(self) -> Path:
        """The folder of the latest checkpoint."""
        return self.path / "checkpoint"

    @property
    def previews(self) -> Path:
        """The folder of the history in pictures."""
        return self.path / "previews"


class RunFolder:
    """The folder of one run.

    Args:
        path: the folder, which exists.
        config: the resolved config of the run.
        made: folders above it that were made for it, the innermost first.
    """

    def __init__(self, path: Path, config: RunConfig, made: Sequence[Path] = ()) -> None:
        self.path = path
        self.config = config
        self._made = made
        self.config_file = path / "config.yaml"
        self.log_file = path / "log.txt"
        self.environment_file = path / "environment.json"
        self.start = path / "start"

    @classmethod
    def create(cls, config: RunConfig) -> RunFolder:
        """A new folder with the config and the environment in it.

        Raises:
            InputError: it cannot be written, or the config names a run that exists.
        """
        parent = config.output / config.name
        made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
        with writing(parent):
            parent.mkdir(parents=True, exist_ok=True)
        # The folder is named once; the config in it makes a new one when it is run again.
        folder = cls(_claim(parent, config), config.model_copy(update={"run": ""}), made)
        try:
            write_file(folder.config_file, dump_yaml(folder.config))
            folder.environment()
        except InputError:
            folder.discard()
            raise
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """The folder of an earlier run.

        Raises:
            InputError: it is none, or its config is not valid.
        """
        config_file = path / "config.yaml"
        if not config_file.is_file():
            raise InputError(f"{path} is not a run folder: it has no config.yaml")
        return cls(path.resolve(), read_config(config_file, finished=True))

    def config_text(self) -> str:
        """The resolved config as it was written, which runs again as it is."""
        return self.config_file.read_text(encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """What the run was begun on; written down when it is first asked for."""
        if not self.environment_file.exists():
            write_file(self.environment_file, json.dumps(environment(), indent=1) + "\n")
        facts: dict[str, Any] = json.loads(self.environment_file.read_text(encoding="utf-8"))
        return {name: str(value) for name, value in facts.items()}

    def stage(self, name: str) -> StageFolder:
        """Where a stage writes; the only stage of a run writes into the folder of the run."""
        return StageFolder(self.path / "stages" / name if name else self.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes and threads from the run; the system lets go of a process that dies.

        Raises:
            InputError: another one is at work.
        """
        with writing(self.path):
            lock = FileLock(self.path / "status.lock", timeout=0)
            try:
                lock.acquire()
            except Timeout as error:
                raise InputError(f"{self.path} is being run by another process") from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """`locked`, with the modules beside the config and the choices of the run."""
        choices = self.path / "choices.json"
        with self.locked(), importing_from(self.config.import_from), keeping_choices(choices):
            yield

    def discard(self) -> None:
        """Removes the folder, and those that were made for it."""
        shutil.rmtree(self.path, ignore_errors=True)
        for folder in self._made:
            if not any(folder.iterdir()):
                folder.rmdir()

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder whose files move into the run when all of them are complete; errors name where they would have."""
        with writing(self.path), tempfile.TemporaryDirectory(prefix=".part-", dir=self.path) as name:
            try:
                yield Path(name)
            except InputError as error:
                raise InputError(str(error).replace(name, str(self.path))) from error
            for made in sorted(Path(name).iterdir()):
                place = self.path / made.name
                if place.is_dir():
                    shutil.rmtree(place)
                made.replace(place)


def _claim(parent: Path, config: RunConfig) -> Path:
    stem = config.run or f"{datetime.now():%Y%m%d-%H%M%S}-s{config.seed}"
    name, number = stem, 2
    while True:
        try:
            with writing(parent / name):
                (parent / name).mkdir()
        except InputError as error:
            if not isinstance(error.__cause__, FileExistsError):
                raise
            if config.run:
                raise InputError(f"run {parent / name} exists; give another run=..., or resume that one") from error
            name, number = f"{stem}-{number}", number + 1
        else:
            return parent / name
