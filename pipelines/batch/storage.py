"""Storage: a folder of any file system that fsspec knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from limn.errors import InputError


class Storage:
    """A folder of any file system that fsspec knows.

    Args:
        url: such as ``s3://bucket/runs``, ``gs://bucket/runs`` or ``memory://runs``.

    Raises:
        InputError: the scheme is unknown, or a package for it is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError as error:
            raise InputError(f"{url}: storage needs fsspec: pip install 'limn[storage]'") from error
        self.url = url.rstrip("/")
        options = {"auto_mkdir": True} if url.startswith(("file:", "local:")) else {}
        try:
            self.files, self.root = fsspec.core.url_to_fs(self.url, **options)
        except ImportError as error:
            raise InputError(f"{url}: {error}; pip install 'limn[storage]' brings s3") from error
        except ValueError as error:
            raise InputError(f"{url}: {error}") from error

    def read(self, path: str) -> bytes | None:
        """A file; None where there is none."""
        with self._reaching():
            try:
                content: bytes = self.files.cat_file(f"{self.root}/{path}")
            except FileNotFoundError:
                return None
        return content

    def write(self, path: str, content: bytes) -> None:
        """Writes a file."""
        with self._reaching():
            self.files.pipe_file(f"{self.root}/{path}", content)

    def move(self, old: str, new: str) -> None:
        """Gives a file another name, in one step."""
        with self._reaching():
            self.files.mv(f"{self.root}/{old}", f"{self.root}/{new}")

    def remove(self, path: str) -> None:
        """Removes a file or a folder, if it is there."""
        with self._reaching():
            try:
                self.files.rm(f"{self.root}/{path}", recursive=True)
            except FileNotFoundError:
                return

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Makes an `InputError` of what a file system says of access, keys and network; each has errors of its own."""
        try:
            yield
        except Exception as error:
            raise InputError(f"{self.url}: {type(error).__name__}: {error}") from error


def known_url(url: str) -> str:
    """The same, if there is a file system for it, or none is given.

    Raises:
        InputError: see `Storage`.
    """
    return Storage(url).url if url else url
