"""Population: S candidates under one Adam, none of which can spoil another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from limn.errors import InputError
from limn.registry import suggestion
from limn.schedule import Schedule, constant
from renderers.base import Renderer

PATIENCE = 10
"""Steps in a row that a candidate may sit out before it goes back to its last good state."""

LARGEST_GRADIENT = 1e18
"""Above this the square that Adam keeps overflows float32, and the candidate would never move again."""

MOMENTS = ("exp_avg", "exp_avg_sq")


class Population:
    """The parameters of a renderer, Adam's moments, and the best and the last good state of every candidate.

    A candidate whose loss or gradient is not finite sits the step out: its parameters and moments stay as they are, the
    others move as if nothing had happened. After `PATIENCE` such steps in a row it goes back to its last good state.

    Args:
        renderer: S candidates.
        rates: learning rates by group name, in place of the renderer's own.
        betas: Adam's decay rates of the mean and of the square.

    Attributes:
        started: how many candidates there were at first.
        candidate_ids: which of those are here, by their first numbers.

    Raises:
        InputError: the renderer has no group of that name.
    """

    def __init__(
        self, renderer: Renderer, rates: Mapping[str, float | Schedule], betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        groups = renderer.parameter_groups()
        self.renderer = renderer
        self.schedules = schedules_of(renderer, rates)
        self.parameters = {f"{g.name}.{n}": p for g in groups for n, p in enumerate(g.parameters)}
        self._adam = torch.optim.Adam(
            [{"params": group.parameters, "lr": group.learning_rate, "name": group.name} for group in groups],
            betas=betas,
        )
        self.moments: dict[str, Tensor] = {}
        self.counts: dict[str, Tensor] = {}
        for name, parameter in self.parameters.items():
            state = {"step": torch.tensor(0.0)}
            for moment in MOMENTS:
                state[moment] = self.moments[f"{name}.{moment}"] = torch.zeros_like(parameter)
            self.counts[f"{name}.step"] = state["step"]
            self._adam.state[parameter] = state
        size, device = renderer.candidates, next(iter(self.parameters.values())).device
        self.started, self.candidate_ids = size, list(range(size))
        self.best = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.best_values = torch.full((size,), torch.inf, device=device)
        self.good = {name: tensor.clone() for name, tensor in self._moving().items()}
        self.skipped, self.consecutive_skips = [0] * size, [0] * size

    def _moving(self) -> dict[str, Tensor]:
        """What a step changes of the candidates, without gradient."""
        return {name: p.detach() for name, p in self.parameters.items()} | self.moments

    def rates(self, progress: float) -> dict[str, float]:
        """The learning rate of each group when the fraction ``progress`` of the run is done."""
        return {name: schedule.at(progress) for name, schedule in self.schedules.items()}

    @torch.no_grad()
    def step(self, losses: Tensor, progress: float) -> None:
        """Moves every candidate along its gradient and projects it back into its range.

        Args:
            losses: one per candidate [S], whose gradients the parameters hold.
            progress: the fraction of the run that is done, 0..1.
        """
        fine = losses.isfinite()
        for parameter in self.parameters.values():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            fine &= parameter.grad.reshape(len(fine), -1).abs().amax(dim=1) < LARGEST_GRADIENT
        rates = self.rates(progress)
        for group in self._adam.param_groups:
            group["lr"] = rates[group["name"]]
        if bool(fine.all()):
            self._adam.step()
            self.renderer.constrain()
            if any(self.consecutive_skips):
                self.consecutive_skips = [0] * len(self.consecutive_skips)
        else:
            self._step_without(~fine)
        self._adam.zero_grad()

    def _step_without(self, bad: Tensor) -> None:
        kept = [(tensor, tensor[bad]) for tensor in self._moving().values()]
        if not bool(bad.all()):
            for parameter in self.parameters.values():
                assert parameter.grad is not None
                parameter.grad[bad] = 0.0
            self._adam.step()
            self.renderer.constrain()
        for tensor, values in kept:
            tensor[bad] = values
        for candidate, sat_out in enumerate(bad.tolist()):
            self.skipped[candidate] += sat_out
            self.consecutive_skips[candidate] = self.consecutive_skips[candidate] + 1 if sat_out else 0
            if self.consecutive_skips[candidate] == PATIENCE:
                for name, tensor in self._moving().items():
                    tensor[candidate] = self.good[name][candidate]
                self.consecutive_skips[candidate] = 0

    @torch.no_grad()
    def record(self, values: Tensor) -> None:
        """Keeps the state of every candidate that was never judged as good, and that of every healthy one.

        Args:
            values: the judgement of the current state of each candidate [S], lower is better.
        """
        better = values < self.best_values
        self.best_values = torch.where(better, values, self.best_values)
        healthy = values.isfinite() & torch.tensor([not s for s in self.consecutive_skips], device=values.device)
        moving = self._moving()
        for kept, chosen in ((self.best, better), (self.good, healthy)):
            for name, tensor in kept.items():
                mask = chosen.reshape(-1, *[1] * (tensor.dim() - 1))
                tensor.copy_(torch.where(mask, moving[name], tensor))

    @torch.no_grad()
    def keep(self, rows: Sequence[int]) -> None:
        """Drops all candidates but these, with all that belongs to them.

        Args:
            rows: their places among the present ones, ascending.
        """
        self.renderer.keep(rows)
        rows = list(rows)
        for kept in (self.moments, self.best, self.good):
            for name, tensor in kept.items():
                kept[name] = tensor[rows]
        for name, parameter in self.parameters.items():
            self._adam.state[parameter] |= {moment: self.moments[f"{name}.{moment}"] for moment in MOMENTS}
        self.best_values = self.best_values[rows]
        self.skipped, self.consecutive_skips, self.candidate_ids = (
            [values[row] for row in rows] for values in (self.skipped, self.consecutive_skips, self.candidate_ids)
        )

    def spread(self, values: Tensor) -> Tensor:
        """One number for each of the present candidates as one for each that there was, nan for those dropped."""
        full = torch.full((self.started,), torch.nan, device=values.device, dtype=values.dtype)
        full[self.candidate_ids] = values
        return full

    @torch.no_grad()
    def take_best(self) -> int:
        """Puts every candidate into the best state that it was judged in; returns the best candidate."""
        for name, parameter in self.parameters.items():
            parameter.copy_(self.best[name])
        return int(self.best_values.argmin())


def schedules_of(renderer: Renderer, rates: Mapping[str, float | Schedule]) -> dict[str, Schedule]:
    """The learning rate of every group of a renderer: its own unless ``rates`` has another.

    Raises:
        InputError: the renderer has no group of that name.
    """
    own: dict[str, float | Schedule] = {group.name: group.learning_rate for group in renderer.parameter_groups()}
    for name in rates:
        if name not in own:
            raise InputError(f"learning_rates: no parameter group {name!r}{suggestion(name, own)}")
    both = {**own, **rates}
    return {name: rate if isinstance(rate, Schedule) else constant(rate) for name, rate in both.items()}
