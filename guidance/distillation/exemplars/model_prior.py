"""ModelPrior: score distillation from pictures of models whose cameras are known."""

from __future__ import annotations

import logging
from typing import Annotated, NamedTuple

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.distillation.condition import Condition
from guidance.distillation.exemplars.choice import Choice
from guidance.distillation.exemplars.denoiser import Windows
from guidance.distillation.exemplars.exact import ExactPrior, same_choice
from guidance.distillation.exemplars.looks import Look, looking
from guidance.distillation.exemplars.models import ModelLibrary, ModelViews
from guidance.distillation.exemplars.tints import TINTS, tint
from guidance.distillation.views import Sight, without_view
from guidance.prompt import embed_phrases
from limn.cache import cached
from limn.errors import InputError
from limn.ranges import NonNegative, Positive

logger = logging.getLogger("limn")

OWN = 64
"""Texts beside its captions that a library can make models of, for one prior."""

NEAR, WITHIN = 1.5, 0.2
"""Views up to so many times the smallest angle away take part, or within so many radians."""

FINER = 2
"""Pixels of a drawn view across a pixel that is compared."""

STEPS = 64
"""Framings are rounded to this fraction of a picture's side, so that their pictures can be kept."""


class Shown(NamedTuple):
    """A picture that takes part: which tint of which view of which model, and the square that is cut out of it.

    Args:
        tint: a number in `TINTS` from 1, 0 for its own colours.
        model: its number.
        view: its number.
        wide: side of the square, 1 for the whole picture.
        right: of its middle, in half sides from that of the picture.
        down: ditto.
    """

    tint: int
    model: int
    view: int
    wide: float = 1.0
    right: float = 0.0
    down: float = 0.0


class ModelPrior(ExactPrior):
    """The exact denoiser of models from many sides: it is told the words and where the camera stands.

    Of a model only the views nearest to the camera take part, each the more, the nearer it is: under little noise the
    likelihood would outweigh any soft weight of the camera, and all things became solids of revolution. Views are cut
    out as the camera frames the origin. Flat pictures, which have no camera, may be any view.

    Args:
        library: the models.
        side: height and width at which pictures are compared, in pixels.
        best: how many models a text chooses, and all that match as well.
        shift: pictures are shifted by up to so many pixels each way.
        patch: side in pixels, odd, of the patches by which low noise is judged; 0 for whole pictures at all levels.
        local_below: noise (sigma / alpha, in pictures of -1..1) below which patches are used.
        encoder: judges captions against a text; "" for common words alone.
        condition_scale: guidance scale of the encoder's judgement, a factor on its logits.
        look: see `ExemplarPrior`.
        device: where to compute.

    Raises:
        InputError: a setting out of range.
    """

    def __init__(
        self,
        library: ModelLibrary,
        side: Annotated[int, Field(ge=4, le=256)] = 32,
        best: Annotated[int, Field(ge=1, le=1000)] = 1,
        shift: Annotated[int, Field(ge=0, le=16)] = 1,
        patch: Annotated[int, Field(ge=0, le=255)] = 0,
        local_below: NonNegative = 0.5,
        encoder: str = "pocket",
        condition_scale: Positive = 1.0,
        look: Look = "plain",
        device: str = "cpu",
    ) -> None:
        super().__init__(f"exemplars:{library.name}", side, shift, patch, local_below, device)
        self._library, self._look = library, look
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
        self._picture = cached(4096)(self._make_picture)
        self._windows = cached(16)(self._make_windows)

    def embed(self, text: str) -> Condition:
        """See `Prior.embed`: a probability for every model, in its own colours and then in every tint."""
        return self._condition(without_view(text).strip())

    def seen_from(self, condition: Condition, sight: Sight) -> Condition:
        """See `Prior.seen_from`."""
        return condition | {"sight": torch.stack(sight, dim=1)}

    def chosen(self, text: str) -> list[str]:
        """The captions of the models that a text chooses, likeliest first, behind the colour of their tint."""
        weights = self.embed(text)["weights"][0]
        order = weights.argsort(descending=True)[: int((weights > 0).sum())].tolist()
        places = [divmod(place, self._models) for place in order]
        return [(f"{TINTS[colour - 1]}: " if colour else "") + self._texts[model] for colour, model in places]

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
        sight = condition.get("sight")
        return same if sight is None else same.to(sight.device) & (sight[1:] == sight[:-1]).all(dim=1)

    def _candidates(self, condition: Condition, own: slice) -> tuple[Windows, Tensor]:
        weights = condition["weights"][own]
        chosen = weights[0].nonzero().flatten()
        sight = None if "sight" not in condition else Sight(*condition["sight"][own.start].cpu().double())
        shown, shares = [], []
        for place in chosen.tolist():
            colour, model = divmod(place, self._models)
            views = self._views(model)
            share, framing = nearest(views, sight)
            found = share.nonzero().flatten().tolist()
            shown += [Shown(colour, model, view, *framing) for view in found]
            shares.append(share[found])
        counts = torch.tensor([len(share) for share in shares], device=weights.device)
        of_views = torch.cat(shares).to(weights)
        return self._windows(tuple(shown)), weights[:, chosen].repeat_interleave(counts, dim=1) * of_views

    def _views(self, model: int) -> ModelViews:
        return self._library.views(self._texts[model], FINER * self.size[0])

    def _make_windows(self, shown: tuple[Shown, ...]) -> Windows:
        return Windows(torch.stack([self._picture(each) for each in shown]).to(self.device), self.shift)

    def _make_picture(self, shown: Shown) -> Tensor:
        """A picture in -1..1, with a border to be shifted into [3, side + 2 shift, side + 2 shift]."""
        whole = self._views(shown.model).pictures[shown.view][None].float() / 255.0
        picture = cut(whole, shown, self.size[0] + 2 * self.shift, self.size[0])
        if shown.tint:
            picture = tint(picture, TINTS[shown.tint - 1])
        return looking(picture, self._look)[0] * 2.0 - 1.0


def nearest(views: ModelViews, sight: Sight | None) -> tuple[Tensor, tuple[float, float, float]]:
    """Which views take part, and how they are framed.

    Args:
        views: V of them.
        sight: of one camera, numbers; None for flat pictures.

    Returns:
        The share of each view [V], 0 for those that take no part; and ``wide``, ``right`` and ``down`` of `Shown`.
    """
    if sight is None:
        return torch.full((len(views.azimuth),), 1.0 / len(views.azimuth)), (1.0, 0.0, 0.0)
    apart = angles(views.azimuth.double(), views.elevation.double(), sight.azimuth, sight.elevation)
    limit = (NEAR * apart.min()).clamp_min(WITHIN)
    share = (limit - apart).clamp_min(0.0)
    wide = views.size / float(sight.size)
    framing = (wide, -float(sight.right) * wide, float(sight.up) * wide)
    rounded = [round(value * STEPS) / STEPS for value in framing]
    return (share / share.sum()).float(), (max(rounded[0], 1.0 / STEPS), rounded[1], rounded[2])


def angles(azimuth: Tensor, elevation: Tensor, other_azimuth: Tensor, other_elevation: Tensor) -> Tensor:
    """Angles in radians between directions that are given by azimuth and elevation, in radians (haversine formula)."""
    up = ((elevation - other_elevation) / 2).sin().square()
    across = ((azimuth - other_azimuth) / 2).sin().square() * elevation.cos() * other_elevation.cos()
    return 2 * (up + across).clamp(0, 1).sqrt().asin()


def cut(pictures: Tensor, shown: Shown, side: int, inner: int) -> Tensor:
    """A square out of pictures, at another size; edges are continued.

    Args:
        pictures: [N, 3, h, h].
        shown: says which square.
        side: of the result in pixels.
        inner: pixels that the square itself takes of it; around it there is a border.

    Returns:
        [N, 3, side, side].
    """
    wide = shown.wide * side / inner
    matrix = torch.tensor([[[wide, 0.0, shown.right], [0.0, wide, shown.down]]]).expand(len(pictures), -1, -1)
    grid = F.affine_grid(matrix, [len(pictures), 3, FINER * side, FINER * side], align_corners=False)
    fine = F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    return F.avg_pool2d(fine, FINER)
