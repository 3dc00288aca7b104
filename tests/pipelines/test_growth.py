"""Scenes that change on the way: growth with its optimiser state, buffers in the best state, optimisers by group."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from guidance import Loss, Objective
from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.frames import Frames
from limn.step import Step
from pipelines import Callback, Settings
from pipelines.loop.loop import Loop
from pipelines.loop.optimise import optimise
from renderers.base import OptimiserState, ParameterGroup, Renderer


class Dots(Renderer):
    """S rows of dots, each of one grey; a new one appears every so many steps, and the last vanishes at the end.

    Args:
        candidates: S.
        every: steps between two new dots.
        optimiser: of the dots.
        options: its settings.
    """

    def __init__(
        self,
        candidates: int = 2,
        every: int = 4,
        optimiser: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
        **options: Any,
    ) -> None:
        super().__init__()
        self.every, self.optimiser, self.options = every, optimiser, options
        generator = torch.Generator().manual_seed(0)
        self.greys = nn.Parameter(torch.rand(candidates, 2, generator=generator))
        self.register_buffer("steps", torch.zeros(candidates, dtype=torch.int64))

    @property
    def candidates(self) -> int:
        return len(self.greys)

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        rgb = self.greys[:, None, None, None, :].expand(-1, 1, 3, 1, -1)
        return Frames(rgb, torch.ones_like(rgb[:, :, :1]))

    def parameter_groups(self) -> list[ParameterGroup]:
        return [ParameterGroup("greys", [self.greys], 0.05, self.optimiser, self.options)]

    def constrain(self) -> None:
        self.greys.clamp_(0, 1)

    def after_step(self, step: Step, state: OptimiserState) -> None:
        self.steps += 1
        if self.every and (step.index + 1) % self.every == 0:
            new = torch.rand(self.candidates, 1, generator=step.generator("dots"))
            old = torch.arange(self.greys.shape[1])
            state.replace(self.greys, torch.cat([self.greys, new], dim=1), torch.cat([old, torch.tensor([-1])]))

    def artefacts(self, folder: Path, candidate: int = 0) -> list[Artefact]:
        file = folder / "dots.txt"
        file.write_text(" ".join(map(str, self.greys[candidate].tolist())))
        return [Artefact(file, "data")]


class Grey(Loss):
    """Mean squared distance of every dot to a grey."""

    def __init__(self, grey: float = 0.3) -> None:
        super().__init__()
        self.grey = grey

    def forward(self, frames: Frames, step: Step) -> Tensor:
        return (frames.rgb - self.grey).square().flatten(1).mean(dim=1)


class Taker(Callback):
    """Keeps snapshots."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    def step(self, loop: Loop) -> None:
        self.taken.append(loop.snapshot())


def grey() -> Objective:
    return Objective({"grey": Grey()})


def test_what_grows_is_optimised_with_its_moments() -> None:
    renderer, taker = Dots(), Taker()
    optimise(renderer, grey(), Settings(10, eval_every=2), [taker])
    assert renderer.greys.shape == (2, 4)
    moments = "optimiser/greys.0.exp_avg"
    before, after = taker.taken[2].tensors[moments], taker.taken[3].tensors[moments]
    assert before.shape == (2, 2)
    assert after.shape == (2, 3)
    assert not after[:, 2].any()
    assert after[:, :2].all()


def test_a_growth_forgets_the_best_of_a_smaller_scene() -> None:
    # At the start every dot is right; the new one, at the last step but one, is not.
    renderer = Dots(every=9)
    with torch.no_grad():
        renderer.greys.fill_(0.3)
    result = optimise(renderer, grey(), Settings(10, eval_every=1))
    assert renderer.greys.shape == (2, 3)
    assert (result.eval_losses > 1e-4).all()


@pytest.mark.parametrize("at", [3, 5, 8])
def test_a_grown_scene_goes_on_bit_by_bit(at: int) -> None:
    whole, rest, taker = Dots(), Dots(), Taker()
    first = optimise(whole, grey(), Settings(12, eval_every=3), [taker])
    second = optimise(rest, grey(), Settings(12, eval_every=3), resume=taker.taken[at])
    assert torch.equal(whole.greys, rest.greys)
    assert torch.equal(first.eval_losses, second.eval_losses)


def test_the_best_state_holds_buffers() -> None:
    renderer = Dots(every=0)
    with torch.no_grad():
        renderer.greys.fill_(0.3)
    # Adam's first step leads away from what is right already, with this rate far away.
    result = optimise(
        renderer, Objective({"grey": Grey(0.3), "far": Grey(0.9)}, {"far": 1e-3}), Settings(6, eval_every=1)
    )
    assert result.eval_losses.isfinite().all()
    assert torch.equal(renderer.steps, torch.zeros(2, dtype=torch.int64))


@pytest.mark.parametrize(
    ("optimiser", "options"),
    [
        (torch.optim.Adam, {"betas": (0.5, 0.9), "eps": 1e-4}),
        (torch.optim.AdamW, {"weight_decay": 0.1}),
        (torch.optim.SGD, {"momentum": 0.9}),
        (torch.optim.RMSprop, {}),
    ],
)
def test_a_group_chooses_its_optimiser(optimiser: Any, options: dict[str, Any]) -> None:
    renderer, taker = Dots(every=0, optimiser=optimiser, **options), Taker()
    by_hand = nn.Parameter(Dots().greys.detach().clone())
    other = optimiser([by_hand], lr=0.05, **options)
    optimise(renderer, grey(), Settings(5, eval_every=100), [taker])
    for _ in range(5):
        other.zero_grad()
        (by_hand - 0.3).square().mean(dim=1).sum().backward()
        other.step()
        by_hand.data.clamp_(0, 1)
    torch.testing.assert_close(taker.taken[-1].tensors["renderer/greys"], by_hand.detach())
    rest = Dots(every=0, optimiser=optimiser, **options)
    again = Taker()
    optimise(rest, grey(), Settings(5, eval_every=100), [again], resume=taker.taken[1])
    for name, tensor in taker.taken[-1].tensors.items():
        assert torch.equal(tensor, again.taken[-1].tensors[name]), name


def test_candidates_that_are_dropped_take_their_moments_along() -> None:
    renderer = Dots(3)
    loop = Loop(renderer, grey(), Settings(20))
    for _ in range(5):
        loop.advance()
    before = loop.snapshot().tensors
    loop.keep([0, 2])
    for name, tensor in loop.snapshot().tensors.items():
        expected = before[name] if tensor.dim() == 0 else before[name][[0, 2]]
        assert torch.equal(tensor, expected), name
    loop.advance()
    assert renderer.greys.shape == (2, 3)
