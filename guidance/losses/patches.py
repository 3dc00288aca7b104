"""Losses that look for what is alike wherever it is: contextual, nearest patches, relaxed earth mover's distance."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.encoder import Encoded
from guidance.losses.comparison import EncodedComparison
from guidance.losses.guides import Guides, drawn, guided
from guidance.region import Region
from guidance.target import Target
from limn.frames import Frames
from limn.ranges import Number, Positive
from limn.step import Step

MostPlaces = Annotated[int, Field(ge=4, le=65536)]


def contextual(features: Tensor, target: Tensor, bandwidth: float = 0.5) -> Tensor:
    """How little of a target has its like in a picture: -log of the mean over its places of the best affinity.

    Affinities are 1 - cos between what is left when the target's mean is taken away, divided by the least of a row,
    as exp((1 - d) / bandwidth), and add up to one in each row.

    Args:
        features: at n places of B pictures [B, n, C].
        target: at m places of their targets [B, m, C].
        bandwidth: h of the paper, above 0.

    Returns:
        [B], 0 or more.

    Source: Mechrez, Talmi and Zelnik-Manor, The contextual loss, 2018, equations 2 to 5.
    """
    mean = target.mean(dim=1, keepdim=True)
    x, y = (F.normalize(each - mean, dim=-1) for each in (features, target))
    far = (1 - x @ y.mT).clamp_min(0)
    relative = far / (far.amin(dim=2, keepdim=True) + 1e-5)
    affinity = ((1 - relative) / bandwidth).softmax(dim=2)
    return -affinity.amax(dim=1).mean(dim=1).clamp_min(1e-12).log()


def nearest_patches(patches: Tensor, target: Tensor) -> Tensor:
    """How far each patch of a picture is from the patch of the target that correlates best with it.

    Args:
        patches: of B pictures [B, n, D].
        target: of their targets [B, m, D].

    Returns:
        Mean squared distance over the mean square of the target [B].

    Source: Li and Wand, Combining Markov random fields and convolutional neural networks for image synthesis, 2016.
    """
    with torch.no_grad():
        nearest = (patches @ F.normalize(target, dim=-1).mT).argmax(dim=2)
        wanted = target.gather(1, nearest[..., None].expand(-1, -1, target.shape[2]))
    size = target.square().flatten(1).mean(dim=1).clamp_min(1e-12)
    return (patches - wanted).square().flatten(1).mean(dim=1) / size


def relaxed_emd(features: Tensor, target: Tensor) -> Tensor:
    """How far places of a picture and of a target are from the nearest of each other; the greater of both means.

    It is a lower bound of the earth mover's distance with costs 1 - cos: each side alone may share a place.

    Args:
        features: at n places of B pictures [B, n, C].
        target: at m places of their targets [B, m, C].

    Returns:
        0..2 [B].

    Source: Kolkin, Salavon and Shakhnarovich, Style transfer by relaxed optimal transport and self-similarity
    (STROTSS), 2019, equation 2.
    """
    x, y = (F.normalize(each, dim=-1) for each in (features, target))
    alike = x @ y.mT
    return 1 - torch.minimum(alike.amax(dim=2).mean(dim=1), alike.amax(dim=1).mean(dim=1))


class _Anywhere(EncodedComparison[dict[str, Tensor]]):
    """A comparison of what layers have at their places, in any order.

    Args:
        encoder: looks at pictures and target.
        target: a picture, one for each view, or layers.
        layers: name of a layer of the encoder -> weight; at least one.
        places: at most so many of a layer are compared in a step, drawn anew each time; time grows with
            their square.
        region: of the canvas, whose places are compared; all of it when None. The weight of a target says which of its
            own are.

    Raises:
        InputError: no layer, or one that the encoder does not have.
    """

    def __init__(
        self,
        encoder: AugmentedEncoder,
        target: Target,
        layers: dict[str, Number],
        places: MostPlaces = 1024,
        region: Region | None = None,
    ) -> None:
        super().__init__(encoder, target)
        encoder.require(*layers)
        self.layers, self.places, self.guides = layers, places, Guides(encoder, target, region)

    def at_places(self, layer: Tensor) -> Tensor:
        """What layers [B, C, h, w] have at their places [B, n, D]: their channels, unless a subclass says otherwise."""
        return layer.flatten(2).mT

    @abstractmethod
    def far(self, pictures: Tensor, target: Tensor) -> Tensor:
        """How far [B] pictures [B, n, D] are from targets [B, m, D]."""

    def read(self, encoded: Encoded) -> dict[str, Tensor]:
        """What each layer has at its places [S, N, n, D]."""
        return {name: self._at_places(encoded.layers[name]) for name in self.layers}

    def _at_places(self, layer: Tensor) -> Tensor:
        values = self.at_places(layer.flatten(0, 1))
        return values.view(*layer.shape[:2], *values.shape[1:])

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]; each step looks at other places."""
        seen = self.encoder(frames, step), self.encoder.target(self.target, frames, step)
        draws = (step if step.training else Step(0, 1)).generator("places")
        pictures, target = (
            {name: self._some(encoded.layers[name], mask, draws) for name in self.layers}
            for encoded, mask in zip(seen, self.guides(frames, step), strict=True)
        )
        return self.distance(pictures, target)

    def _some(self, layer: Tensor, mask: Tensor | None, draws: torch.Generator) -> Tensor:
        """What a layer has at some of its places [S, N, n, D]: at any, or at those of a mask of each look."""
        values = self._at_places(layer)
        count = values.shape[2]
        if mask is not None:
            shape = (1, values.shape[1], *layer.shape[-2:])
            guide = guided(layer, mask)[:, :, 0].expand(shape)[0]
            if values.shape[2] != guide[0].numel():  # places without a whole neighbourhood are not among them
                guide = guide[:, 1:-1, 1:-1]
            chosen = drawn(guide, min(count, self.places), draws)
            return values.gather(2, chosen[None, :, :, None].expand(len(values), -1, -1, values.shape[3]))
        if count <= self.places:
            return values
        return values[:, :, torch.randperm(count, generator=draws)[: self.places].to(values.device)]

    def distance(self, pictures: dict[str, Tensor], target: dict[str, Tensor]) -> Tensor:
        """Sum over layers, mean over looks, of places [S, N, n, D] and [1 or S, K, m, D]."""
        total = []
        for name, weight in self.layers.items():
            x, y = pictures[name], target[name]
            y = y.expand(len(x), -1, -1, -1).repeat(1, x.shape[1] // y.shape[1], 1, 1)
            far = self.far(x.flatten(0, 1), y.flatten(0, 1))
            total.append(weight * far.view(x.shape[:2]).mean(dim=1))
        return torch.stack(total).sum(dim=0)


class Contextual(_Anywhere):
    """`contextual` distance of layers to the target's.

    Args:
        bandwidth: small ones want each place to have one like it alone.
    """

    def __init__(
        self,
        encoder: AugmentedEncoder,
        target: Target,
        layers: dict[str, Number],
        places: MostPlaces = 1024,
        region: Region | None = None,
        bandwidth: Positive = 0.5,
    ) -> None:
        super().__init__(encoder, target, layers, places, region)
        self.bandwidth = bandwidth

    def far(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`contextual`."""
        return contextual(pictures, target, self.bandwidth)


class Patches(_Anywhere):
    """`nearest_patches` of 3 x 3 places in layers of the target."""

    def at_places(self, layer: Tensor) -> Tensor:
        """The channels of each place and the eight around it; those of a smaller layer are repeated."""
        around = F.pad(layer, [1] * 4, mode="replicate") if min(layer.shape[-2:]) < 3 else layer
        return F.unfold(around, 3).mT

    def far(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`nearest_patches`."""
        return nearest_patches(pictures, target)


class RelaxedEmd(_Anywhere):
    """`relaxed_emd` between the places of layers and the target's: the style of STROTSS."""

    def far(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`relaxed_emd`."""
        return relaxed_emd(pictures, target)
