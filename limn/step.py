"""Step: the index of a step in a run, its random draws and its shared work."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch

T = TypeVar("T")


@dataclass
class Step:
    """One step of a run, handed to every renderer and loss.

    Args:
        index: the step, from 0.
        total: how many steps the run has.
        seed: of the run; with ``index`` it decides every random draw of the step.
        training: False for an evaluation: no augmentation, no randomness.
    """

    index: int
    total: int
    seed: int = 0
    training: bool = True
    _shared: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @property
    def progress(self) -> float:
        """The fraction of the run that is done, in 0..1."""
        return self.index / max(1, self.total - 1)

    def generator(self, stream: str = "") -> torch.Generator:
        """A fresh CPU generator; the same seed, index and stream give the same draws, in a resumed run too."""
        text = f"{self.seed}/{self.index}/{stream}".encode()
        return torch.Generator().manual_seed(int.from_bytes(hashlib.blake2b(text, digest_size=7).digest(), "little"))

    def share(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result of ``make``, computed once per step and key; losses share encoder passes through it."""
        if key not in self._shared:
            self._shared[key] = make()
        value: T = self._shared[key]
        return value
