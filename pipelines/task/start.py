"""Start: what chance, an encoder or a prior decides before the first step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import safetensors
import safetensors.torch
from torch import Tensor

from limn.errors import InputError
from limn.files import write_file, writing


class Start:
    """Keeps what a recipe finds out before the first step, so that a scene is built again without an encoder or prior.

    Args:
        folder: where it is kept; None keeps nothing.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def once(self, name: str, make: Callable[[], Mapping[str, Tensor]]) -> dict[str, Tensor]:
        """What ``make`` gave when it was first asked for in this run, on the CPU.

        Args:
            name: of the file, unique in a recipe.
            make: gives tensors by name.

        Raises:
            InputError: the file cannot be written, or is damaged.
        """
        if self._folder is None:
            return _plain(make())
        file = self._folder / f"{name}.safetensors"
        if not file.is_file():
            with writing(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True)
            write_file(file, safetensors.torch.save(_plain(make())))
        try:
            return safetensors.torch.load(file.read_bytes())
        except (OSError, safetensors.SafetensorError) as error:
            raise InputError(f"damaged start of the run: {file}: {error}") from error


def _plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
