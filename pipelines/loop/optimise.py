"""The loop: parameters -> pictures -> losses -> gradients -> parameters. There is no other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from guidance.objective import LossReport, Objective
from limn.artefact import Artefact
from limn.errors import InputError
from pipelines.loop.callback import Callback
from pipelines.loop.checkpoint import Snapshot
from pipelines.loop.interrupt import deferring
from pipelines.loop.loop import CamerasAt, Loop, Settings
from pipelines.loop.population import Population
from renderers.base import Renderer


@dataclass(frozen=True)
class Result:
    """What came of a run.

    Args:
        renderer: every candidate in its best state: that of its least eval loss, or the last one.
        candidate: the best of them.
        eval_losses: of these states [S], lower is better.
        report: the losses of the last step; None where no step was done.
        steps: how many were done; fewer than asked for where the run was interrupted.
        skipped: for each candidate, steps in which its loss or gradient was not finite [S].
        seconds: how long the steps took.
        started: how many candidates there were at first; some may have been dropped on the way.
        candidate_ids: which of those the renderer still has, by their first numbers [S].
        folder: of the run, where there is one.
        artefacts: what was written there of the result.
    """

    renderer: Renderer
    candidate: int
    eval_losses: Tensor
    report: LossReport | None
    steps: int
    skipped: list[int]
    seconds: float
    started: int
    candidate_ids: list[int]
    folder: Path | None = None
    artefacts: list[Artefact] = field(default_factory=list)


def optimise(
    renderer: Renderer,
    objective: Objective,
    settings: Settings,
    callbacks: Iterable[Callback] = (),
    resume: Snapshot | None = None,
    cameras: CamerasAt | None = None,
    judge: Objective | None = None,
) -> Result:
    """Moves the parameters of a renderer until its pictures satisfy an objective.

    Every ``eval_every`` steps and after the last one the judge evaluates all candidates without augmentation, with the
    weights of the end of the run and always from the same views; the state with the least eval loss of each candidate
    is the result, or with ``settings.last`` the state of its last evaluation. The first Ctrl-C, SIGTERM or SIGHUP ends
    the run after the step with what there is, the second raises `KeyboardInterrupt`.

    Args:
        renderer: S candidates; changed in place.
        objective: what the pictures should be.
        settings: how many steps, at which rates.
        callbacks: see `Callback`.
        resume: where an earlier run of the same renderer, objective and settings stood.
        cameras: for scenes that have views.
        judge: evaluates in place of the objective.

    Returns:
        The best candidate and its eval loss.

    Raises:
        InputError: a learning rate for a group that does not exist, a snapshot of something else, or parameters that
            leave all bounds whatever is tried; callbacks have seen the end then, so the last good state is kept.
    """
    loop = Loop(renderer, objective, settings, cameras, judge)
    if resume is not None:
        loop.restore(resume)
    callbacks = list(callbacks)
    with deferring() as interrupt:
        for callback in callbacks:
            callback.start(loop)
        diverged = False
        while loop.index < loop.total and not interrupt.signal and not diverged:
            loop.advance()
            for callback in callbacks:
                callback.step(loop)
            diverged = loop.population.diverged(loop.index, loop.total)
        if loop.index == loop.total:
            loop.evaluate_end()
        for callback in callbacks:
            callback.end(loop)
    if diverged:
        rates = ", ".join(f"{name}: {rate:.3g}" for name, rate in loop.population.rates(0.0).items())
        raise InputError(
            "diverged: parameters of every candidate leave all bounds, the last good state is in the checkpoint; "
            f"expected smaller learning rates than {rates}"
        )
    return _result(renderer, loop.population, loop.index, loop.seconds, loop.report)


def restored(renderer: Renderer, settings: Settings, snapshot: Snapshot) -> Result:
    """What came of an earlier run of the same renderer and settings; no loss is computed.

    Raises:
        InputError: the snapshot is one of another renderer.
    """
    population = Population(renderer, settings.learning_rates, settings.last, settings.coarse_to_fine)
    population.restore(snapshot.tensors, snapshot.numbers)
    return _result(renderer, population, int(snapshot.numbers["index"]), float(snapshot.numbers["seconds"]), None)


def _result(
    renderer: Renderer, population: Population, steps: int, seconds: float, report: LossReport | None
) -> Result:
    return Result(
        renderer,
        population.take_best(),
        population.best_values,
        report,
        steps,
        population.skipped,
        seconds,
        population.started,
        population.candidate_ids,
    )
