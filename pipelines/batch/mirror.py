"""Mirror: a run works in a local folder that is mirrored to storage, so that it can go on elsewhere."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from limn.errors import InputError
from limn.files import make_folder, write_file
from pipelines.batch.storage import Storage
from pipelines.loop.checkpoint import INDEX, PREVIOUS
from pipelines.runs.status import FILE as STATUS
from pipelines.runs.status import Status, parse_status, read_status, release

logger = logging.getLogger("limn")

SECONDS = 30.0
"""Between two looks at what a run has written since."""

MANIFEST = "manifest.json"
STATE = ".state"
"""Holds the files of a run that is not done, named by their digests: none is ever overwritten."""

MARK = ".mirrored"
"""In a run folder: who mirrored it last from there."""

INDICES = (STATUS, INDEX, PREVIOUS)
"""Are read before the files that they speak of, which were written first."""

AT_ONCE = 8
"""Files on their way at the same time."""


class _File(BaseModel):
    at: str
    digest: str


class Manifest(BaseModel):
    """What storage has of a run. It is written last, in one step: what it lists is there, and whole.

    Args:
        writer: who mirrors the run, a random word.
        done: the run is done, and its files lie under their own names.
        files: path in the run folder -> where it lies beside the manifest, and its digest.
    """

    writer: str
    done: bool = False
    files: dict[str, _File] = {}


@dataclass
class Mirror:
    """A run folder and its image in storage.

    Several may mirror the same run, where one is taken for dead and is not. The last to `fetch` has the run; the first
    to be done publishes it. All make the same results.

    Args:
        storage: holds a folder for each run.
        name: of that folder.
        folder: the run folder on this machine.
    """

    storage: Storage
    name: str
    folder: Path
    writer: str = field(default_factory=lambda: secrets.token_hex(8))

    def fetch(self) -> None:
        """Brings the folder to what storage has, and takes the run over.

        A folder that is done, or that nobody mirrored after this one, stays as it is. What is damaged in storage counts
        as not there.

        Raises:
            InputError: storage or the disk refuses.
        """
        there = self.manifest() or Manifest(writer="")
        if not there.done:
            self._put(there.model_copy(update={"writer": self.writer}))
        mark = self.folder / MARK
        latest = mark.is_file() and mark.read_text() == there.writer
        if not latest and read_status(self.folder).state != "done":
            for path, content in self._contents(there).items():
                make_folder((self.folder / path).parent)
                write_file(self.folder / path, content)
            if STATUS in there.files:  # of one that is given up
                release(self.folder)
        write_file(mark, self.writer)

    def push(self) -> None:
        """Mirrors what is new, unless another one has taken the run over, or it is done.

        Raises:
            InputError: storage refuses.
        """
        before = self.manifest() or Manifest(writer=self.writer)
        if before.done or before.writer != self.writer:
            return
        contents = self._local()
        if contents is None:
            return
        digests = {path: _digest(content) for path, content in contents.items()}
        known = {file.digest for file in before.files.values()}
        new = {digest: contents[path] for path, digest in digests.items() if digest not in known}
        self._write({f"{STATE}/{digest}": content for digest, content in new.items()})
        files = {path: _File(at=f"{STATE}/{digest}", digest=digest) for path, digest in digests.items()}
        self._put(Manifest(writer=self.writer, files=files))
        for digest in known - set(digests.values()):
            self.storage.remove(f"{self.name}/{STATE}/{digest}")

    def publish(self) -> None:
        """Writes the files of a finished run under their own names, and removes the state; once, whoever does it.

        Raises:
            InputError: storage refuses.
        """
        before = self.manifest()
        if before is not None and before.done:
            return
        contents = self._local()
        assert contents is not None, "a finished run changes no more"
        self._write(contents)
        files = {path: _File(at=path, digest=_digest(content)) for path, content in contents.items()}
        self._put(Manifest(writer=self.writer, done=True, files=files))
        self.storage.remove(f"{self.name}/{STATE}")

    def _local(self) -> dict[str, bytes] | None:
        """The files of the run, each whole; None where one has gone meanwhile that another one may name."""
        try:
            found = sorted(self.folder.rglob("*"), key=lambda file: (file.name not in INDICES, file))
            files = [file for file in found if file.is_file() and _is_of_run(file, self.folder)]
            return {file.relative_to(self.folder).as_posix(): file.read_bytes() for file in files}
        except FileNotFoundError:
            return None

    def _contents(self, manifest: Manifest) -> dict[str, bytes]:
        """The files that storage has of the run; none where one of them is not what was written."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = pool.map(lambda file: self.storage.read(f"{self.name}/{file.at}"), manifest.files.values())
            contents = dict(zip(manifest.files, found, strict=True))
        whole: dict[str, bytes] = {}
        for path, file in manifest.files.items():
            content = contents[path]
            if content is None or _digest(content) != file.digest or not _is_inside(path):
                logger.warning("%s/%s: %s is damaged; the run starts again", self.storage.url, self.name, path)
                return {}
            whole[path] = content
        return whole

    def _write(self, contents: Mapping[str, bytes]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda item: self.storage.write(f"{self.name}/{item[0]}", item[1]), contents.items()))

    def manifest(self) -> Manifest | None:
        """What storage has; None where that is nothing, or damaged.

        Raises:
            InputError: storage refuses.
        """
        content = self.storage.read(f"{self.name}/{MANIFEST}")
        try:
            return None if content is None else Manifest.model_validate_json(content)
        except ValueError:
            logger.warning("%s/%s: %s is damaged; the run starts again", self.storage.url, self.name, MANIFEST)
            return None

    def _put(self, manifest: Manifest) -> None:
        prepared = f"{self.name}/{STATE}/{self.writer}.json"
        self.storage.write(prepared, json.dumps(manifest.model_dump(), indent=1).encode())
        self.storage.move(prepared, f"{self.name}/{MANIFEST}")


def stored_status(url: str, name: str) -> Status | None:
    """What storage says of a run; None where it has no status of it.

    Raises:
        InputError: storage refuses.
    """
    storage = Storage(url)
    manifest = Mirror(storage, name, Path()).manifest()
    if manifest is None or STATUS not in manifest.files:
        return None
    return parse_status(storage.read(f"{name}/{manifest.files[STATUS].at}") or b"")


@contextmanager
def mirrored(folder: Path, url: str, seconds: float = SECONDS) -> Iterator[None]:
    """A run folder that starts with what storage has of it and is mirrored there while active.

        with mirrored(folder, "s3://bucket/batch"):
            execute(folder)

    Args:
        folder: of the run; storage has it under the same name.
        url: of the folder of all runs there.
        seconds: between two looks at what is new.

    Raises:
        InputError: storage refuses at the start or at the end. On the way there is a warning, and the next look tries
            again.
    """
    mirror = Mirror(Storage(url), folder.name, folder)
    mirror.fetch()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(seconds):
            try:
                mirror.push()
            except InputError as error:
                logger.warning("%s", error)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        mirror.publish() if read_status(folder).state == "done" else mirror.push()


def _is_of_run(file: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in file.relative_to(folder).parts) and file.suffix != ".lock"


def _is_inside(path: str) -> bool:
    return not Path(path).is_absolute() and ".." not in Path(path).parts


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
