"""What goes with every variant: where noise comes from, rewards, latents of a scene."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from mixture import MixturePrior, Points
from torch import Tensor

from guidance import Prompt, Step
from guidance.channels import channel_of
from guidance.compute import Compute
from guidance.distillation import VARIANTS, Distillation, Noise, Reward
from guidance.target import Target
from limn.cameras import turntable
from limn.errors import InputError
from limn.frames import Frames
from limn.latents import latents_to_rgb
from pipelines.config.terms import term_model

FAST = Compute(precision="float32")
INVERTING = ("ism", "sdi")


@pytest.fixture
def judge(folders: dict[str, Path]) -> str:
    return f"local-dir:{folders['resnet']}"


def scene(candidates: int = 2, views: int = 2) -> Frames:
    """Pictures of 2 x 1 pixels of something that fills them, two units from each camera."""
    generator = torch.Generator().manual_seed(0)
    rgb = Points(torch.rand(candidates * views, 2, generator=generator)).render().rgb.view(candidates, views, 3, 2, 1)
    there = torch.ones_like(rgb[:, :, :1])
    return Frames(rgb.detach().requires_grad_(), there, 2 * there, cameras=turntable(views))


def distillation(variant: str = "sds", **settings: object) -> Distillation:
    target = Target(torch.rand(1, 3, 2, 1)) if variant == "dds" else None
    return Distillation(Prompt.parse("right"), target, MixturePrior(), variant, compute=FAST, **settings)  # type: ignore[arg-type]


def pull(loss: Distillation, frames: Frames, step: Step) -> Tensor:
    (gradient,) = torch.autograd.grad(loss(frames, step).sum(), frames.rgb)
    return gradient


@pytest.mark.parametrize("variant", [name for name in VARIANTS.names() if name not in INVERTING])
def test_noise_and_rewards_go_with_every_variant(variant: str, judge: str) -> None:
    frames, plain = scene(), pull(distillation(variant), scene(), Step(3, 9))
    for source in ("fixed", "surface"):
        loss = distillation(variant, noise=Noise(source=source))
        first = pull(loss, frames, Step(3, 9))
        assert first.isfinite().all()
        assert torch.equal(first, pull(loss, frames, Step(3, 9)))
        assert not torch.equal(first, plain)
    reward = Reward(rule="minmax", judge=judge)
    loss = distillation(variant, noise=Noise(source="surface"), reward=reward, samples=2)
    assert pull(loss, frames, Step(3, 9)).isfinite().all()
    assert loss(frames, Step(3, 9, training=False)).shape == (2,)


@pytest.mark.parametrize("variant", INVERTING)
def test_variants_that_find_their_noise_take_neither(variant: str, judge: str) -> None:
    for settings in ({"noise": Noise(source="fixed")}, {"reward": Reward(judge=judge)}):
        with pytest.raises(InputError, match=f"{variant!r} finds its noise itself"):
            distillation(variant, **settings)
    assert distillation(variant, noise=Noise()).noise.source == "random"


def test_rules_by_hand() -> None:
    scores = torch.tensor([[0.1, 0.4, 0.2, 0.3, 0.0]])
    chosen, factors = Reward(rule="best").choose(scores)
    assert (chosen.tolist(), factors.tolist()) == ([[1]], [[1.0]])
    chosen, factors = Reward(rule="minmax").choose(scores)
    assert chosen.tolist() == [[1, 3, 0, 4]]
    torch.testing.assert_close(factors, torch.tensor([[0.45, 0.45, -0.05, -0.05]]))
    chosen, factors = Reward(rule="weighted").choose(scores)
    assert chosen.tolist() == [[0, 1, 2, 3, 4]]
    torch.testing.assert_close(factors, ((scores - 0.2) / scores.std()).softmax(dim=1))
    torch.testing.assert_close(Reward(rule="weighted").choose(100 * scores)[1], factors)


@pytest.mark.parametrize("rule", ["best", "weighted", "minmax"])
def test_gradients_are_those_of_the_noises_that_are_chosen(rule: str, judge: str) -> None:
    """Against score distillation of each noise by itself, at the same times."""
    noises, frames, step = 5, scene(), Step(3, 9)
    reward = Reward(candidates=noises, rule=rule, judge=judge)
    loss = distillation(reward=reward, reduction="sum", guidance_scale=2.0)
    assert loss.judge is not None
    pictures: list[Tensor] = []
    score = loss.judge.score
    loss.judge.score = lambda seen: (pictures.append(seen), score(seen))[1]  # type: ignore[method-assign, func-returns-value]
    found = pull(loss, frames, step)
    generator = step.generator("distillation")
    times = 0.02 + 0.96 * torch.rand(4, generator=generator)
    drawn = torch.randn(4 * noises, 1, 2, 1, generator=generator)
    prior, z = loss.prior, frames.rgb.detach()[:, :, :1].flatten(0, 1).repeat_interleave(noises, dim=0)
    t = times.repeat_interleave(noises)
    z_t = prior.add_noise(z, drawn, t)
    right, free = (prior.predict_noise(z_t, t, loss.conditions.text(text, 20)) for text in ("right", ""))
    noise = free + 2 * (right - free)
    torch.testing.assert_close(pictures[0], prior.decode(prior.clean(z_t, noise, t)).clamp(0, 1))
    gradients = (prior.level(t)[1].square() * (noise - drawn)).view(4, noises, 2)
    scores = score(pictures[0]).view(4, noises)
    assert (scores.std(dim=1) > 1e-6).all()
    order = scores.argsort(dim=1, descending=True)
    best = gradients.gather(1, order[..., None].expand(-1, -1, 2))
    weights = ((scores - scores.mean(1, keepdim=True)) / scores.std(1, keepdim=True)).softmax(dim=1)
    expected = {
        "best": best[:, 0],
        "weighted": (weights[..., None] * gradients).sum(dim=1),
        "minmax": 0.9 * best[:, :2].mean(dim=1) - 0.1 * best[:, -2:].mean(dim=1),
    }[rule]
    torch.testing.assert_close(found[:, :, 0].reshape(4, 2), expected / 2, rtol=1e-3, atol=1e-4)


def test_judges_prefer_what_they_know() -> None:
    loss = Distillation(Prompt.parse("a red apple"), prior=MixturePrior(), reward=Reward(), compute=FAST)
    assert loss.judge is not None
    red = torch.ones(1, 3, 32, 32)
    red[:, 1:, 8:24, 8:24] = 0.1
    assert loss.judge.score(red) > loss.judge.score(red.flip(1))


def test_latents_of_a_scene_are_taken_as_they_are() -> None:
    frames, loss = scene(), distillation(reduction="sum")
    latents = frames.rgb.detach()[:, :, :1].clone().requires_grad_()
    drawn = replace(frames, latents=latents)
    gradient, none = torch.autograd.grad(loss(drawn, Step(3, 9)).sum(), [latents, frames.rgb], allow_unused=True)
    torch.testing.assert_close(gradient, pull(loss, frames, Step(3, 9))[:, :, :1])
    assert none is None
    torch.testing.assert_close(loss(drawn, Step(0, 1, training=False)), loss(frames, Step(0, 1, training=False)))
    assert channel_of(drawn, Step(0, 1), "silhouette").latents is None
    assert replace(drawn).detach().latents is not None
    with pytest.raises(InputError, match=r"latents \[4, 2, 1\]; prior 'mixture' needs \[1, 2, 1\]"):
        loss(replace(frames, latents=torch.zeros(2, 2, 4, 2, 1)), Step(3, 9))


def test_hifa_does_not_judge_the_preview_of_latents() -> None:
    frames = scene()
    drawn = replace(frames, latents=frames.rgb.detach()[:, :, :1].clone().requires_grad_())
    loss = distillation("hifa")
    assert pull(loss, frames, Step(3, 9)).any()
    (gradient,) = torch.autograd.grad(loss(drawn, Step(3, 9)).sum(), frames.rgb, allow_unused=True)
    assert gradient is None


def test_previews_of_latents_are_linear() -> None:
    assert torch.equal(latents_to_rgb(torch.zeros(2, 4, 3, 3)), torch.full((2, 3, 3, 3), 0.5))
    second = torch.tensor([0.0, 1.0, 0.0, 0.0]).view(4, 1, 1)
    torch.testing.assert_close(latents_to_rgb(second).flatten(), 0.5 + torch.tensor([0.187, 0.286, 0.173]) / 2)
    assert latents_to_rgb(torch.full((3, 2, 2), 3.0)).unique().tolist() == [1.0]
    with pytest.raises(InputError, match="16 channels"):
        latents_to_rgb(torch.zeros(16, 2, 2))


def test_a_config_says_it_shortly_or_in_full() -> None:
    model = term_model("distillation")
    short = model.model_validate({"loss": "distillation", "noise": "surface", "reward": {"rule": "minmax"}})
    assert short.noise == Noise(source="surface")  # type: ignore[attr-defined]
    again = model.model_validate(short.model_dump(mode="json"))
    assert again.reward == Reward(rule="minmax")  # type: ignore[attr-defined]
    assert again == short
    for wrong, message in (
        ({"noise": {"source": "fixed", "refersh": 0.1}}, "refersh"),
        ({"noise": "surfce"}, "surface"),
        ({"reward": {"candidates": 3, "rule": "minmax"}}, "4 candidates"),
    ):
        with pytest.raises(ValueError, match=message):
            model.model_validate({"loss": "distillation", **wrong})
