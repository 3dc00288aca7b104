"""Priors from pipelines of diffusers, tiny and random, in the real file format."""

from __future__ import annotations

import builtins
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from guidance import Prompt, Step
from guidance.distillation import Distillation, load_prior
from guidance.distillation.condition import stack
from guidance.distillation.diffusion.lora import LoraCritic
from guidance.distillation.diffusion.prior import PipelinePrior
from limn.errors import InputError
from limn.frames import Frames

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import tiny


@pytest.fixture(scope="session")
def prior(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], PipelinePrior]:
    def load(kind: str) -> PipelinePrior:
        folder = tmp_path_factory.getbasetemp() / f"pipeline-{kind}"
        if not folder.exists():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tiny.save(kind, folder)
        options = {"size": 16} if kind == "flux" else {}
        loaded = load_prior(f"local-dir:{folder}", precision="float32", **options)
        assert isinstance(loaded, PipelinePrior)
        return loaded

    return load


@pytest.mark.parametrize("kind", list(tiny.PIPELINES))
def test_every_family_distils(kind: str, prior: Callable[[str], PipelinePrior]) -> None:
    rgb = torch.rand(2, 1, 3, 24, 24, generator=torch.Generator().manual_seed(0)).requires_grad_()
    frames = Frames(rgb, torch.ones_like(rgb[:, :, :1]))
    loss = Distillation(Prompt.parse("a red apple"), prior=prior(kind), guidance_scale=7.5)
    values = loss(frames, Step(0, 4))
    values.sum().backward()
    assert values.shape == (2,)
    assert rgb.grad is not None
    assert rgb.grad.isfinite().all()
    assert rgb.grad.flatten(1).norm(dim=1).min() > 0
    assert loss(frames, Step(0, 4, training=False)).isfinite().all()


@pytest.mark.parametrize("kind", list(tiny.PIPELINES))
def test_texts_matter_and_are_kept(kind: str, prior: Callable[[str], PipelinePrior]) -> None:
    found = prior(kind)
    one, other = found.embed("a red apple"), found.embed("a frog")
    assert found.embed("a red apple") is one
    z = torch.randn(1, found._channels, 8, 8, generator=torch.Generator().manual_seed(0)).repeat(2, 1, 1, 1)
    noise = found.predict_noise(z, torch.full((2,), 0.5), stack([one, other]))
    assert noise.shape == z.shape
    assert not torch.allclose(noise[0], noise[1], atol=1e-7, rtol=0)


@pytest.mark.parametrize("kind", ["epsilon", "v", "sample", "sd3"])
def test_predictions_become_noise(kind: str, prior: Callable[[str], PipelinePrior]) -> None:
    """A denoiser that answered truly, in its own terms, gives back the noise that was added."""
    found = prior(kind)
    z, noise = torch.randn(2, 3, 4, 8, 8, generator=torch.Generator().manual_seed(1))[:, :, :4]
    times = torch.tensor([0.1, 0.5, 0.9])
    alpha, sigma = found.level(times)
    truth = {"epsilon": noise, "v": alpha * noise - sigma * z, "sample": z, "sd3": noise - z}[kind]

    class True_:  # noqa: N801
        def predict(self, *_: Any) -> torch.Tensor:
            return truth

    nothing = found.embed("")
    family, found.family = found.family, True_()  # type: ignore[assignment]
    try:
        answer = found.predict_noise(found.add_noise(z, noise, times), times, nothing)
    finally:
        found.family = family
    torch.testing.assert_close(answer, noise, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(found.clean(alpha * z + sigma * noise, noise, times), z, rtol=1e-3, atol=1e-3)


def test_noise_levels(prior: Callable[[str], PipelinePrior]) -> None:
    alpha, sigma = prior("epsilon").level(torch.tensor([0.0, 0.98]))
    torch.testing.assert_close(alpha**2 + sigma**2, torch.ones_like(alpha))
    assert float(alpha[0, 0, 0, 0]) ** 2 == pytest.approx(1 - 0.00085, abs=1e-5)
    assert float(prior("v").level(torch.tensor([1.0]))[0]) == pytest.approx(0.0, abs=1e-3)
    alpha, sigma = prior("sd3").level(torch.tensor([0.5]))
    assert float(sigma) == pytest.approx(3 * 0.5 / (1 + 2 * 0.5))
    assert float(alpha + sigma) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["epsilon", "sd3", "pixart", "flux", "if"])
def test_the_critic_begins_as_the_prior_and_learns(kind: str, prior: Callable[[str], PipelinePrior]) -> None:
    found = prior(kind)
    critic = found.critic(2, 3e-3)
    assert isinstance(critic, LoraCritic)
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(2, found._channels, 8, 8, generator=generator)
    cameras = torch.randn(2, 16, generator=generator)
    condition = stack([found.embed("a frog")] * 2)
    times = torch.full((2,), 0.5)
    before = found.predict_noise(z, times, condition)
    torch.testing.assert_close(critic(z, times, condition, z, cameras), before)

    def error() -> float:
        noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(9))
        noisy = found.add_noise(z, noise, times)
        return float((critic(noisy, times, condition, z, cameras) - noise).square().mean().detach())

    first = error()
    for _ in range(25):
        critic.learn(z, condition, cameras, generator)
    assert error() < first
    assert critic.count == 25
    torch.testing.assert_close(found.predict_noise(z, times, condition), before)  # the prior stays as it was
    copy = found.critic(2, 3e-3)
    copy.load_state_dict(critic.state_dict())
    torch.testing.assert_close(copy(z, times, condition, z, cameras), critic(z, times, condition, z, cameras))


def test_the_critic_survives_what_is_not_a_number(prior: Callable[[str], PipelinePrior]) -> None:
    found = prior("epsilon")
    critic = found.critic(2, 1e-2)
    z = torch.randn(2, 4, 8, 8)
    z[0] = torch.nan
    critic.learn(z, stack([found.embed("a frog")] * 2), None, torch.Generator().manual_seed(0))
    assert all(parameter.isfinite().all() for parameter in critic.parameters())


def test_half_precision(tmp_path: Path, prior: Callable[[str], PipelinePrior]) -> None:
    folder = prior("epsilon").name.removeprefix("local-dir:")
    half = load_prior(f"local-dir:{folder}", precision="bfloat16")
    assert isinstance(half, PipelinePrior)
    assert half.model.dtype == torch.bfloat16
    pictures = torch.rand(1, 3, 16, 16)
    assert half.encode(pictures).dtype == torch.float32
    torch.testing.assert_close(half.encode(pictures), prior("epsilon").encode(pictures), rtol=0.1, atol=0.1)


def test_what_cannot_be_loaded_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(name: str, pattern: str) -> None:
        with pytest.raises(InputError, match=pattern) as caught:
            load_prior(name)
        assert "\n" not in str(caught.value)

    fails("sdxl", "unknown prior 'sdxl'; known: exemplars")
    fails(f"local-dir:{tmp_path}/none", "no such folder")
    fails(f"local-dir:{tmp_path}", "no readable model_index.json")
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "StableDifusionPipeline"}))
    fails(f"local-dir:{tmp_path}", "did you mean 'StableDiffusionPipeline'")
    broken = tmp_path / "broken"
    broken.mkdir()
    index = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}
    (broken / "model_index.json").write_text(json.dumps(index))
    fails(f"local-dir:{broken}", "files are missing, damaged")
    monkeypatch.setattr("guidance.encoders.hub._reachable", lambda endpoint: False)
    fails("nobody/nothing", "cannot be fetched; without a network, download nobody/nothing")


def test_a_missing_package_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name == "diffusers":
            raise ModuleNotFoundError("No module named 'diffusers'", name="diffusers")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"needs diffusers: pip install 'limn\[distillation\]'"):
        load_prior("some/model")
