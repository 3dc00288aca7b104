"""ModelPrior: score distillation from models that are drawn as the cameras see them."""

from __future__ import annotations

import math
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.distillation.condition import Condition
from guidance.distillation.exemplars.choice import Choice
from guidance.distillation.exemplars.denoiser import Windows
from guidance.distillation.exemplars.exact import ExactPrior, same_choice
from guidance.distillation.exemplars.looks import Look, looking
from guidance.distillation.exemplars.models import ModelLibrary, Shows
from guidance.distillation.exemplars.tints import TINTS, tint
from guidance.prompt import embed_phrases
from guidance.views import without_view
from limn.cache import cached
from limn.cameras import orbit
from limn.errors import InputError
from limn.ranges import NonNegative, Positive

OWN = 64
"""Texts beside its captions that a library can make models of, for one prior."""

AROUND, HEIGHTS = 24, (-10.0, 12.0, 33.0, 55.0)
"""The sides that flat pictures may show: around a model, at some elevations in degrees."""

Place = tuple[int, int]
"""A tint, a number in `TINTS` from 1 or 0 for a model's own colours; and the number of a model."""


class ModelPrior(ExactPrior):
    """The exact denoiser of models: it is told the words, the cameras and what the scene has behind its things.

    The models that the words choose are drawn from where the cameras stand, as they frame them. Pictures that are
    stored from many sides would not do: what lies between them is none of them, so forms become soft, and under little
    noise the likelihood outweighs any weight of the angle, so that things become solids of revolution. Flat pictures,
    which have no camera, may show any of 96 sides.

    Args:
        library: the models.
        side: height and width at which pictures are compared, in pixels.
        best: how many models a text chooses, and all that match as well.
        shift: pictures are shifted by up to so many pixels each way; with cameras, things may then end up aside.
        patch: side in pixels, odd, of the patches by which low noise is judged; 0 for whole pictures at all levels.
        local_below: noise (sigma / alpha, in pictures of -1..1) below which patches are used.
        encoder: judges captions against a text; "" for common words alone.
        condition_scale: guidance scale of the encoder's judgement, a factor on its logits.
        look: see `ExemplarPrior`.
        shows: what the pictures of the models show: ``rgb``, or ``normal`` for losses that look at that channel.
        device: where to compute.

    Raises:
        InputError: a setting out of range.
    """

    def __init__(
        self,
        library: ModelLibrary,
        side: Annotated[int, Field(ge=4, le=256)] = 48,
        best: Annotated[int, Field(ge=1, le=1000)] = 1,
        shift: Annotated[int, Field(ge=0, le=16)] = 0,
        patch: Annotated[int, Field(ge=0, le=255)] = 0,
        local_below: NonNegative = 0.5,
        encoder: str = "pocket",
        condition_scale: Positive = 1.0,
        look: Look = "plain",
        shows: Shows = "rgb",
        device: str = "cpu",
    ) -> None:
        super().__init__(f"exemplars:{library.name}", side, shift, patch, local_below, device)
        self._library, self._look, self._shows = library, look, shows
        self._texts = list(library.captions)
        self._choice = Choice(
            library.captions,
            [],
            lambda judge: embed_phrases(library.captions, judge),
            best,
            encoder,
            condition_scale,
            self.name,
            self.device,
        )
        self._condition = cached(256)(self._make_condition)
        self._sides = cached(16)(self._make_sides)
        self._drawn: dict[tuple[Place, bytes], Tensor] = {}

    def embed(self, text: str) -> Condition:
        """See `Prior.embed`: a probability for every model, in its own colours and then in every tint."""
        return self._condition(without_view(text).strip())

    def seen_from(
        self,
        condition: Condition,
        camera_to_world: Tensor,
        world_to_clip: Tensor,
        background: Tensor | None = None,
    ) -> Condition:
        """See `Prior.seen_from`."""
        behind = {} if background is None or self._look != "plain" else {"background": background.to(self.device)}
        return (
            condition | {"cameras": torch.cat([camera_to_world.flatten(1), world_to_clip.flatten(1)], dim=1)} | behind
        )

    def predict_noise(self, noisy: Tensor, times: Tensor, condition: Condition) -> Tensor:
        """See `Prior.predict_noise`."""
        if "cameras" in condition:
            self._draw(condition)
        return super().predict_noise(noisy, times, condition)

    def chosen(self, text: str) -> list[str]:
        """The captions of the models that a text chooses, likeliest first, behind the colour of their tint."""
        weights = self.embed(text)["weights"][0]
        order = weights.argsort(descending=True)[: int((weights > 0).sum())].tolist()
        places = [self._place(number) for number in order]
        return [(f"{TINTS[tinted - 1]}: " if tinted else "") + self._texts[model] for tinted, model in places]

    @property
    def _models(self) -> int:
        return len(self._library.captions) + OWN

    def _make_condition(self, text: str) -> Condition:
        weights = torch.zeros(1 + len(TINTS), self._models)
        if text and self._library.makes(text):
            weights[0, self._number(text)] = 1.0
        else:
            colour, chances = self._choice(text)
            weights[colour, : len(chances)] = chances
        return {"weights": weights.view(1, -1).to(self.device)}

    def _number(self, text: str) -> int:
        if text not in self._texts:
            if len(self._texts) == self._models:
                raise InputError(f"prior {self.name}: more than {OWN} different texts")
            self._texts.append(text)
        return self._texts.index(text)

    def _alike(self, condition: Condition) -> Tensor:
        same = same_choice(condition["weights"])
        for name in condition.keys() & {"cameras", "background"}:
            seen = condition[name].flatten(1)
            same = same.to(seen.device) & (seen[1:] == seen[:-1]).all(dim=1)
        return same

    def _candidates(self, condition: Condition, own: slice) -> tuple[Windows, Tensor]:
        weights = condition["weights"][own]
        chosen = weights[0].nonzero().flatten()
        if "cameras" in condition:
            key = _key(condition["cameras"][own.start])
            drawn = torch.stack([self._drawn[self._place(number), key] for number in chosen.tolist()])
            pictures = self._over(drawn, condition["background"][own.start] if "background" in condition else None)
        else:
            pictures = torch.cat([self._sides(self._place(number)) for number in chosen.tolist()])
        sides = len(pictures) // len(chosen)
        return Windows(pictures, self.shift), weights[:, chosen].repeat_interleave(sides, dim=1) / sides

    def _draw(self, condition: Condition) -> None:
        """Draws what cameras see of the models that the words choose, all cameras of a model at once."""
        cameras, weights = condition["cameras"], condition["weights"]
        first = torch.cat([torch.ones(1, dtype=torch.bool), ~self._alike(condition).cpu().expand(len(cameras) - 1)])
        wanted: dict[Place, dict[bytes, Tensor]] = {}
        for row in first.nonzero().flatten().tolist():
            for number in weights[row].nonzero().flatten().tolist():
                wanted.setdefault(self._place(number), {})[_key(cameras[row])] = cameras[row]
        drawn: dict[tuple[Place, bytes], Tensor] = {}
        for place, seen in wanted.items():
            new = {key: camera for key, camera in seen.items() if (place, key) not in self._drawn}
            if new:
                both = torch.stack(list(new.values())).cpu().view(-1, 2, 4, 4)
                drawn |= zip(((place, key) for key in new), self._pictures(place, both[:, 0], both[:, 1]), strict=True)
            drawn |= {(place, key): self._drawn[place, key] for key in seen if key not in new}
        self._drawn = drawn  # other cameras come in the next step

    def _make_sides(self, place: Place) -> Tensor:
        azimuth = (torch.arange(AROUND) * (2 * math.pi / AROUND)).repeat(len(HEIGHTS))
        elevation = torch.deg2rad(torch.tensor(HEIGHTS)).repeat_interleave(AROUND)
        cameras = orbit(azimuth, elevation, 2.5, math.radians(50.0))
        return self._over(self._pictures(place, cameras.camera_to_world, cameras.world_to_clip), None)

    def _over(self, drawn: Tensor, background: Tensor | None) -> Tensor:
        """Models [N, 4, h, w] over a background [3] or [3, H, W], white when None: [N, 3, h, w] in -1..1."""
        if background is None:
            background = torch.ones(3, device=self.device)
        if background.dim() == 3:
            background = F.interpolate(background[None], drawn.shape[-2:], mode="bilinear", antialias=True)[0]
        else:
            background = background[:, None, None]
        return looking(drawn[:, :3] + (1 - drawn[:, 3:]) * background, self._look) * 2.0 - 1.0

    def _pictures(self, place: Place, camera_to_world: Tensor, world_to_clip: Tensor) -> Tensor:
        """Colour times alpha, and alpha, with a border to be shifted into [N, 4, side + 2 shift, side + 2 shift]."""
        tinted, model = place
        side = self.size[0] + 2 * self.shift
        wider = torch.tensor([self.size[0] / side, self.size[0] / side, 1.0, 1.0])[:, None]
        pictures = self._library.draw(self._texts[model], camera_to_world, wider * world_to_clip, side, self._shows)
        if tinted and self._shows == "rgb":
            # What is mixed with black has less of each colour, and keeps its hue.
            pictures = torch.cat([tint(pictures[:, :3], TINTS[tinted - 1]), pictures[:, 3:]], dim=1)
        return pictures.to(self.device)

    def _place(self, number: int) -> Place:
        return divmod(number, self._models)


def _key(camera: Tensor) -> bytes:
    return camera.cpu().numpy().tobytes()
