"""Population: S candidates under the optimisers of their groups, none of which can spoil another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from limn.coarse_to_fine import CoarseToFine
from limn.errors import InputError
from limn.registry import suggestion
from limn.schedule import Schedule, constant
from limn.step import Step
from pipelines.loop.checkpoint import copy_tensors
from pipelines.loop.checks import check_parameters
from renderers.base import ParameterGroup, Renderer

PATIENCE = 10
"""Steps in a row that a candidate may be skipped before it goes back to its last good state."""

LARGEST_GRADIENT = 1e18
"""Above this the square that Adam keeps overflows float32, and the candidate would never move again."""

LARGEST_PARAMETER = 1e7
"""More than any scene needs: points so far away lie thousands of canvases off, and come never back."""


class Population:
    """The state of a renderer, its optimisers, and the best and the last good state of every candidate.

    A candidate whose loss, gradient or parameters are not finite, or beyond all bounds, is skipped: its parameters and
    moments stay as they are, the others move as if nothing had happened. After `PATIENCE` such steps in a row it goes
    back to its last good state.

    Args:
        renderer: S candidates.
        rates: learning rates by group name, in place of the renderer's own.
        last: the best state is the last one that was evaluated; otherwise that of the least eval loss.
        coarse_to_fine: in which order parameters move that have bands; all at once when None.

    Attributes:
        started: how many candidates there were at first.
        candidate_ids: which of those are here, by their first numbers [S].
        best_values: the eval loss of the best state of each candidate [S].
        skipped: steps that each candidate was skipped in [S].

    Raises:
        InputError: the renderer has no group of that name, or no bands where they are asked for.
    """

    def __init__(
        self,
        renderer: Renderer,
        rates: Mapping[str, float | Schedule],
        last: bool = False,
        coarse_to_fine: CoarseToFine | None = None,
    ) -> None:
        groups = renderer.parameter_groups()
        self.renderer, self.last, self.coarse_to_fine = renderer, last, coarse_to_fine
        self.schedules = schedules_of(renderer, rates, coarse_to_fine)
        self.parameters = {f"{g.name}.{n}": p for g in groups for n, p in enumerate(g.parameters)}
        self._optimisers = {
            group.name: group.optimiser(_in_bands(group), lr=group.learning_rate, **group.options) for group in groups
        }
        size, device = renderer.candidates, next(iter(self.parameters.values())).device
        self.started, self.candidate_ids = size, list(range(size))
        self.best_values = torch.full((size,), torch.inf, device=device)
        self.skipped, self.lost, self.consecutive_skips = [0] * size, [0] * size, [0] * size
        self._remember()

    def _remember(self) -> None:
        """Takes the present state as the best and as the last good one."""
        self._resized = False
        self.best = {name: tensor.clone() for name, tensor in self._state().items()}
        self.good = {name: tensor.clone() for name, tensor in self._moving().items()}

    def _state(self) -> dict[str, Tensor]:
        """What belongs to the candidates, without gradient: parameters and persistent buffers."""
        return {name: tensor.detach() for name, tensor in self.renderer.state_dict().items()}

    def _optimiser_state(self) -> dict[str, Tensor]:
        """What the optimisers hold of each parameter, by its name; empty before the first step."""
        found: dict[str, Tensor] = {}
        for name, parameter in self.parameters.items():
            state = self._optimisers[name.rpartition(".")[0]].state.get(parameter, {})
            found |= {f"{name}.{key}": value for key, value in state.items() if isinstance(value, Tensor)}
        return found

    def _moments(self) -> dict[str, Tensor]:
        """What the optimisers hold of each candidate."""
        return {name: tensor for name, tensor in self._optimiser_state().items() if tensor.dim() > 0}

    def _moving(self) -> dict[str, Tensor]:
        """What a step changes of the candidates."""
        return {**self._state(), **self._moments()}

    def rates(self, progress: float) -> dict[str, float]:
        """The learning rate of each group when the fraction ``progress`` of the run is done."""
        return {name: schedule.at(progress) for name, schedule in self.schedules.items()}

    @torch.no_grad()
    def step(self, losses: Tensor, step: Step) -> None:
        """Moves every candidate along its gradient and projects it back into its range; then the renderer may change.

        Args:
            losses: one per candidate [S], whose gradients the parameters hold.
            step: that is done.
        """
        sound = self._sound()
        self.lost = [lost + bad for lost, bad in zip(self.lost, (~sound).tolist(), strict=True)]
        fine = losses.isfinite() & sound
        for parameter in self.parameters.values():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            fine &= parameter.grad.reshape(len(fine), -1).abs().amax(dim=1) < LARGEST_GRADIENT
        for name, rate in self.rates(step.progress).items():
            for group in self._optimisers[name].param_groups:
                group["lr"] = rate * self._factor(group["place"], step.progress)
        if bool(fine.all()):
            self._move()
            if any(self.consecutive_skips):
                self.consecutive_skips = [0] * len(self.consecutive_skips)
        else:
            self._step_without(~fine)
        for parameter in self.parameters.values():
            parameter.grad = None
        self.renderer.after_step(step, self)
        if self._resized:
            self._remember()
            self.best_values.fill_(torch.inf)

    def _factor(self, place: float | None, progress: float) -> float:
        """By how much parameters move less that lie at a place between coarse (0) and fine (1); None for nowhere."""
        if place is None or self.coarse_to_fine is None:
            return 1.0
        return self.coarse_to_fine.factor(place, progress)

    def _sound(self) -> Tensor:
        """Whether all parameters of each candidate are within bounds, bool [S]; those that no picture shows, too."""
        largest = [
            parameter.detach().reshape(len(parameter), -1).abs().amax(dim=1).float()
            for parameter in self.parameters.values()
        ]
        return (torch.stack(largest) < LARGEST_PARAMETER).all(dim=0)

    @torch.no_grad()
    def diverged(self, steps: int, total: int) -> bool:
        """True if every candidate was out of bounds in half of the steps, or is at the end.

        Args:
            steps: that were done.
            total: that are to be done.
        """
        if steps < min(total, 4 * PATIENCE):
            return False
        lost = torch.tensor(self.lost)
        return bool((2 * lost >= steps).all()) or (steps == total and not bool(self._sound().any()))

    def _move(self) -> None:
        for optimiser in self._optimisers.values():
            optimiser.step()
        self.renderer.constrain()

    def _step_without(self, bad: Tensor) -> None:
        kept = [(tensor, tensor[bad]) for tensor in self._moving().values()]
        if not bool(bad.all()):
            for parameter in self.parameters.values():
                assert parameter.grad is not None
                parameter.grad[bad] = 0.0
            self._move()
        for tensor, values in kept:
            tensor[bad] = values
        for candidate, skipped in enumerate(bad.tolist()):
            self.skipped[candidate] += skipped
            self.consecutive_skips[candidate] = self.consecutive_skips[candidate] + 1 if skipped else 0
            if self.consecutive_skips[candidate] == PATIENCE:
                for name, tensor in self._moving().items():
                    # Moments that did not exist then were nothing.
                    tensor[candidate] = self.good[name][candidate] if name in self.good else 0.0
                self.consecutive_skips[candidate] = 0

    def replace(self, parameter: nn.Parameter, values: Tensor, source: Tensor) -> None:
        """See `renderers.base.OptimiserState`."""
        self._resized |= values.shape != parameter.shape
        owner = next(name for name, known in self.parameters.items() if known is parameter).rpartition(".")[0]
        state = self._optimisers[owner].state.get(parameter, {})
        for key, moment in state.items():
            if isinstance(moment, Tensor) and moment.dim() > 0:
                state[key] = _gathered(moment, source)
        parameter.data = values.to(parameter)

    @torch.no_grad()
    def record(self, values: Tensor) -> None:
        """Keeps the state of every candidate that was never as good, or the last, and that of every healthy one.

        Args:
            values: the eval loss of the current state of each candidate [S], lower is better.
        """
        sound = values.isfinite() & self._sound()
        better = sound if self.last else sound & (values < self.best_values)
        self.best_values = torch.where(better, values, self.best_values)
        healthy = sound & torch.tensor([not s for s in self.consecutive_skips], device=values.device)
        moving = self._moving()
        self.good = {name: self.good.get(name, torch.zeros_like(tensor)) for name, tensor in moving.items()}
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
        for optimiser in self._optimisers.values():
            for state in optimiser.state.values():
                state |= {k: v[rows] for k, v in state.items() if isinstance(v, Tensor) and v.dim() > 0}
        self.best = {name: tensor[rows] for name, tensor in self.best.items()}
        self.good = {name: tensor[rows] for name, tensor in self.good.items()}
        self.best_values = self.best_values[rows]
        self.skipped, self.lost, self.consecutive_skips, self.candidate_ids = (
            [values[row] for row in rows]
            for values in (self.skipped, self.lost, self.consecutive_skips, self.candidate_ids)
        )

    @torch.no_grad()
    def restart(self, row: int) -> None:
        """Forgets all that a candidate was before the renderer started it again: moments, best and last good state."""
        for moment in self._moments().values():
            moment[row] = 0
        moving = self._moving()
        for kept in (self.best, self.good):
            for name, tensor in kept.items():
                tensor[row] = moving[name][row]
        self.best_values[row] = torch.inf
        self.consecutive_skips[row] = 0

    def spread(self, values: Tensor) -> Tensor:
        """One number for each of the present candidates as one for each that there was, nan for those dropped."""
        full = torch.full((self.started,), torch.nan, device=values.device, dtype=values.dtype)
        full[self.candidate_ids] = values
        return full

    @torch.no_grad()
    def take_best(self) -> int:
        """Puts every candidate into its best state; returns the best candidate."""
        for name, tensor in self.renderer.state_dict(keep_vars=True).items():
            tensor.data.copy_(self.best[name])
        return int(self.best_values.argmin())

    def snapshot(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All tensors by name, and all numbers, with which `restore` comes back to this state."""
        named = {
            "renderer": self._state(),
            "optimiser": self._optimiser_state(),
            "best": {**self.best, "values": self.best_values},
            "good": self.good,
        }
        tensors = {f"{part}/{name}": tensor for part, found in named.items() for name, tensor in found.items()}
        numbers = {"candidate_ids": list(self.candidate_ids), "skipped": list(self.skipped), "lost": list(self.lost)}
        return tensors, {**numbers, "consecutive_skips": list(self.consecutive_skips)}

    @torch.no_grad()
    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
        """Comes back to the state of a `snapshot`, of which the scene may have grown.

        Raises:
            InputError: it is one of another renderer; says which tensor differs and how.
        """
        if numbers["candidate_ids"] != self.candidate_ids:
            self.keep(numbers["candidate_ids"])
        found: dict[str, dict[str, Tensor]] = {"renderer": {}, "optimiser": {}, "best": {}, "good": {}}
        for name, tensor in tensors.items():
            part, _, rest = name.partition("/")
            if part in found:
                found[part][rest] = tensor
        copy_tensors(found["renderer"], self.renderer.state_dict(keep_vars=True), grown=True)
        device = self.best_values.device
        self.best_values = found["best"].pop("values").to(device)
        self.best, self.good = ({n: t.to(device) for n, t in found[part].items()} for part in ("best", "good"))
        for name, parameter in self.parameters.items():
            mine = {n.rpartition(".")[2]: t for n, t in found["optimiser"].items() if n.rpartition(".")[0] == name}
            # Counters stay on the CPU, where optimisers expect them.
            state = {key: tensor.to(device) if tensor.dim() else tensor.clone() for key, tensor in mine.items()}
            if state:
                self._optimisers[name.rpartition(".")[0]].state[parameter] = state
        self.skipped, self.lost = list(numbers["skipped"]), list(numbers["lost"])
        self.consecutive_skips = list(numbers["consecutive_skips"])


def schedules_of(
    renderer: Renderer, rates: Mapping[str, float | Schedule], coarse_to_fine: CoarseToFine | None = None
) -> dict[str, Schedule]:
    """The learning rate of every group of a renderer: its own unless ``rates`` has another.

    Raises:
        InputError: the renderer has no group of that name, or none with bands where their order is asked for, or a rate
            is below 0 or not finite.
    """
    check_parameters(renderer)
    if coarse_to_fine is not None and not any(group.bands for group in renderer.parameter_groups()):
        raise InputError(
            f"coarse_to_fine: nothing in the renderer {type(renderer).__name__} is coarser than the rest; expected one "
            "of finer, siren, wire, fourier, pyramid"
        )
    own: dict[str, float | Schedule] = {group.name: group.learning_rate for group in renderer.parameter_groups()}
    for name in rates:
        if name not in own:
            raise InputError(f"learning_rates: no parameter group {name!r}{suggestion(name, own)}")
    found: dict[str, Schedule] = {}
    for name, rate in {**own, **rates}.items():
        try:
            found[name] = rate if isinstance(rate, Schedule) else constant(rate)
        except InputError as error:
            raise InputError(f"learning_rates: {name}: {error}") from None
        if min(found[name].first, found[name].last) < 0:
            raise InputError(f"learning_rates: {name}: expected numbers from 0, got {rate}")
    return found


def _in_bands(group: ParameterGroup) -> list[dict[str, Any]]:
    """The parameters of a group from coarse to fine, as its optimiser takes them, with their place in 0..1."""
    if not group.bands:
        return [{"params": group.parameters, "place": None}]
    finest = max(1, *group.bands)
    return [
        {
            "params": [p for p, own in zip(group.parameters, group.bands, strict=True) if own == band],
            "place": band / finest,
        }
        for band in sorted(set(group.bands))
    ]


def _gathered(moments: Tensor, source: Tensor) -> Tensor:
    """Moments [S, N, ...] of the old entries that new ones come from (int [M] or [S, M]), zero where there is none."""
    index = source.to(moments.device).expand(len(moments), -1) if source.dim() == 1 else source.to(moments.device)
    shape = (*index.shape, *[1] * (moments.dim() - 2))
    rows = index.clamp_min(0).view(shape).expand(*index.shape, *moments.shape[2:])
    return moments.gather(1, rows) * (index >= 0).view(shape)
