"""Noise levels of learned models: tables of alphas, and flow matching."""

from __future__ import annotations

import math
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

Predicts = Literal["epsilon", "v_prediction", "sample", "flow"]


class Levels(Protocol):
    """How a model's times are noise levels, and what it predicts.

    Attributes:
        predicts: the noise, v = alpha e - sigma z, the clean latents, or flow matching's e - z.
    """

    predicts: Predicts

    def level(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """The alpha and sigma [N, 1, 1, 1] at times [N] in 0..1."""

    def timesteps(self, times: Tensor) -> Tensor:
        """What the model calls times [N] in 0..1."""


class TableLevels:
    """Levels that keep the variance, looked up in a table: z_t = sqrt(a) z + sqrt(1 - a) e.

    Args:
        alphas: cumulative products a, from clean to noisy [T].
        predicts: what the model predicts.
    """

    def __init__(self, alphas: Tensor, predicts: Predicts) -> None:
        self.alphas, self.predicts = alphas, predicts

    def timesteps(self, times: Tensor) -> Tensor:
        """See `Levels`: rows of the table."""
        return (times.clamp(0.0, 1.0) * (len(self.alphas) - 1)).round().long()

    def level(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """See `Levels`."""
        a = self.alphas[self.timesteps(times)].view(-1, 1, 1, 1)
        return a.sqrt(), (1.0 - a).sqrt()


class FlowLevels:
    """Flow matching, z_t = (1 - s) z + s e, with s = m t / (1 + (m - 1) t).

    Args:
        shift: m, with which a model moves times towards noise; 1 for none.
        count: what the model calls the noisiest time.

    Source: Esser et al., Scaling Rectified Flow Transformers, 2024, section 5.3.2.
    """

    predicts: Predicts = "flow"

    def __init__(self, shift: float, count: float) -> None:
        self.shift, self.count = shift, count

    def level(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """See `Levels`."""
        sigma = (self.shift * times / (1.0 + (self.shift - 1.0) * times)).view(-1, 1, 1, 1)
        return 1.0 - sigma, sigma

    def timesteps(self, times: Tensor) -> Tensor:
        """See `Levels`."""
        return self.level(times)[1].flatten() * self.count


def levels_of(scheduler: Any, tokens: int, device: torch.device) -> Levels:
    """The noise levels that a pipeline's scheduler describes.

    Args:
        scheduler: of diffusers.
        tokens: length of a picture's sequence, by which some models shift times.
        device: of the table.
    """
    import diffusers

    config = scheduler.config
    if "FlowMatch" in type(scheduler).__name__ or config.get("prediction_type") == "flow_prediction":
        shift = float(config.get("shift") or config.get("flow_shift") or 1.0)
        if config.get("use_dynamic_shifting"):
            span = config["max_image_seq_len"] - config["base_image_seq_len"]
            slope = (config["max_shift"] - config["base_shift"]) / span
            shift = math.exp(config["base_shift"] + slope * (tokens - config["base_image_seq_len"]))
        return FlowLevels(shift, float(config["num_train_timesteps"]))
    table: Any = diffusers.DDPMScheduler.from_config(config)  # type: ignore[no-untyped-call]
    return TableLevels(table.alphas_cumprod.to(device, torch.float32), table.config["prediction_type"])
