"""Subject: a result that is evaluated, the folder of a run or a file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch import Tensor

from guidance.channels import Channel
from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.errors import InputError
from pipelines.config.run_config import RunConfig
from pipelines.evaluate.looks import drawn, of_model, of_picture
from pipelines.gallery.records import find_runs
from pipelines.inputs.pictures import PICTURES, read_picture
from pipelines.runs.artefacts import read_artefacts
from pipelines.runs.folder import RunFolder
from pipelines.task.models import read_model
from renderers.fields.surface.point_cloud import is_point_cloud, read_point_cloud

logger = logging.getLogger("limn")

MODELS = (".glb", ".gltf", ".obj", ".ply", ".stl")
FILMS = (".mp4", ".gif", ".webm", ".mov")
SOUNDS = (".wav", ".flac", ".ogg", ".mp3")

MAIN = ("model", "point_cloud", "drawing", "picture", "film", "sound")
"""What a result is: the first of these that it has. A model has pictures, too, but is none."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A result.

    Args:
        path: the run folder, or the file.
        artefacts: what it left.
        folder: of the run; None for a file.
    """

    path: Path
    artefacts: tuple[Artefact, ...]
    folder: RunFolder | None = None

    @property
    def config(self) -> RunConfig | None:
        """The resolved config of the run; None for a file."""
        return None if self.folder is None else self.folder.config

    @cached_property
    def main(self) -> Artefact:
        """What it is, the first of `MAIN` that it has."""
        return next(found for kind in MAIN if (found := self.first(kind)) is not None)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kind of what it is, and of all else that it left but pictures."""
        return frozenset({self.main.kind, *(each.kind for each in self.artefacts)} - ({"picture"} - {self.main.kind}))

    @cached_property
    def prompt(self) -> str:
        """The words that it was made from; "" where there are none."""
        return "" if self.config is None else self.config.prompt_words

    @cached_property
    def target(self) -> Path | None:
        """The picture that it was made from, as the run saw it where it kept that; None where there is none."""
        given = getattr(self.config, "target", None)
        kept = [each.path for each in self.artefacts if (each.kind, each.label) == ("picture", "target")]
        return next(iter(kept), given if isinstance(given, Path) and given.is_file() else None)

    @cached_property
    def text(self) -> str:
        """The letters that it bends; "" where it bends none."""
        return str(getattr(self.config, "text", ""))

    @property
    def words(self) -> str:
        """What it shows in words: its prompt, else the name of its target's file; "" where there is neither."""
        given = getattr(self.config, "target", None)
        return self.prompt or (given.stem.replace("_", " ").replace("-", " ") if isinstance(given, Path) else "")

    @property
    def seed(self) -> int:
        """Of the run; 0 for a file."""
        return 0 if self.config is None else self.config.seed

    def first(self, kind: str) -> Artefact | None:
        """Its first artefact of a kind."""
        return next((each for each in self.artefacts if each.kind == kind), None)

    @property
    def shown(self) -> Path:
        """The file that it is looked at in: the model, else the picture, else the drawing.

        Raises:
            InputError: it has none of them.
        """
        found = next((found for kind in ("model", "picture", "drawing") if (found := self.first(kind))), None)
        if found is None:
            raise InputError(f"{self.path} has no model and no picture")
        return found.path

    def pictures(self, views: int, channel: Channel = "rgb") -> Tensor:
        """Views around a model [V, 3, 224, 224] in 0..1, or the picture itself.

        Raises:
            InputError: it cannot be read, or a flat picture is asked for another channel than its colours.
        """
        if self.main.kind == "model":
            return of_model(self.shown, views, channel)
        return of_picture(self.shown, channel)

    def seen_from(self, cameras: Cameras, channel: Channel = "rgb") -> Tensor:
        """A model from any cameras, or the picture itself, as `pictures` gives them."""
        if self.main.kind == "model":
            return drawn(read_model(self.shown), cameras, channel)
        return of_picture(self.shown, channel)


def subject_of(path: str | Path) -> Subject:
    """A file, or the folder of a run.

    Raises:
        InputError: the folder has nothing to look at.
    """
    path = Path(path)
    if not path.is_dir():
        return Subject(path, (Artefact(path, _kind_of_file(path)),))
    artefacts = tuple(read_artefacts(path)) or _frames(path)
    if not any(each.kind in MAIN for each in artefacts):
        raise InputError(f"{path} has no model and no picture: expected the folder of a run, or a file")
    folder = RunFolder.open(path) if (path / "config.yaml").is_file() else None
    return Subject(path, artefacts, folder)


def subjects_of(paths: Sequence[str | Path]) -> list[Subject]:
    """The results of files, run folders and folders of runs; what cannot be read is left out, and said.

    Args:
        paths: names may have the wildcards ``*``, ``?`` and ``[...]``.

    Raises:
        InputError: there is none, or the only one cannot be read.
    """
    found: list[Subject] = []
    errors: list[InputError] = []
    places = [place for path in paths for place in _places(Path(path))]
    for place in dict.fromkeys(places):
        try:
            subject = subject_of(place)
            _check(subject)
            found.append(subject)
        except InputError as error:
            errors.append(error)
    if errors and not found:
        raise errors[0]
    for line in errors:
        logger.warning("left out: %s", line)
    return found


def _places(path: Path) -> list[Path]:
    """The results that a path, or a pattern, stands for."""
    if any(mark in str(path) for mark in "*?[") and not path.exists():
        base = Path(path.anchor or ".")
        matches = sorted(base.glob(str(path.relative_to(path.anchor))))
        if not matches:
            raise InputError(f"evaluate: nothing is named {path}")
        return [place for match in matches for place in _places(match)]
    return (list(find_runs(path)) if path.is_dir() else []) or [path]


def _frames(path: Path) -> tuple[Artefact, ...]:
    """A folder of pictures is a film."""
    pictures = any(file.suffix.lower() in PICTURES for file in path.iterdir())
    return (Artefact(path, "film", "frames"),) if pictures else ()


def _kind_of_file(path: Path) -> str:
    if path.is_file() and is_point_cloud(path):
        return "point_cloud"
    suffix = path.suffix.lower()
    kinds = {"model": MODELS, "drawing": (".svg",), "film": FILMS, "sound": SOUNDS}
    return next((kind for kind, suffixes in kinds.items() if suffix in suffixes), "picture")


def _check(subject: Subject) -> None:
    """Raises an `InputError` where what a result is cannot be read."""
    path = subject.main.path
    if subject.main.kind == "model":
        read_model(path)
    elif subject.main.kind in ("picture", "drawing"):
        read_picture(path)
    elif subject.main.kind == "point_cloud":
        read_point_cloud(path)
    elif not path.exists():
        raise InputError(f"{path}: no such file")
