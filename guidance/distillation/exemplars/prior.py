"""ExemplarPrior: score distillation from a few pictures, without training."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.distillation.condition import Condition
from guidance.distillation.exemplars.choice import Choice
from guidance.distillation.exemplars.denoiser import Windows
from guidance.distillation.exemplars.embeddings import embeddings
from guidance.distillation.exemplars.exact import ExactPrior, same_choice
from guidance.distillation.exemplars.looks import Look, looking
from guidance.distillation.exemplars.pictures import read_collection
from guidance.distillation.exemplars.tints import TINTS, tint
from limn.cache import cached
from limn.ranges import NonNegative, Positive

Zoom = Annotated[float, Field(ge=0.05, le=20)]


class ExemplarPrior(ExactPrior):
    """The exact denoiser of a collection of pictures.

    A text decides which pictures count, see `Choice`; the likelihood of many pictures would outweigh any words, so only
    the best few take part.

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
        super().__init__(f"exemplars:{place}" if place else "exemplars", side, shift, patch, local_below, device)
        self.scales = scales
        self._look: Look = look
        self._collection = read_collection(place)
        self._choice = Choice(
            self._collection.captions,
            self._collection.keywords,
            lambda judge: embeddings(judge, self._collection),
            best,
            encoder,
            condition_scale,
            self.name,
            self.device,
        )
        self._condition = cached(256)(self._make_condition)
        self._windows = cached(16)(self._make_windows)

    @property
    def captions(self) -> list[str]:
        """What the pictures show."""
        return self._choice.captions

    def _alike(self, condition: Condition) -> Tensor:
        return same_choice(condition["weights"])

    def _candidates(self, condition: Condition, own: slice) -> tuple[Windows, Tensor]:
        weights = condition["weights"][own]
        chosen = weights[0].nonzero().flatten()
        return self._windows(chosen.cpu().numpy().tobytes()), weights[:, chosen]

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
