"""Objective: losses with names, weights and schedules, and the report of their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from guidance.loss import Loss
from limn.errors import InputError
from limn.frames import Frames
from limn.schedule import Schedule, constant
from limn.step import Step


@dataclass(frozen=True)
class LossReport:
    """What an objective says of a population at one step.

    Args:
        values: dotted name of each loss -> its unweighted values [S].
        weights: dotted name -> the weight that it had at this step.
    """

    values: dict[str, Tensor]
    weights: dict[str, float]

    def total(self) -> Tensor:
        """The weighted sum per candidate [S]."""
        return torch.stack([self.weights[name] * value for name, value in self.values.items()]).sum(dim=0)


class Objective(nn.Module):
    """A weighted sum of named losses; objectives add with ``+`` and scale with ``*``.

    Args:
        losses: name -> loss.
        weights: name -> number or schedule; 1 where a name is missing.
    """

    def __init__(self, losses: Mapping[str, Loss], weights: Mapping[str, float | Schedule] | None = None) -> None:
        super().__init__()
        weights = weights or {}
        self.names = list(losses)
        self.losses = nn.ModuleList(losses.values())
        self.weights = [
            weight if isinstance(weight := weights.get(name, 1.0), Schedule) else constant(weight) for name in losses
        ]

    def forward(self, frames: Frames, step: Step) -> LossReport:
        """Evaluates every loss whose weight is not zero at this step; to compare states, those alone that rank.

        Raises:
            InputError: a loss gives something else than one number for each candidate.
        """
        values, weights = {}, {}
        for name, loss, schedule in zip(self.names, self.losses, self.weights, strict=True):
            weight = schedule.at(step.progress)
            if weight != 0.0 and (step.training or getattr(loss, "ranks", True)):
                values[name], weights[name] = self._value(name, loss, frames, step), weight
        if not values:
            values, weights = {"nothing": frames.rgb.flatten(1).sum(dim=1) * 0}, {"nothing": 0.0}
        return LossReport(values, weights)

    def _value(self, name: str, loss: nn.Module, frames: Frames, step: Step) -> Tensor:
        """What a loss says, one number for each candidate [S].

        Raises:
            InputError: it says something else.
        """
        try:
            value: Tensor = loss(frames, step)
        except Exception as error:
            error.add_note(f"loss {name!r}")
            raise
        count, device = frames.candidates, frames.rgb.device
        tensor = isinstance(value, Tensor)
        if tensor and value.shape == (count,) and value.is_floating_point() and value.device == device:
            return value
        found = f"{value.dtype} {list(value.shape)} on {value.device}" if tensor else type(value).__name__
        wanted = f"one number per candidate, torch.float32 [{count}] on {device}"
        raise InputError(f"loss {name!r}: expected {wanted}, got {found}")

    def __add__(self, other: Objective) -> Objective:
        """Both objectives' losses; a name that both have gets a number behind it."""
        joined = Objective({})
        for objective in (self, other):
            for name, loss, weight in zip(objective.names, objective.losses, objective.weights, strict=True):
                joined._append(name, loss, weight)
        return joined

    def __mul__(self, factor: float) -> Objective:
        """The same losses with every weight multiplied."""
        scaled = Objective({})
        for name, loss, weight in zip(self.names, self.losses, self.weights, strict=True):
            update = {"first": weight.first * factor, "last": weight.last * factor}
            scaled._append(name, loss, weight.model_copy(update=update))
        return scaled

    __rmul__ = __mul__

    def _append(self, name: str, loss: nn.Module, weight: Schedule) -> None:
        number = 2
        unique = name
        while unique in self.names:
            unique, number = f"{name}_{number}", number + 1
        self.names.append(unique)
        self.losses.append(loss)
        self.weights.append(weight)
