"""Loop: one step of the optimisation, and where a run stands."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from guidance.objective import LossReport, Objective
from limn.cameras import Cameras
from limn.coarse_to_fine import CoarseToFine
from limn.errors import InputError
from limn.frames import Frames
from limn.schedule import Schedule
from limn.step import Step
from pipelines.loop.checkpoint import Snapshot, copy_tensors
from pipelines.loop.checks import check_frames
from pipelines.loop.emptiness import EMPTY_STEPS, Emptiness
from pipelines.loop.population import Population
from pipelines.loop.shapes import shape_of
from renderers.base import Renderer

logger = logging.getLogger("limn")

CamerasAt = Callable[[Step], Cameras]
"""Step -> the views to draw then, as the renderer takes them: a training step draws its own from the step's generators,
an evaluation (``step.training`` False) has always the same."""


@dataclass(frozen=True)
class Settings:
    """How to optimise.

    Args:
        steps: how many steps, from 1.
        seed: decides every random draw.
        learning_rates: by parameter group, in place of the renderer's own; numbers or schedules.
        eval_every: steps between evaluations without augmentation, from 1.
        last: the result is the state at the end; otherwise that of the least eval loss.
        coarse_to_fine: in which order parameters move that have bands; all at once when None.
    """

    steps: int
    seed: int = 0
    learning_rates: Mapping[str, float | Schedule] = field(default_factory=dict)
    eval_every: int = 10
    last: bool = False
    coarse_to_fine: CoarseToFine | None = None


class Loop:
    """Where a run stands: what callbacks see of it. They read it, and change nothing but who takes part (`keep`).

    Attributes:
        renderer: the candidates as they are now.
        index: steps done.
        total: steps asked for.
        frames: the pictures of the last step, before its update, without gradient.
        report: the losses of the last step, without gradient.
        eval_loss: of the state evaluated at the last step [S], where one was due.
        rates: the learning rates of the last step, by group.
        notes: what is worth telling of the last step, one line each.
        seconds: time spent in steps so far.
    """

    def __init__(
        self,
        renderer: Renderer,
        objective: Objective,
        settings: Settings,
        cameras: CamerasAt | None = None,
        judge: Objective | None = None,
    ) -> None:
        self.renderer = renderer
        self.total = settings.steps
        self.index = 0
        self.frames: Frames | None = None
        self.report: LossReport | None = None
        self.eval_loss: Tensor | None = None
        self.rates: dict[str, float] = {}
        self.notes: list[str] = []
        self.seconds = 0.0
        self._objective, self._settings, self._cameras = objective, settings, cameras
        self._judge = judge or objective
        self._silent: set[str] = set()
        self.population = Population(renderer, settings.learning_rates, settings.last, settings.coarse_to_fine)
        self._emptiness = Emptiness(renderer.candidates)

    @property
    def best(self) -> Tensor:
        """The eval loss of the best state of each candidate so far [S]."""
        return self.population.best_values

    @property
    def skipped(self) -> list[int]:
        """Steps so far in which each candidate was skipped [S]."""
        return self.population.skipped

    @property
    def _differs(self) -> bool:
        """Whether an evaluation is drawn otherwise than a training step."""
        return self._cameras is not None or self.renderer.ordered

    def advance(self) -> None:
        """One step."""
        began = time.perf_counter()
        step = Step(self.index, self.total, self._settings.seed)
        frames = self._render(step)
        self.frames = frames.detach()
        self.eval_loss = None
        if self.index % self._settings.eval_every == 0:
            self.eval_loss = self._evaluate(self.render() if self._differs else self.frames)
        report = self._objective(frames, step)
        losses = report.total()
        self._check_gradients(report, frames)
        losses.sum().backward()
        self.population.step(losses.detach(), step)
        self.rates = self.population.rates(step.progress)
        self.notes = self._restart_empty(self.frames, step) if self.renderer.has_views else []
        self.report = LossReport({name: value.detach() for name, value in report.values.items()}, report.weights)
        self.index += 1
        self.seconds += time.perf_counter() - began

    @torch.no_grad()
    def evaluate_end(self) -> None:
        """Evaluates what the last step has made."""
        self.frames = self.render()
        self.eval_loss = self._evaluate(self.frames)

    @torch.no_grad()
    def render(self, size: tuple[int, int] | None = None) -> Frames:
        """The candidates as they are now, in the views of evaluations.

        Args:
            size: height and width in pixels; the renderer's own when None.
        """
        return self._render(self._eval_step(), size)

    def shape(self, longer_side: int) -> tuple[int, int]:
        """Height and width of pictures with that longer side in pixels, in the proportions of the renderer's own."""
        return shape_of(self.renderer, self._cameras(self._eval_step()) if self._cameras else None, longer_side)

    def _render(self, step: Step, size: tuple[int, int] | None = None) -> Frames:
        cameras = self._cameras(step) if self._cameras else None
        frames = self.renderer.render(cameras, size, step)
        check_frames(frames, self.renderer, None if cameras is None else len(cameras), size)
        return frames

    def _restart_empty(self, frames: Frames, step: Step) -> list[str]:
        """Starts candidates again that have been empty for long, where the renderer can; says so."""
        notes = []
        for row, look in self._emptiness.look(frames.alpha).items():
            number = self.population.candidate_ids[row]
            able = self.renderer.restart([row], step.generator(f"restart/{number}"))
            if able:
                self.population.restart(row)
                self._emptiness.steps[row] = 0
            then = "it starts again with another seed" if able else "this scene cannot start again by itself"
            notes.append(f"candidate {number + 1}: pictures all {look} for {EMPTY_STEPS} steps; {then}")
            logger.warning("step %d: %s", step.index + 1, notes[-1])
        return notes

    def _check_gradients(self, report: LossReport, frames: Frames) -> None:
        """Names losses that change nothing, each once.

        Raises:
            InputError: no loss changes anything.
        """
        silent = [name for name, value in report.values.items() if not value.requires_grad]
        if len(silent) == len(report.values):
            if not frames.rgb.requires_grad:
                raise InputError(f"renderer {type(self.renderer).__name__} gives pictures without gradient")
            raise InputError(f"no loss depends on the picture: {', '.join(silent)} without gradient")
        for name in set(silent) - self._silent:
            logger.warning("loss %r does not depend on the picture: it has no gradient and changes nothing", name)
        self._silent |= set(silent)

    @torch.no_grad()
    def _evaluate(self, frames: Frames) -> Tensor:
        values: Tensor = self._judge(frames, self._eval_step()).total()
        self.population.record(values)
        return values

    @torch.no_grad()
    def rank(self, objective: Objective | None = None) -> Tensor:
        """Evaluates the candidates as they are now, without remembering it.

        Args:
            objective: ranks them; the run's own when None.

        Returns:
            [S], lower is better.
        """
        values: Tensor = (objective or self._objective)(self.render(), self._eval_step()).total()
        return values

    def keep(self, rows: Sequence[int]) -> None:
        """Drops all candidates but these.

        Args:
            rows: their places among the present ones, ascending.
        """
        self.population.keep(rows)
        self._emptiness.keep(rows)

    def _eval_step(self) -> Step:
        return Step(self.total - 1, self.total, self._settings.seed, training=False)

    def snapshot(self) -> Snapshot:
        """All that a later run needs in order to go on from here."""
        tensors, numbers = self.population.snapshot()
        tensors |= {f"objective/{name}": tensor for name, tensor in self._objective.state_dict().items()}
        numbers |= {"index": self.index, "total": self.total, "seconds": self.seconds}
        numbers["empty_steps"] = list(self._emptiness.steps)
        return Snapshot({name: tensor.clone() for name, tensor in tensors.items()}, numbers)

    def restore(self, snapshot: Snapshot) -> None:
        """Goes to where a snapshot was taken.

        Raises:
            InputError: it is one of another renderer or objective; says which tensor differs and how.
        """
        self.population.restore(snapshot.tensors, snapshot.numbers)
        own = {n.partition("/")[2]: t for n, t in snapshot.tensors.items() if n.startswith("objective/")}
        copy_tensors(own, self._objective.state_dict())
        self.index, self.seconds = int(snapshot.numbers["index"]), float(snapshot.numbers["seconds"])
        self._emptiness.steps = list(snapshot.numbers["empty_steps"])
