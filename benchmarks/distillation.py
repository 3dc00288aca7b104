"""Time of a distillation step over the prior's own passes: python benchmarks/distillation.py [--field] [--sd15].

The prior's own passes are one of the denoiser over prompt and no prompt, and, for priors on latents, one of the encoder
there and back. Everything else (noise, guidance, weights, the loss itself) is the overhead that is measured; with
``--field``, also drawing a field of 64^3 vertices in pictures of 64 x 64, and its optimiser.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from guidance import Objective, Prompt, Step
from guidance.distillation import Distillation, Prior, load_prior
from guidance.distillation.condition import Condition, repeat, stack
from limn.cameras import turntable
from limn.frames import Frames
from pipelines import Settings
from pipelines.loop.loop import Loop
from renderers.fields.factory import field
from renderers.registry import Canvas

PROMPT = "a frog"


def stable_diffusion_15() -> Prior:
    """A UNet and a VAE of Stable Diffusion 1.5's sizes with random weights, and random words."""
    import diffusers

    from guidance.distillation.diffusion.families import StableDiffusion
    from guidance.distillation.diffusion.prior import PipelinePrior

    class Words(StableDiffusion):
        def embed(self, pipeline: Any, text: str) -> Condition:
            return {"words": torch.randn(1, 77, 768, generator=torch.Generator().manual_seed(len(text)))}

    class Pipeline:
        unet = diffusers.UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
        vae = diffusers.AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            latent_channels=4,
            layers_per_block=2,
        )
        scheduler = diffusers.DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")

    return PipelinePrior(Pipeline(), Words(), "sd15", "cpu", torch.float32)


def timed(works: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """The least seconds of each, taken by turns, after one round to warm up where there are several."""
    seconds: list[list[float]] = [[] for _ in works]
    for number in range(repeats + (repeats > 1)):
        for work, taken in zip(works, seconds, strict=True):
            began = time.perf_counter()
            work()
            if number > 0 or repeats == 1:
                taken.append(time.perf_counter() - began)
    return [min(taken) for taken in seconds]


def measure(
    name: str, prior: Prior, guidance: float, samples: int, repeats: int, candidates: int = 1, scene: bool = False
) -> None:
    """Prints the step's time, the prior's passes and their ratio."""
    rgb = torch.rand(candidates, 1, 3, *prior.size, requires_grad=True)
    frames = Frames(rgb, torch.ones_like(rgb[:, :, :1]))
    loss = Distillation(Prompt.parse(PROMPT), prior=prior, guidance_scale=guidance, samples=samples)
    seen = field(Canvas((64, 64), candidates, torch.Generator()), encoding={"dense_grid": {"resolution": 64}})
    loop = Loop(seen, Objective({"words": loss}), Settings(10_000, eval_every=10_000), lambda step: turntable(1))

    def step() -> None:
        if scene:
            loop.advance()
        else:
            loss(frames, Step(0, 100)).sum().backward()

    def encode() -> None:
        prior.encode(rgb[:, 0]).sum().backward()

    count = candidates * samples
    texts = [PROMPT] if guidance == 1.0 else [PROMPT, ""]
    conditions = [repeat(prior.embed(text), count) for text in texts]
    condition = conditions[0] if guidance == 1.0 else stack(conditions)  # as a step does: stacking takes time
    noisy = torch.randn(count, *prior.encode(rgb[:, 0]).shape[1:]).repeat(len(texts), 1, 1, 1)
    times = torch.full((len(noisy),), loss.t_max.at(0.0))

    @torch.no_grad()
    def denoise() -> None:
        prior.predict_noise(noisy, times, condition)

    whole, there, denoiser = timed([step, encode, denoise], repeats)
    ratio = whole / (there + denoiser)
    rest = whole - there - denoiser
    milliseconds = " ".join(f"{1e3 * seconds:9.2f}" for seconds in (whole, denoiser, there, rest))
    print(f"{name:30} {milliseconds}  x{ratio:.2f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sd15", action="store_true", help="also Stable Diffusion 1.5's sizes: 4 GB, slow on a CPU")
    parser.add_argument("--field", action="store_true", help="a whole step of a field")
    parser.add_argument("--repeats", type=int, default=20)
    arguments = parser.parse_args()
    print(f"{'milliseconds':30} {'step':>9} {'denoiser':>9} {'encoder':>9} {'rest':>9}  ratio")
    whole = arguments.field
    exemplars = load_prior("exemplars", encoder="")
    measure("exemplars", exemplars, 1.0, 4, arguments.repeats)
    measure("exemplars, 16 samples", exemplars, 1.0, 16, arguments.repeats)
    measure("exemplars, configs/draw.yaml", exemplars, 1.0, 16, arguments.repeats, candidates=3)
    measure("pocket, 4 samples", load_prior("pocket"), 3.0, 4, arguments.repeats, scene=whole)
    if arguments.sd15:
        measure(
            "Stable Diffusion 1.5 (random)",
            stable_diffusion_15(),
            100.0,
            1,
            max(1, arguments.repeats // 10),
            scene=whole,
        )
