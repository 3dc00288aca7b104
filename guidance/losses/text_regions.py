"""Words for regions of a picture, all of them in one pass of the encoder."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.towers import DENSE
from guidance.loss import Loss
from guidance.losses.text import stopped
from guidance.prompt import Prompt
from guidance.region import RegionPrompt
from limn.errors import InputError
from limn.frames import Frames
from limn.step import Step


def text_regions(places: Tensor, text: Tensor, weights: Tensor, masks: Tensor, stops: Tensor | None = None) -> Tensor:
    """How far the places of each region are from its phrases: mean over regions of the mean over their places of the
    weighted sum over phrases of 1 - cos.

    Args:
        places: embeddings of places of S candidates in N looks [S, N, D, h, w], of any length.
        text: of P phrases [P, D], of any length.
        weights: of the phrases in R regions [R, P]; 0 where a phrase belongs to another one.
        masks: how much of each place lies in a region, in 0..1 [K, R, h, w]; N is a multiple of K.
        stops: of the phrases [P], see `text_similarity`.

    Returns:
        [S].

    Source: dense similarity as in MaskCLIP (Zhou et al. 2022).
    """
    cosine = torch.einsum("sndhw,pd->snhwp", F.normalize(places, dim=2), F.normalize(text, dim=-1))
    far = torch.einsum("rp,snhwp->snrhw", weights, stopped(1.0 - cosine, weights.sum(dim=0), stops))
    inside = masks.repeat(places.shape[1] // len(masks), 1, 1, 1)
    return ((far * inside).sum(dim=(1, 3, 4)) / inside.sum(dim=(0, 2, 3)).clamp_min(1e-6)).mean(dim=1)


class TextRegions(Loss):
    """`text_regions`: each region of the canvas has its own words.

    Args:
        encoder: looks at the whole picture; a ViT or ResNet of open_clip, see `DENSE`. Where its places are large, as
            those of pocket, `encoder_size` makes them smaller.
        regions: where, and what should be there.

    Raises:
        InputError: no region, or an encoder that knows no words for places.
    """

    text: Tensor
    weights: Tensor
    stops: Tensor | None

    def __init__(self, encoder: AugmentedEncoder, regions: list[RegionPrompt]) -> None:
        super().__init__()
        if not regions:
            raise InputError("regions is empty; expected one at least, like {region: [0, 0, 0.5, 1], prompt: a cat}")
        encoder.require(DENSE)
        self.encoder, self.regions = encoder, [one.region for one in regions]
        prompts = [one.prompt for one in regions]
        text = torch.cat([prompt.embed(encoder.encoder) for prompt in prompts])
        self.register_buffer("text", text, persistent=False)
        weights = torch.zeros(len(prompts), len(text))
        first = 0
        for row, prompt in zip(weights, prompts, strict=True):
            row[first : first + len(prompt.phrases)] = prompt.weights
            first += len(prompt.phrases)
        self.register_buffer("weights", weights.to(text), persistent=False)
        stops = Prompt(tuple(phrase for prompt in prompts for phrase in prompt.phrases)).stops
        self.register_buffer("stops", stops, persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        places = self.encoder(frames, step).layers[DENSE]
        canvas = torch.cat([region.guide(*frames.rgb.shape[-2:]) for region in self.regions]).to(places.device)
        masks = F.adaptive_avg_pool2d(self.encoder.guides(canvas, step), (places.shape[-2], places.shape[-1]))
        return text_regions(places, self.text, self.weights, masks, self.stops)
