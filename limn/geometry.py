"""Geometry: the shapes behind pictures, which losses on shape read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Geometry:
    """The shapes of S candidates. Each kind is a frozen dataclass that derives from this; a plug-in may add its own.

    Attributes:
        noun: what messages call this kind, with its article.
        per_candidate: the fields whose leading dimension is S, or 1 if all candidates are alike; the first of them
            always has S.
    """

    noun: ClassVar[str]
    per_candidate: ClassVar[tuple[str, ...]]

    @property
    def candidates(self) -> int:
        """S, the size of the population."""
        return len(getattr(self, self.per_candidate[0]))

    def candidate(self, index: int) -> Self:
        """One of the candidates, as a population of one."""
        return self._with(lambda name, t: t[index % len(t)][None] if name in self.per_candidate else t)

    def detach(self) -> Self:
        """The same without gradient."""
        return self._with(lambda name, t: t.detach())

    def to(self, device: torch.device | str) -> Self:
        """The same on another device."""
        return self._with(lambda name, t: t.to(device))

    def _with(self, change: Callable[[str, Tensor], Tensor]) -> Self:
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        changed: dict[str, Any] = {name: change(name, v) for name, v in found.items() if isinstance(v, Tensor)}
        return replace(self, **changed)
