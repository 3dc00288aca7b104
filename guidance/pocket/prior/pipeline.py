"""PocketPipeline: denoiser, noise levels, words and memory; draws pictures, and is read and written as a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor

from guidance.pocket.prior.architecture import flow, scheduler
from guidance.pocket.prior.memory import Memory
from guidance.pocket.prior.words import Words

ABOUT = "prior.json"


@dataclass
class PocketPipeline:
    """The parts of the prior, in diffusers' own classes but for the words and the memory.

    Attributes:
        transformer: the denoiser, a ``FluxTransformer2DModel``.
        words: texts to what it hears.
        memory: texts to what it sees.
        scheduler: its noise levels, a ``FlowMatchEulerDiscreteScheduler``.
        default_sample_size: height and width of its pictures in pixels.
    """

    transformer: Any
    words: Words
    memory: Memory
    scheduler: Any
    default_sample_size: int

    def save(self, folder: str | Path, training: dict[str, object]) -> None:
        """Writes denoiser and scheduler as diffusers does, words, memory, and what is known of them.

        Args:
            folder: made when missing.
            training: how it was trained, for the record.
        """
        folder = Path(folder)
        self.transformer.save_pretrained(folder / "transformer")
        self.scheduler.save_pretrained(folder / "scheduler")
        self.words.save(folder / "text_encoder")
        self.memory.save(folder / "memory")
        about = {"size": self.default_sample_size, "training": training}
        (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n")

    @staticmethod
    def load(folder: str | Path, dtype: torch.dtype = torch.float32) -> PocketPipeline:
        """Reads what `save` wrote.

        Args:
            folder: written by `save`.
            dtype: of the denoiser.
        """
        folder = Path(folder)
        import diffusers

        flux: Any = diffusers.FluxTransformer2DModel
        euler: Any = diffusers.FlowMatchEulerDiscreteScheduler
        return PocketPipeline(
            flux.from_pretrained(
                folder / "transformer", torch_dtype=dtype, local_files_only=True, low_cpu_mem_usage=False
            ).eval(),
            Words.load(folder / "text_encoder"),
            Memory.load(folder / "memory"),
            euler.from_pretrained(folder / "scheduler", local_files_only=True),
            json.loads((folder / ABOUT).read_text())["size"],
        )

    def condition(self, texts: list[str]) -> tuple[Tensor, Tensor, Tensor]:
        """What the denoiser is told of N texts; "" is the unconditional one.

        Returns:
            Words and pooled embeddings, see `Words`, and collages, see `Memory`.
        """
        words, pooled = self.words(texts)
        return words, pooled, self.memory(pooled)

    @torch.no_grad()
    def draw(self, texts: list[str], generator: Generator, steps: int = 30, guidance: float = 3.0) -> Tensor:
        """Draws one picture of each text, by Euler's method.

        Args:
            texts: N.
            generator: of the first noise, on the denoiser's device.
            steps: evaluations of the denoiser.
            guidance: scale s of classifier-free guidance, e_u + s (e_c - e_u); 1 for none.

        Returns:
            [N, 3, H, W] in 0..1.
        """
        side, device = self.default_sample_size, generator.device
        self.words.to(device)
        self.memory.to(device)
        said = [value.to(self.transformer.dtype) for value in self.condition([*texts, *[""] * len(texts)])]
        latents = torch.randn(len(texts), 3, side, side, generator=generator, device=device)
        levels = scheduler()
        levels.set_timesteps(steps)
        for timestep in levels.timesteps:
            both = latents.repeat(2, 1, 1, 1).to(self.transformer.dtype)
            level = (timestep / levels.config["num_train_timesteps"]).to(device).expand(len(both))
            towards, away = flow(self.transformer, both, level, *said).float().chunk(2)
            latents = levels.step(away + guidance * (towards - away), timestep, latents, return_dict=False)[0]
        return (latents * 0.5 + 0.5).clamp(0.0, 1.0)
