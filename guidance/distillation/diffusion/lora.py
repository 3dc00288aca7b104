"""LoraCritic: a low-rank adapter that turns a learned prior into a critic, without a copy of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guidance.distillation.condition import Condition
from guidance.distillation.critic import Critic
from guidance.distillation.prior import Prior

ADAPTED = ("to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out")
"""Linear layers that get an adapter: those of attention."""

TIME = ("time_embedding", "time_text_embed", "adaln_single.emb")
"""Where models of the various families embed the time; the camera is added to what comes out."""

CAMERA_DROPPED = 0.1
"""Share of learning steps in which a picture's camera is left out."""

BETAS, DECAY, EPSILON = (0.9, 0.999), 0.01, 1e-8


class LoraCritic(Critic):
    """The prior with low-rank additions, which learns the noise of what is being optimised.

    The additions act only while the critic predicts; the prior itself stays as it is. The state, the optimiser's
    included, is in ``state_dict``.

    Args:
        prior: what is adapted.
        model: its network.
        rank: of the additions.
        rate: AdamW's learning rate.

    Source: Wang et al., ProlificDreamer, 2023; Hu et al., LoRA, 2021.
    """

    count: Tensor

    def __init__(self, prior: Prior, model: nn.Module, rank: int, rate: float) -> None:
        super().__init__()
        self._prior = (prior,)  # in a tuple, as its weights are no part of this module
        self._rate = rate
        self._active = False
        self._cameras: Tensor | None = None
        generator = torch.Generator().manual_seed(0)
        down, up = [], []
        for name, layer in model.named_modules():
            if isinstance(layer, nn.Linear) and name.endswith(ADAPTED):
                down.append(torch.randn(rank, layer.in_features, generator=generator) / rank)
                up.append(torch.zeros(layer.out_features, rank))
                layer.register_forward_hook(self._adapt(len(down) - 1))
        time = next(layer for name, layer in model.named_modules() if name in TIME)
        time.register_forward_hook(self._add_camera)
        width: int = getattr(time, "timestep_embedder", time).linear_2.out_features
        self.down, self.up = (nn.ParameterList(tensors) for tensors in (down, up))
        self.camera = nn.Sequential(nn.Linear(16, width), nn.SiLU(), nn.Linear(width, width))
        with torch.no_grad():
            for parameter in self.camera.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * parameter.shape[-1] ** -0.5)
            for parameter in self.camera[2].parameters():  # at first the camera changes nothing
                parameter.zero_()
        for number, parameter in enumerate(list(self.parameters())):
            self.register_buffer(f"mean_{number}", torch.zeros_like(parameter))
            self.register_buffer(f"square_{number}", torch.zeros_like(parameter))
        self.register_buffer("count", torch.zeros(()))
        self.to(prior.device)

    def forward(
        self, noisy: Tensor, times: Tensor, condition: Condition, latents: Tensor, cameras: Tensor | None
    ) -> Tensor:
        """See `Critic.forward`."""
        with self._adapted(cameras):
            return self._prior[0].predict_noise(noisy, times, condition)

    def learn(self, latents: Tensor, condition: Condition, cameras: Tensor | None, generator: torch.Generator) -> None:
        """See `Critic.learn`: the noise of z_t at uniform times, by least squares."""
        fine = latents.flatten(1).isfinite().all(dim=1)
        times = torch.rand(len(latents), generator=generator).to(latents)
        noise = torch.randn(latents.shape, generator=generator).to(latents)
        if cameras is not None:
            kept = torch.rand(len(cameras), 1, generator=generator) >= CAMERA_DROPPED
            cameras = cameras.to(latents) * kept.to(latents)
        safe = torch.where(fine.view(-1, 1, 1, 1), latents, torch.zeros_like(latents))
        noisy = self._prior[0].add_noise(safe, noise, times)
        error = (self(noisy, times, condition, safe, cameras) - noise).square().flatten(1).mean(dim=1)
        loss = (error * fine).sum() / fine.sum().clamp_min(1)
        parameters = list(self.parameters())
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
        if all(bool(gradient.isfinite().all()) for gradient in gradients):
            self._step(parameters, gradients)

    @torch.no_grad()
    def _step(self, parameters: list[nn.Parameter], gradients: tuple[Tensor, ...]) -> None:
        """AdamW, with its state in buffers so that it is saved with the weights."""
        self.count += 1
        first, second = (1.0 - beta**self.count for beta in BETAS)
        for number, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
            mean, square = self.get_buffer(f"mean_{number}"), self.get_buffer(f"square_{number}")
            mean.lerp_(gradient, 1.0 - BETAS[0])
            square.lerp_(gradient.square(), 1.0 - BETAS[1])
            parameter.mul_(1.0 - self._rate * DECAY)
            parameter.sub_(self._rate * (mean / first) / ((square / second).sqrt() + EPSILON))

    @contextmanager
    def _adapted(self, cameras: Tensor | None) -> Iterator[None]:
        self._active, self._cameras = True, cameras
        try:
            yield
        finally:
            self._active, self._cameras = False, None

    def _adapt(self, number: int) -> Any:
        def hook(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
            if not self._active:
                return None
            added = F.linear(F.linear(inputs[0].float(), self.down[number]), self.up[number])
            return output + added.to(output.dtype)

        return hook

    def _add_camera(self, layer: nn.Module, inputs: Any, output: Tensor) -> Tensor | None:
        if not self._active or self._cameras is None:
            return None
        embedded: Tensor = self.camera(self._cameras.float())
        return output + embedded.to(output.dtype)
