"""Generators of one step make what the pipelines of diffusers make."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch

from guidance import Prompt
from guidance.distillation.diffusion.families import FAMILIES
from guidance.distillation.diffusion.one_step import OneStep
from guidance.distillation.diffusion.prior import PipelinePrior
from limn.errors import InputError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import diffusers
    import tiny

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning:diffusers")

WORDS = "a red apple"
ANY_SIZE = {"use_resolution_binning": False}
TRAILING = {"timestep_spacing": "trailing"}


def with_scheduler(pipeline: Any, kind: str, **settings: Any) -> Any:
    """A pipeline as published for one step: another scheduler, a VAE that shrinks by 8 and does not shift."""
    maker = getattr(diffusers, kind)
    pipeline.scheduler = maker.from_config(pipeline.scheduler.config, **settings)
    return with_vae(pipeline)


def with_vae(pipeline: Any) -> Any:
    parts = {**pipeline.components, "vae": tiny.vae(blocks=4, shift=None)}
    return type(pipeline)(**parts, **({"requires_safety_checker": False} if "safety_checker" in parts else {}))


def consistency() -> Any:
    scheduler = diffusers.LCMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    parts = {"vae": tiny.vae(shift=None), "text_encoder": tiny.clip(), "tokenizer": tiny.tokenizer()}
    unet = tiny.unet(time_cond_proj_dim=16)
    return diffusers.LatentConsistencyModelPipeline(**parts, unet=unet, scheduler=scheduler, **tiny.SAFE)


def pixart_512() -> Any:
    """PixArt alpha for 512 pixels, whose transformer is not told sizes."""
    return diffusers.PixArtAlphaPipeline(**tiny.pixart(sigma=True).components)


GENERATORS: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "sd-turbo": (lambda: with_scheduler(tiny.stable_diffusion(), "EulerDiscreteScheduler", **TRAILING), {}),
    "v": (lambda: with_vae(tiny.stable_diffusion(prediction_type="v_prediction", **TRAILING)), {}),
    "sample": (lambda: with_vae(tiny.stable_diffusion(prediction_type="sample", **TRAILING)), {}),
    "sdxl-turbo": (lambda: with_scheduler(tiny.xl(), "EulerAncestralDiscreteScheduler", **TRAILING), {}),
    "hyper-sd": (lambda: with_scheduler(tiny.xl(), "TCDScheduler"), {"timesteps": [800]}),
    "lcm": (consistency, {"guidance_scale": 8.5}),
    "pixart-dmd": (lambda: with_scheduler(pixart_512(), "DDPMScheduler"), {"timesteps": [400], **ANY_SIZE}),
    "sd3": (tiny.sd3, {}),
    "flux": (tiny.flux, {}),
    "guided": (lambda: with_vae(tiny.stable_diffusion(**TRAILING)), {"guidance_scale": 3.0}),
}


def prior_of(pipeline: Any) -> PipelinePrior:
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval()
    pipeline.set_progress_bar_config(disable=True)
    family = FAMILIES[type(pipeline).__name__]
    size = 16 if "Flux" in type(pipeline).__name__ else None
    return PipelinePrior(pipeline, family, "tiny", "cpu", torch.float32, size)


@pytest.mark.parametrize("kind", list(GENERATORS))
def test_pictures_are_those_of_the_pipeline(kind: str) -> None:
    make, settings = GENERATORS[kind]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        pipeline = make()
    prior = prior_of(pipeline)
    generator = OneStep(
        prior, Prompt.parse(WORDS), timestep=settings.get("timesteps", [None])[0], scale=settings.get("guidance_scale")
    )
    noise = torch.randn(2, *generator.noise_shape, generator=torch.Generator().manual_seed(1)).requires_grad_()
    pictures = generator.pictures(generator.latents(noise))
    again = generator.pictures(generator.latents(noise))
    pictures.square().sum().backward()
    assert noise.grad is not None
    assert noise.grad.isfinite().all()
    assert noise.grad.flatten(1).any(dim=1).all()
    assert torch.equal(pictures, again)

    latents, size = noise.detach(), pictures.shape[-2:]
    if kind == "flux":
        latents = pipeline._pack_latents(latents, 2, *noise.shape[1:])
    with torch.no_grad():
        wanted = pipeline(
            [WORDS] * 2,
            latents=latents,
            num_inference_steps=1,
            height=size[0],
            width=size[1],
            output_type="pt",
            **{"guidance_scale": 0.0, **settings},
        ).images
    torch.testing.assert_close(pictures.detach(), wanted, rtol=1e-5, atol=1e-5)
    assert pictures.std() > 0.01


def test_pictures_take_the_proportions_of_the_canvas() -> None:
    with torch.random.fork_rng():
        prior = prior_of(with_vae(tiny.stable_diffusion(**TRAILING)))
    generator = OneStep(prior, Prompt.parse(WORDS), (105, 140))
    assert generator.noise_shape == (4, 6, 8)
    assert generator.pictures(generator.latents(torch.randn(1, 4, 6, 8))).shape == (1, 3, 48, 64)


def test_what_cannot_draw_in_one_step_is_one_line() -> None:
    many, stages = prior_of(tiny.stable_diffusion()), prior_of(tiny.deepfloyd())
    with pytest.raises(InputError, match="starts one step at timestep 1 of 1000, where there is hardly noise"):
        OneStep(many, Prompt.parse(WORDS))
    with pytest.raises(InputError, match="scheduler DDIMScheduler takes no timestep"):
        OneStep(many, Prompt.parse(WORDS), timestep=800)
    with pytest.raises(InputError, match="draws in stages"):
        OneStep(stages, Prompt.parse(WORDS))


def test_memory_is_saved_without_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradients with and without checkpoints are the same."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        pipeline = with_vae(tiny.stable_diffusion(**TRAILING))
    generator = OneStep(prior_of(pipeline), Prompt.parse(WORDS))
    noise = torch.randn(2, *generator.noise_shape, generator=torch.Generator().manual_seed(1)).requires_grad_()

    def gradient() -> torch.Tensor:
        (found,) = torch.autograd.grad(generator.pictures(generator.latents(noise)).square().sum(), noise)
        return found

    assert pipeline.unet.is_gradient_checkpointing
    assert pipeline.vae.is_gradient_checkpointing
    saving = gradient()
    pipeline.unet.disable_gradient_checkpointing()
    pipeline.vae.disable_gradient_checkpointing()
    pipeline.vae.disable_slicing()
    torch.testing.assert_close(gradient(), saving, rtol=1e-3, atol=1e-3)
