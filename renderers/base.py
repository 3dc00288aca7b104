"""Renderer: what is optimised, and how it becomes pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from limn.frames import Frames


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that share a learning rate.

    Args:
        name: by which a config addresses the group, for example ``points``.
        parameters: tensors whose leading dimension is the population S.
        learning_rate: Adam's step size, in the units of the parameters (pixels for points).
    """

    name: str
    parameters: list[nn.Parameter]
    learning_rate: float


class Renderer(nn.Module, ABC):
    """Something drawable. Every parameter has the population S as its leading dimension."""

    @property
    @abstractmethod
    def candidates(self) -> int:
        """S, the number of candidates that are optimised side by side."""

    @abstractmethod
    def render(self, cameras: Any = None, size: tuple[int, int] | None = None) -> Frames:
        """Draws every candidate.

        Args:
            cameras: views to draw; flat pictures have none.
            size: height and width in pixels; the renderer's own when None.
        """

    @abstractmethod
    def parameter_groups(self) -> list[ParameterGroup]:
        """The parameters that are optimised, by name, each group with its own learning rate."""

    @abstractmethod
    def constrain(self) -> None:
        """Projects the parameters back into their range after a step, in place and without gradient."""

    def keep(self, candidates: Sequence[int]) -> None:
        """Drops all candidates but these, in place; a renderer whose buffers belong to candidates drops theirs, too.

        Args:
            candidates: their numbers, 0..S - 1.
        """
        for parameter in self.parameters():
            parameter.data, parameter.grad = parameter.data[list(candidates)], None

    @abstractmethod
    def export(self, folder: Path, candidate: int = 0) -> list[Path]:
        """Writes one candidate to files (SVG, GLB, PNG) in ``folder`` and returns their paths."""
