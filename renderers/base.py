"""Renderer: parameters, and how they become pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.frames import Frames
from limn.step import Step


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that share an optimiser and its settings.

    Args:
        name: of the group in configs, for example ``points``.
        parameters: tensors whose leading dimension is the population S.
        learning_rate: the optimiser's step size, in the units of the parameters (pixels for points).
        optimiser: a class whose update is elementwise, such as Adam, AdamW, RMSprop and SGD; with others,
            candidates would influence each other.
        options: its further arguments, such as ``betas``, ``eps`` or ``weight_decay``.
        bands: where each parameter lies between the coarse (0) and the fine, as a whole number; none where they have no
            such order.
    """

    name: str
    parameters: list[nn.Parameter]
    learning_rate: float
    optimiser: Callable[..., torch.optim.Optimizer] = torch.optim.Adam
    options: Mapping[str, Any] = field(default_factory=dict)
    bands: Sequence[int] = ()


class OptimiserState(Protocol):
    """The optimiser's state, as `Renderer.after_step` may change it."""

    def replace(self, parameter: nn.Parameter, values: Tensor, source: Tensor) -> None:
        """Gives a parameter new values, of another size where that is wanted; the optimiser's moments follow.

        Args:
            parameter: of one of the groups [S, N, ...].
            values: what it becomes [S, M, ...].
            source: for each new entry along the second dimension, the old entry whose moments it takes; -1 for none;
                int [M] or [S, M].
        """


class Renderer(nn.Module, ABC):
    """A scene with S candidates that draws pictures from parameters.

    Everything in its state dict has the population S as its leading dimension: parameters, and buffers that belong to
    candidates. Buffers that are the same for all are not persistent.

    Attributes:
        has_views: True for three-dimensional scenes, whose pictures depend on cameras.
        ordered: True where training steps draw some of the parts only, see `order`.
    """

    has_views: ClassVar[bool] = False
    ordered: bool = False

    @property
    @abstractmethod
    def candidates(self) -> int:
        """S, the number of candidates that are optimised side by side."""

    @abstractmethod
    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        """Draws every candidate.

        Args:
            cameras: views to draw; flat pictures have none.
            size: height and width in pixels; the renderer's own when None.
            step: progress and random draws, for renderers that sample; without it nothing is random.
        """

    @abstractmethod
    def parameter_groups(self) -> list[ParameterGroup]:
        """The parameters by name, each group with its own learning rate."""

    @abstractmethod
    def constrain(self) -> None:
        """Projects the parameters back into their range after a step, in place and without gradient."""

    def after_step(self, step: Step, state: OptimiserState) -> None:
        """Reinitialises, grows or prunes after a step, or updates an occupancy grid. Runs without gradient.

        A change of shape discards the best state so far.

        Args:
            step: the step that was done.
            state: follows parameters that are replaced.
        """

    def keep(self, candidates: Sequence[int]) -> None:
        """Drops all candidates but these, in place.

        Args:
            candidates: their numbers, 0..S - 1.
        """
        for tensor in self.state_dict(keep_vars=True).values():
            tensor.data, tensor.grad = tensor.data[list(candidates)], None

    def order(self) -> bool:
        """Asks for nested dropout: training steps often draw the first parts alone, so that these matter most.

        Returns:
            False where the scene is not made of parts that lie in an order; then nothing has changed.
        """
        return False

    def restart(self, candidates: Sequence[int], generator: torch.Generator) -> bool:
        """Starts candidates again in place, from other random draws; asked for where they have become empty.

        Args:
            candidates: their numbers, 0..S - 1.
            generator: for the draws.

        Returns:
            False where the scene has no such start; then nothing has changed.
        """
        return False

    @abstractmethod
    def artefacts(self, folder: Path, candidate: int = 0) -> list[Artefact]:
        """Writes one candidate to files (SVG, GLB, PNG) or folders in ``folder``, and describes them."""
