"""The loss: reductions, times, prompts, views, and what is not a number."""

from __future__ import annotations

import math

import pytest
import torch
from mixture import MixturePrior, Points
from torch import Tensor

from guidance import LOSSES, Objective, Prompt, Schedule, Step
from guidance.distillation import (
    Distillation,
    blend,
    load_prior,
    specify_gradient,
    view_repulsion,
    view_weights,
)
from guidance.distillation.prompts import Conditions
from limn.cameras import orbit
from limn.errors import InputError
from limn.frames import Frames
from pipelines.config.terms import term_model
from pipelines.loop.loop import Settings
from pipelines.loop.optimise import optimise


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_distil_has_the_gradient_asked_for(reduction: str) -> None:
    z = torch.randn(2, 3, 4, requires_grad=True)
    gradient = torch.randn(2, 3, 4)
    gradient[1, 0, 0] = torch.inf
    value = specify_gradient(z, gradient, reduction)  # type: ignore[arg-type]
    value.sum().backward()
    share = 1 if reduction == "sum" else 12
    assert z.grad is not None
    torch.testing.assert_close(z.grad[0], gradient[0] / share, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(value[0], gradient[0].square().sum() / 2 / share)
    assert value[1].isnan()
    assert not z.grad[1].any()


def times_of(loss: Distillation, index: int, total: int = 101, count: int = 64) -> Tensor:
    seen = []
    prior = loss.prior
    original = prior.add_noise
    prior.add_noise = lambda z, e, t: (seen.append(t), original(z, e, t))[1]  # type: ignore[assignment, func-returns-value]
    loss(Points(torch.rand(count, 2)).render(), Step(index, total))
    prior.add_noise = original  # type: ignore[method-assign]
    return seen[0]


def test_times_follow_their_schedules() -> None:
    t_max = Schedule.model_validate({"from": 0.9, "to": 0.3})
    loss = Distillation(Prompt.parse("left"), prior=MixturePrior(), t_min=0.1, t_max=t_max)
    first, last = times_of(loss, 0), times_of(loss, 100)
    assert len(first.unique()) == 64  # every candidate has its own
    assert 0.1 <= first.min() < 0.2
    assert 0.8 < first.max() <= 0.9
    assert 0.25 < last.max() <= 0.3
    assert torch.equal(times_of(loss, 7), times_of(loss, 7))


def test_a_step_is_repeatable_and_candidates_are_independent() -> None:
    loss = Distillation(Prompt.parse("left"), prior=MixturePrior(), samples=3)
    frames = Points(torch.rand(4, 2)).render()
    first, again = loss(frames, Step(3, 9)), loss(frames, Step(3, 9))
    assert torch.equal(first, again)
    assert first.shape == (4,)
    judged = loss(frames, Step(3, 9, training=False))
    assert torch.equal(judged, loss(frames, Step(5, 9, seed=1, training=False)))


def test_samples_are_those_that_suit_the_prior_unless_given() -> None:
    exemplars = load_prior("exemplars", encoder="")
    assert Distillation(Prompt.parse("left"), prior=MixturePrior()).samples == 1
    assert Distillation(Prompt.parse("a frog"), prior=exemplars).samples == 16
    assert Distillation(Prompt.parse("a frog"), prior=exemplars, samples=3).samples == 3


def test_samples_are_averaged() -> None:
    points = Points(torch.rand(1, 2))
    prior = MixturePrior()
    gradients = []
    for samples in (1, 4000):
        loss = Distillation(Prompt.parse("left"), prior=prior, samples=samples, guidance_scale=1.0, reduction="sum")
        (gradient,) = torch.autograd.grad(loss(points.render(), Step(0, 2)).sum(), points.points)
        gradients.append(gradient)
    assert gradients[0].isfinite().all()
    assert gradients[1].norm() < 10


@pytest.mark.parametrize("variant", ["sds", "vsd", "ism", "csd", "hifa"])
@pytest.mark.parametrize("poison", [1, 5, 20])
def test_a_nan_of_the_prior_never_ruins_a_run(variant: str, poison: int) -> None:
    prior = MixturePrior(poison, poison + 6)
    points = Points(torch.rand(3, 2, generator=torch.Generator().manual_seed(0)))
    loss = Distillation(Prompt.parse("right"), prior=prior, variant=variant, guidance_scale=1.0)
    result = optimise(points, Objective({"d": loss}), Settings(30, eval_every=10))
    assert points.points.isfinite().all()
    assert result.eval_losses.isfinite().all()
    assert result.skipped[0] > 0 or poison == 1
    assert result.skipped[1:] == [0, 0]


def test_no_gradient_passes_through_the_denoiser() -> None:
    class Plain(MixturePrior):
        def predict_noise(self, noisy: Tensor, times: Tensor, condition: dict[str, Tensor]) -> Tensor:
            assert not torch.is_grad_enabled()
            assert not noisy.requires_grad
            return super().predict_noise(noisy, times, condition)

    points = Points(torch.rand(2, 2))
    Distillation(Prompt.parse("right"), prior=Plain())(points.render(), Step(0, 1)).sum().backward()
    assert points.points.grad is not None


def test_a_judgement_is_the_error_and_how_much_greater_it_is_than_without_words() -> None:
    prior, frames = MixturePrior(), Points(torch.rand(3, 2)).render()
    loss = Distillation(Prompt.parse("left"), prior=prior, weighting="uniform", t_min=0.2, t_max=0.8)
    latents = prior.encode(prior.fit(frames.rgb.flatten(0, 1))).detach()
    generator, errors = Step(0, 1).generator("judgement"), []
    for time in (0.275, 0.425, 0.575, 0.725):
        noise = torch.randn(1, *latents.shape[1:], generator=generator).expand_as(latents)
        times = torch.full((3,), time)
        noisy = prior.add_noise(latents, noise, times)
        told, untold = (
            (prior.predict_noise(noisy, times, loss.conditions.text(text, 3)) - noise).square().flatten(1).mean(1)
            for text in ("left", "")
        )
        errors.append(2 * told - untold)
    torch.testing.assert_close(loss(frames, Step(0, 1, training=False)), torch.stack(errors).mean(dim=0))


def test_phrases_are_mixed_and_negative_ones_repel() -> None:
    conditions = Conditions(MixturePrior(), Prompt.parse("first:1 | right:3 | left:-0.5"), "first")
    torch.testing.assert_close(conditions.positive(2)["weights"], torch.tensor([[0.25, 0.75, 0.0]] * 2))
    assert conditions.negative(2) is not None
    repelled = conditions.repelled(None, None, 2)
    assert [weights.tolist() for _, weights in repelled] == [[-0.5, -0.5], [-1.0, -1.0]]
    with pytest.raises(InputError, match="positive weight"):
        Conditions(MixturePrior(), Prompt.parse("left:-1"))


def test_masks_are_joined_when_conditions_are_mixed() -> None:
    rows = {"words": torch.tensor([[1.0], [3.0]]), "mask": torch.tensor([[1, 0], [1, 1]])}
    mixed = blend(rows, torch.tensor([[0.5, 0.5], [1.0, 0.0]]))
    assert mixed["words"].tolist() == [[2.0], [1.0]]
    assert mixed["mask"].tolist() == [[1, 1], [1, 0]]


def test_views() -> None:
    azimuth = torch.tensor([0.0, 45.0, 90.0, 135.0, 180.0, -90.0, 360.0]) * math.pi / 180
    weights = view_weights(azimuth, torch.zeros(7))
    expected = [
        [1, 0, 0, 0],
        [0.5, 0.5, 0, 0],
        [0, 1, 0, 0],
        [0, 0.5, 0.5, 0],
        [0, 0, 1, 0],
        [0, 1, 0, 0],
        [1, 0, 0, 0],
    ]
    torch.testing.assert_close(weights, torch.tensor(expected, dtype=torch.float32), rtol=0, atol=1e-5)
    above = view_weights(torch.zeros(1), torch.tensor([math.radians(80)]))
    assert above.tolist() == [[0, 0, 0, 1]]
    repulsion = view_repulsion(torch.tensor([0.0, math.pi]), torch.zeros(2))
    assert repulsion[0, 0] == 0
    assert repulsion[1, 0] == -2
    assert (repulsion <= 0).all()


def test_view_prompts_follow_the_camera() -> None:
    asked = []

    class Listening(MixturePrior):
        def embed(self, text: str) -> dict[str, Tensor]:
            asked.append(text)
            return super().embed(text)

    loss = Distillation(Prompt.parse("a dog"), prior=Listening(), variant="perp_neg", view_prompts=True)
    flat = Points(torch.rand(2, 2)).render()
    cameras = orbit(torch.tensor([3.0]), 0.0, 2.5, 0.8)
    assert loss(Frames(flat.rgb, flat.alpha, cameras=cameras), Step(0, 2)).isfinite().all()
    assert "a dog, back view" in asked
    with pytest.raises(InputError, match="cameras"):
        loss(flat, Step(0, 2))


def test_a_config_describes_the_loss() -> None:
    assert LOSSES.find("distillation") is Distillation
    model = term_model("distillation")
    term = model.model_validate({"loss": "distillation", "variant": "ism", "t_max": {"from": 0.9, "to": 0.5}})
    assert model.model_validate(term.model_dump(mode="json")).t_max == term.t_max  # type: ignore[attr-defined]
    assert "prior" in model.model_json_schema()["properties"]
