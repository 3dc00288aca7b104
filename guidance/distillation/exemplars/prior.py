"""ExemplarPrior: score distillation from a handful of pictures, without any training."""

from __future__ import annotations

import logging
import math

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.distillation.condition import Condition
from guidance.distillation.exemplars.captions import caption_match
from guidance.distillation.exemplars.denoiser import local_posterior_mean, posterior_mean
from guidance.distillation.exemplars.pictures import read_collection
from guidance.distillation.prior import Prior
from guidance.distillation.published import Published, between
from guidance.encoders import Encoder, load_encoder
from renderers.errors import InputError

logger = logging.getLogger("limn")

CAPTION_STRENGTH = 100.0
"""Natural logarithm of how much likelier a caption of the same words is than one without any of them."""

SAME = 0.999
"""Captions match a text word for word above this."""

MARGIN = 10.0
"""Pictures whose logarithmic probability lies this far below the best one's take no part."""

NEAREST = 1e-3
"""Times are kept this far from 0 and 1, where there is no noise to see or nothing else."""


class ExemplarPrior(Prior):
    """The exact denoiser of a finite set of pictures: whatever is drawn becomes one of them, or a mixture.

    Noise levels follow alpha = cos(pi t / 2), sigma = sin(pi t / 2). A text decides which pictures count, by their
    captions and by how an encoder judges each picture against the text; the likelihood of many pictures would
    outweigh any words, so only the best few take part.

    Args:
        place: of the pictures, see `read_collection`; "" for the shipped world.
        side: height and width at which pictures are compared, in pixels.
        best: how many pictures take part; without a text, all do.
        shift: pictures are shifted by up to so many pixels each way.
        scales: sizes at which each picture takes part, 1 for its own.
        patch: side in pixels, odd, of the patches by which low noise is judged; 0 for whole pictures at all levels.
        local_below: noise (sigma / alpha, in pictures of -1..1) below which patches are used.
        encoder: judges pictures against a text; "" for captions alone.
        condition_scale: guidance scale of the encoder's judgement, a factor on its logits.
        device: where to compute.

    Raises:
        InputError: pictures that cannot be read, or a setting out of range.
    """

    suits = Published(
        1.0,
        "ism",
        between(0.8, 0.1, shape="sqrt"),
        between(0.8, 0.1, shape="sqrt"),
    )

    def __init__(
        self,
        place: str = "",
        side: int = 32,
        best: int = 12,
        shift: int = 3,
        scales: tuple[float, ...] = (1.0,),
        patch: int = 0,
        local_below: float = 0.5,
        encoder: str = "pocket",
        condition_scale: float = 1.0,
        device: str = "cpu",
    ) -> None:
        if patch and patch % 2 == 0:
            raise InputError(f"exemplars: patch is {patch}; expected an odd number of pixels, or 0")
        self.name = f"exemplars:{place}" if place else "exemplars"
        self.device = torch.device(device)
        self.size = (side, side)
        self.best, self.shift, self.patch, self.local_below = best, shift, patch, local_below
        self.condition_scale = condition_scale
        self._collection = read_collection(place)
        self._encoder_name = encoder
        self._embedded: dict[str, Condition] = {}
        plain = self._collection.resized(side)
        scaled = torch.cat([_scaled(plain, scale) for scale in scales]) * 2.0 - 1.0
        self.pictures = F.pad(scaled, [shift] * 4, mode="replicate").to(self.device)
        self._copies = len(scales)
        self._judged: tuple[Encoder, Tensor] | None = None

    @property
    def captions(self) -> list[str]:
        """What the pictures show."""
        return self._collection.captions

    def encode(self, pictures: Tensor) -> Tensor:
        """See `Prior.encode`: pictures in -1..1 are the latents."""
        return pictures * 2.0 - 1.0

    def decode(self, latents: Tensor) -> Tensor:
        """See `Prior.decode`."""
        return latents * 0.5 + 0.5

    def level(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """See `Prior.level`."""
        angle = times.clamp(NEAREST, 1.0 - NEAREST).view(-1, 1, 1, 1) * (math.pi / 2.0)
        return angle.cos(), angle.sin()

    def predict_noise(self, noisy: Tensor, times: Tensor, condition: Condition) -> Tensor:
        """See `Prior.predict_noise`."""
        alpha, sigma = self.level(times)
        rows, level = noisy / alpha, (sigma / alpha).flatten()
        weights = condition["weights"]
        mean = torch.empty_like(noisy)
        # Rows that choose from the same pictures by the same rule are one matrix product.
        local = (level < self.local_below) & bool(self.patch)
        chosen = weights > 0
        patterns, which = torch.unique(torch.cat([chosen, local[:, None]], dim=1), dim=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            own, taking_part = which == number, pattern[:-1]
            arguments = rows[own], level[own], self.pictures[taking_part], weights[own][:, taking_part]
            if pattern[-1]:
                mean[own] = local_posterior_mean(*arguments, self.shift, self.patch)
            else:
                mean[own] = posterior_mean(*arguments, self.shift)
        return (noisy - alpha * mean) / sigma

    @torch.no_grad()
    def embed(self, text: str) -> Condition:
        """See `Prior.embed`: a prior probability for every picture."""
        if text not in self._embedded:
            logits = self._logits(text) if text.strip() else torch.zeros(len(self.captions))
            if text.strip():
                least = logits.topk(min(self.best, len(logits))).values.min().clamp_min(logits.max() - MARGIN)
                logits = logits.masked_fill(logits < least, -torch.inf)
            weights = logits.softmax(dim=0)
            self._embedded[text] = {"weights": weights.repeat(self._copies)[None].to(self.device)}
        return self._embedded[text]

    def chosen(self, text: str) -> list[str]:
        """The captions of the pictures that a text chooses, likeliest first."""
        weights = self.embed(text)["weights"][0, : len(self.captions)]
        order = weights.argsort(descending=True)[: int((weights > 0).sum())]
        return [self.captions[int(number)] for number in order]

    def _logits(self, text: str) -> Tensor:
        match = caption_match(text, self.captions)
        if bool((match > SAME).any()):  # the very words: nothing is left for an encoder to judge, which takes its time
            return CAPTION_STRENGTH * match
        if not self._encoder_name:
            if not bool(match.any()):
                logger.warning("exemplars: no caption has a word of %r; all pictures count alike", text)
            return CAPTION_STRENGTH * match
        encoder, pictures = self._look()
        words = F.normalize(encoder.encode_text([text]), dim=-1)
        return CAPTION_STRENGTH * match + self.condition_scale * encoder.logit_scale * (pictures @ words[0]).cpu()

    def _look(self) -> tuple[Encoder, Tensor]:
        """The encoder and its normalised embeddings of all pictures [M, D]."""
        if self._judged is None:
            encoder = load_encoder(self._encoder_name, str(self.device))
            pictures = self._collection.resized(encoder.size[0])
            batches = [encoder(batch.to(self.device)).embedding for batch in torch.split(pictures, 128)]
            self._judged = encoder, F.normalize(torch.cat(batches), dim=-1)
        return self._judged


def _scaled(pictures: Tensor, scale: float) -> Tensor:
    """Pictures [M, 3, h, h] seen larger or smaller about their middle, edges continued."""
    if scale == 1.0:
        return pictures
    grid = F.affine_grid(torch.eye(2, 3)[None] / scale, [1, *pictures.shape[1:]], align_corners=False)
    flat = pictures.flatten(0, 1)[None]
    return F.grid_sample(flat, grid, padding_mode="border", align_corners=False).view_as(pictures)
