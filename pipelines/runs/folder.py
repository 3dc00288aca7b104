"""Run folders: outputs/<name>/<run>/ and what lies where in them."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import torch

from limn.choices import keeping_choices
from limn.errors import InputError
from limn.files import make_folder, sweep, unfinished, write_file, writing
from limn.local_modules import importing_from
from pipelines.config.reading import read_config
from pipelines.config.run_config import RunConfig
from pipelines.config.yaml import dump_yaml
from pipelines.loop.checkpoint import has_checkpoint
from pipelines.runs.environment import environment
from pipelines.runs.lock import locked

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
        make_folder(parent)
        sweep(parent)
        # The folder is named once; the config in it makes a new one when it is run again.
        settled = config.model_copy(update={"run": "", "threads": config.threads or torch.get_num_threads()})
        folder = cls(unfinished(parent / "run"), settled, made)
        try:
            make_folder(folder.path)
            write_file(folder.config_file, dump_yaml(settled))
            folder.environment()
            path = _claim(folder.path, parent, config)
        except BaseException:
            folder.discard()
            raise
        return cls(path, settled, made)

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
        try:
            facts = json.loads(self.environment_file.read_text(encoding="utf-8"))
            return {name: str(value) for name, value in facts.items()}
        except FileNotFoundError:
            pass
        except (OSError, ValueError, AttributeError, RecursionError):
            logger.warning("%s was damaged; it now says what this machine is", self.environment_file)
        now = environment()
        write_file(self.environment_file, json.dumps(now, indent=1) + "\n")
        return {name: str(value) for name, value in now.items()}

    def stage(self, name: str) -> StageFolder:
        """Where a stage writes; the only stage of a run writes into the folder of the run."""
        return StageFolder(self.path / "stages" / name if name else self.path)

    def has_checkpoint(self) -> bool:
        """True if the first stage has one, or a later one."""
        return any(map(has_checkpoint, self.path.rglob("checkpoint")))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """`locked`, with the modules beside the config, and the choices and the number of threads of the run."""
        choices = self.path / "choices.json"
        with locked(self.path), importing_from(self.config.import_from), keeping_choices(choices), self.threads():
            yield

    @contextmanager
    def threads(self) -> Iterator[None]:
        """While active, torch computes with as many threads as the run began with: sums depend on it."""
        before = torch.get_num_threads()
        if self.config.threads not in (None, before):
            logger.info("computes with %d threads, as it began", self.config.threads)
        torch.set_num_threads(self.config.threads or before)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    def discard(self) -> None:
        """Removes the folder, and those that were made for it."""
        shutil.rmtree(self.path, ignore_errors=True)
        for folder in self._made:
            if not any(folder.iterdir()):
                folder.rmdir()

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder whose files move into the run when all of them are complete; errors name where they would have."""
        stage = make_folder(unfinished(self.path / "results"))
        try:
            yield stage
            with writing(self.path):
                for made in sorted(stage.iterdir()):
                    place = self.path / made.name
                    if place.is_dir():
                        shutil.rmtree(place)
                    made.replace(place)
        except InputError as error:
            raise InputError(str(error).replace(str(stage), str(self.path))) from error
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _claim(prepared: Path, parent: Path, config: RunConfig) -> Path:
    """Gives a prepared folder its name, in one step, so that there is no run without a config.

    Raises:
        InputError: the config names a run that exists.
    """
    stem = config.run or f"{datetime.now():%Y%m%d-%H%M%S}-s{config.seed}"
    name, number = stem, 2
    while True:
        path = parent / name
        try:
            if (path / "config.yaml").exists():
                raise FileExistsError
            prepared.rename(path)  # takes the place of an empty folder, as one that was killed at its start
            return path
        except OSError as error:
            if not path.exists():
                raise InputError(f"cannot write {path}: {error.strerror}") from error
            if config.run:
                raise InputError(f"run {path} exists; give another run=..., or resume that one") from error
        name, number = f"{stem}-{number}", number + 1
