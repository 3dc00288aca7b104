"""ExemplarPrior: score distillation from a few pictures, without training."""

from __future__ import annotations

import math
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.distillation.condition import Condition
from guidance.distillation.exemplars.choice import Choice
from guidance.distillation.exemplars.denoiser import Windows, local_posterior_mean, posterior_mean
from guidance.distillation.exemplars.looks import Look, looking
from guidance.distillation.exemplars.pictures import read_collection
from guidance.distillation.exemplars.tints import TINTS, tint
from guidance.distillation.paper_defaults import PaperDefaults, between
from guidance.distillation.prior import Prior
from limn.cache import cached
from limn.errors import InputError
from limn.ranges import NonNegative, Positive

NEAREST = 1e-3
"""Times keep this distance from 0 (no noise) and 1 (only noise)."""

Zoom = Annotated[float, Field(ge=0.05, le=20)]


class ExemplarPrior(Prior):
    """The exact denoiser of a set of pictures: what is drawn becomes one of them, or a mixture.

    Noise levels follow alpha = cos(pi t / 2), sigma = sin(pi t / 2). A text decides which pictures count, see `Choice`;
    the likelihood of many pictures would outweigh any words, so only the best few take part.

    Args:
        place: of the pictures, see `read_collection`; "" for the shipped world.
        side: height and width at which pictures are compared, in pixels.
        best: how many pictures a text chooses; without a text, all take part.
        shift: pictures are shifted by up to so many pixels each way.
        scales: sizes at which each picture takes part, 1 for its own.
        patch: side in pixels, odd, of the patches by which low noise is judged; 0 for whole pictures at all levels.
        local_below: noise (sigma / alpha, in pictures of -1..1) below which patches are used.
        encoder: judges pictures against a text; "" for captions alone.
        condition_scale: guidance scale of the encoder's judgement, a factor on its logits.
        look: ``plain``, ``silhouette`` (all that is not white is black: for drawings in black such as letters) or
            ``texture`` (colours run on over the white around things: for surfaces whose form is not the picture's).
        device: where to compute.

    Raises:
        InputError: pictures that cannot be read, or a setting out of range.
    """

    recommended = PaperDefaults(
        1.0,
        "ism",
        between(0.8, 0.1, shape="sqrt"),
        between(0.8, 0.1, shape="sqrt"),
        samples=16,  # its passes are cheap
    )
    conditional_error_ranks = True

    def __init__(
        self,
        place: str = "",
        side: Annotated[int, Field(ge=4, le=256)] = 32,
        best: Annotated[int, Field(ge=1, le=1000)] = 12,
        shift: Annotated[int, Field(ge=0, le=16)] = 3,
        scales: Annotated[tuple[Zoom, ...], Field(min_length=1, max_length=16)] = (1.0,),
        patch: Annotated[int, Field(ge=0, le=255)] = 0,
        local_below: NonNegative = 0.5,
        encoder: str = "pocket",
        condition_scale: Positive = 1.0,
        look: Look = "plain",
        device: str = "cpu",
    ) -> None:
        if patch and (patch % 2 == 0 or patch > side):
            raise InputError(f"exemplars: patch is {patch}; expected an odd number of pixels up to {side}, or 0")
        self.name = f"exemplars:{place}" if place else "exemplars"
        self.device = torch.device(device)
        self.size = (side, side)
        self.shift, self.scales, self.patch, self.local_below = shift, scales, patch, local_below
        self._look: Look = look
        self._collection = read_collection(place)
        self._choice = Choice(self._collection, best, encoder, condition_scale, self.name, self.device)
        self._condition = cached(256)(self._make_condition)
        self._windows = cached(16)(self._make_windows)

    @property
    def captions(self) -> list[str]:
        """What the pictures show."""
        return self._choice.captions

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
        local = (level < self.local_below) & bool(self.patch)
        mean = torch.empty_like(noisy)
        # Neighbours that choose from the same pictures by the same rule are one matrix product.
        same = local[1:] == local[:-1]
        if weights.stride(0) != 0:  # else all rows are one, repeated
            same &= ((weights[1:] > 0) == (weights[:-1] > 0)).all(dim=1)
        start = 0
        for end in [*((~same).nonzero().flatten() + 1).tolist(), len(rows)]:
            own = slice(start, end)
            chosen = weights[start].nonzero().flatten()
            arguments = rows[own], level[own], self._shifted(chosen), weights[own][:, chosen]
            if local[start]:
                mean[own] = local_posterior_mean(*arguments, self.shift, self.patch)
            else:
                mean[own] = posterior_mean(*arguments)
            start = end
        return (noisy - alpha * mean) / sigma

    def _shifted(self, chosen: Tensor) -> Windows:
        """Pictures by their places in a condition, at all shifts."""
        return self._windows(chosen.cpu().numpy().tobytes())

    def _make_windows(self, chosen: bytes) -> Windows:
        return Windows(self._pictures(torch.frombuffer(bytearray(chosen), dtype=torch.long)), self.shift)

    def _pictures(self, chosen: Tensor) -> Tensor:
        """Pictures by their places in a condition, in -1..1 and with a border to be shifted into."""
        places = torch.stack(torch.unravel_index(chosen, self._shape), dim=1).tolist()
        plain = self._collection.resized(self.size[0], [number for _, _, number in places])
        for row, (colour, scale, _) in enumerate(places):
            if colour:
                plain[row] = tint(plain[row : row + 1], TINTS[colour - 1])[0]
            if self.scales[scale] != 1.0:
                plain[row] = _scaled(plain[row : row + 1], self.scales[scale])[0]
        plain = looking(plain, self._look)
        return F.pad(plain * 2.0 - 1.0, [self.shift] * 4, mode="replicate").to(self.device)

    @property
    def _shape(self) -> tuple[int, int, int]:
        """What the places in a condition stand for: the pictures' own colours and tints, scales, pictures."""
        return 1 + len(TINTS), len(self.scales), len(self.captions)

    def embed(self, text: str) -> Condition:
        """See `Prior.embed`: a prior probability for every picture, in its own colours and then in every tint."""
        return self._condition(text)

    @torch.no_grad()
    def _make_condition(self, text: str) -> Condition:
        colour, chances = self._choice(text)
        weights = torch.zeros(self._shape)
        weights[colour] = chances / len(self.scales)
        return {"weights": weights.view(1, -1).to(self.device)}

    def exemplars(self, text: str) -> Tensor:
        """The pictures that a text chooses, with their borders [B, 3, side + 2 shift, side + 2 shift] in -1..1."""
        return self._pictures(self.embed(text)["weights"][0].nonzero().flatten().cpu())

    def chosen(self, text: str) -> list[str]:
        """The captions of the pictures that a text chooses, likeliest first, behind the colour of their tint."""
        colour, chances = self._choice(text)
        tinted = f"{TINTS[colour - 1]}: " if colour else ""
        return [
            tinted + self.captions[n] for n in chances.argsort(descending=True)[: int((chances > 0).sum())].tolist()
        ]


def _scaled(pictures: Tensor, scale: float) -> Tensor:
    """Pictures [M, 3, h, h] seen larger or smaller about their middle, edges continued."""
    grid = F.affine_grid(torch.eye(2, 3)[None] / scale, [1, *pictures.shape[1:]], align_corners=False)
    flat = pictures.flatten(0, 1)[None]
    return F.grid_sample(flat, grid, padding_mode="border", align_corners=False).view_as(pictures)
