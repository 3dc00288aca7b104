from __future__ import annotations

import signal
from typing import Any

import pytest
import torch
from pixels import Near, Pixels
from torch import Tensor

from guidance import Loss, Objective, Schedule
from limn.errors import InputError
from limn.frames import Frames
from limn.step import Step
from pipelines import Callback, Settings
from pipelines.loop.loop import Loop
from pipelines.loop.optimise import optimise, restored
from renderers.strokes import Strokes, open_strokes

TARGET = torch.linspace(0, 1, 8).expand(1, 3, 8, 8).clone()


def population(size: int = 3) -> Pixels:
    return Pixels(torch.rand(size, 3, 8, 8, generator=torch.Generator().manual_seed(1)))


def objective(**arguments: Any) -> Objective:
    return Objective({"near": Near(TARGET, **arguments)})


class Keeper(Callback):
    """Keeps the colours after each step."""

    def __init__(self) -> None:
        self.colours: list[Tensor] = []
        self.hooks: list[str] = []

    def start(self, loop: Loop) -> None:
        self.hooks.append("start")

    def step(self, loop: Loop) -> None:
        self.hooks.append("step")
        assert isinstance(loop.renderer, Pixels)
        self.colours.append(loop.renderer.colours.detach().clone())

    def end(self, loop: Loop) -> None:
        self.hooks.append("end")


def test_it_gets_near_and_takes_the_best() -> None:
    result = optimise(population(), objective(), Settings(60))
    assert result.eval_losses.max() < 0.005
    assert result.candidate == int(result.eval_losses.argmin())
    assert result.steps == 60
    assert result.skipped == [0, 0, 0]


def test_callbacks_are_called_in_order() -> None:
    keeper = Keeper()
    optimise(population(), objective(), Settings(3), [keeper])
    assert keeper.hooks == ["start", "step", "step", "step", "end"]


def test_what_remains_is_the_best_state_that_was_judged() -> None:
    keeper, renderer = Keeper(), population(1)
    rates = {"colours": Schedule.model_validate({"from": 0.05, "to": 5.0, "start": 0.5, "end": 0.6})}
    result = optimise(renderer, objective(), Settings(40, learning_rates=rates, eval_every=1), [keeper])
    states = [float((state.clamp(0, 1) - TARGET).square().mean()) for state in keeper.colours]
    assert float((renderer.colours.detach() - TARGET).square().mean()) <= min(states) + 1e-3
    assert states[-1] > 4 * min(states)
    assert float(result.eval_losses[0]) < 1.1 * min(states)


def test_candidates_are_independent() -> None:
    alone, together = population(1), population(3)
    optimise(alone, objective(noise=0.0), Settings(20))
    optimise(together, objective(noise=0.0), Settings(20))
    assert torch.equal(alone.colours[0], together.colours[0])


def test_the_same_seed_gives_the_same_result_with_one_and_two_threads() -> None:
    results, threads_before = [], torch.get_num_threads()
    try:
        for threads in (1, 2, 2):
            torch.set_num_threads(threads)
            renderer = population()
            optimise(renderer, objective(), Settings(20, seed=4))
            results.append(renderer.colours)
    finally:
        torch.set_num_threads(threads_before)
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[1], results[2])


def test_a_poisoned_candidate_sits_out_and_leaves_the_others_as_they_would_be() -> None:
    healthy, poisoned = Keeper(), Keeper()
    optimise(population(), objective(), Settings(12), [healthy])
    result = optimise(population(), objective(poison=5, cured=8), Settings(12), [poisoned])
    assert result.skipped == [3, 0, 0]
    for expected, found in zip(healthy.colours, poisoned.colours, strict=True):
        assert torch.equal(expected[1:], found[1:])
    assert torch.equal(poisoned.colours[4][0], poisoned.colours[7][0])
    assert not torch.equal(poisoned.colours[7][0], poisoned.colours[8][0])


def test_the_moments_of_a_poisoned_candidate_stay_as_they_were() -> None:
    snapshots = []

    class Taker(Callback):
        def step(self, loop: Loop) -> None:
            snapshots.append(loop.snapshot().tensors)

    optimise(population(), objective(poison=5, cured=6), Settings(7), [Taker()])
    for name in ("optimiser/colours.0.exp_avg", "optimiser/colours.0.exp_avg_sq", "optimiser/bias.0.exp_avg"):
        assert torch.equal(snapshots[4][name][0], snapshots[5][name][0])
        assert not torch.equal(snapshots[4][name][1], snapshots[5][name][1])
        assert not torch.equal(snapshots[5][name][0], snapshots[6][name][0])


def test_ten_poisoned_steps_in_a_row_bring_the_last_good_state_back() -> None:
    keeper = Keeper()
    result = optimise(population(), objective(poison=6), Settings(16, eval_every=4), [keeper])
    assert torch.equal(keeper.colours[14][0], keeper.colours[5][0])
    # Judged before step 4, so after four steps: that is where it goes back to at the end of step 15.
    assert torch.equal(keeper.colours[15][0], keeper.colours[3][0])
    assert result.skipped == [10, 0, 0]


def test_a_population_that_is_poisoned_from_the_start_still_ends() -> None:
    result = optimise(population(1), objective(poison=0), Settings(25))
    assert result.skipped == [25]
    assert result.candidate == 0


def test_ctrl_c_ends_after_the_step_and_the_second_aborts() -> None:
    class Presser(Callback):
        def __init__(self, times: int) -> None:
            self.times = times

        def step(self, loop: Loop) -> None:
            if loop.index == 5:
                for _ in range(self.times):
                    signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    result = optimise(population(), objective(), Settings(50), [Presser(1)])
    assert result.steps == 5
    assert result.eval_losses.isfinite().all()
    with pytest.raises(KeyboardInterrupt):
        optimise(population(), objective(), Settings(50), [Presser(2)])
    assert signal.getsignal(signal.SIGINT) is before


def test_a_snapshot_taken_anywhere_continues_bit_by_bit() -> None:
    class Taker(Callback):
        def step(self, loop: Loop) -> None:
            if loop.index == 13:
                taken.append(loop.snapshot())

    taken: list[Any] = []
    arguments: dict[str, Any] = {"poison": 7, "cured": 20}
    whole, rest = population(), population()
    first = optimise(whole, objective(**arguments), Settings(30), [Taker()])
    with torch.no_grad():
        rest.colours.zero_()
    second = optimise(rest, objective(**arguments), Settings(30), resume=taken[0])
    assert torch.equal(whole.colours, rest.colours)
    assert torch.equal(first.eval_losses, second.eval_losses)
    assert first.skipped == second.skipped


def test_a_rate_for_a_group_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"learning_rates: no parameter group 'colors'; did you mean 'colours'\?"):
        optimise(population(), objective(), Settings(5, learning_rates={"colors": 0.1}))


def test_scheduled_rates_reach_adam() -> None:
    class Rates(Callback):
        def step(self, loop: Loop) -> None:
            rates.append(loop.rates["colours"])

    rates: list[float] = []
    schedule = Schedule.model_validate({"from": 0.1, "to": 0.0})
    optimise(population(), objective(), Settings(5, learning_rates={"colours": schedule}), [Rates()])
    assert rates == pytest.approx([0.1, 0.075, 0.05, 0.025, 0.0])


def strokes() -> Strokes:
    generator = torch.Generator().manual_seed(0)
    scene = open_strokes(16 * torch.rand(2, 3, 2, generator=generator), (16, 16), generator=generator)
    return Strokes(scene, {"points": 1.0})


@pytest.mark.parametrize("steps", [1, 2, 3, 25, 200])
@pytest.mark.parametrize("rate", [1e30, 1e20, 3e8])
def test_what_leaves_all_bounds_ends_with_a_line_and_its_last_good_state(steps: int, rate: float) -> None:
    taken = []

    class Taker(Callback):
        def end(self, loop: Loop) -> None:
            taken.append((loop.index, loop.snapshot()))

    loss = Objective({"dark": Dark()}, {"dark": Schedule(first=1.0, last=1.0)})
    settings = Settings(steps, learning_rates={"points": rate})
    with pytest.raises(InputError, match="diverged: parameters of every candidate leave all bounds"):
        optimise(strokes(), loss, settings, [Taker()])
    ((index, snapshot),) = taken
    assert index <= 40
    result = restored(strokes(), settings, snapshot)
    assert torch.equal(result.renderer.points, strokes().points)


class Dark(Loss):
    """Asks for ink."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        return frames.rgb.flatten(1).mean(dim=1)
