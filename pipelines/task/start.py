"""Start: what chance, an encoder or a prior decides before the first step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from limn.files import make_folder, write_file

logger = logging.getLogger("limn")


class Start:
    """Keeps what a recipe finds out before the first step, so that a scene is built again without an encoder or prior.

    Args:
        folder: where it is kept; None keeps nothing.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        folder = None if folder is None else Path(folder)
        self._folder = folder

    def once(self, name: str, make: Callable[[], Mapping[str, Tensor]]) -> dict[str, Tensor]:
        """What ``make`` gave when it was first asked for in this run, on the CPU.

        Args:
            name: of the file, unique in a recipe.
            make: gives tensors by name.

        Raises:
            InputError: the file cannot be written.
        """
        if self._folder is None:
            return _plain(make())
        file = self._folder / f"{name}.safetensors"
        try:
            return safetensors.torch.load(file.read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, safetensors.SafetensorError):
            logger.warning("%s was damaged and is made again", file)
        made = _plain(make())
        make_folder(self._folder)
        write_file(file, safetensors.torch.save(made))
        return made


_of_run: ContextVar[Start] = ContextVar("start", default=Start())  # noqa: B039


@contextmanager
def kept_in(start: Start) -> Iterator[None]:
    """While active, what losses search for when they are built is kept by a start, see `once_in_run`."""
    token = _of_run.set(start)
    try:
        yield
    finally:
        _of_run.reset(token)


def once_in_run(name: str, find: Callable[[], Tensor]) -> Tensor:
    """`Start.once` of a single tensor, by the start of the run that is built."""
    return _of_run.get().once(name, lambda: {"found": find()})["found"]


def _plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}


def from_text(text: str) -> Tensor:
    """Text as a tensor, which `Start.once` keeps."""
    return torch.tensor(list(text.encode()), dtype=torch.uint8)


def to_text(tensor: Tensor) -> str:
    """What `from_text` was given."""
    return bytes(tensor.tolist()).decode()
