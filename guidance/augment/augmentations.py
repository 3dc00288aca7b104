"""Augmentations: a set of random changes, drawn once and applied alike to renders and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, get_origin

import torch
from torch import Tensor

from guidance.augment.kinds import AUGMENTATIONS, Augmentation
from guidance.augment.sampling import sample
from limn.errors import InputError, short
from limn.settings import checked
from limn.signature import arguments_of, arms_of


class Augmentations:
    """Random changes in the order in which they apply; those of the viewpoint cost one interpolation together.

    Args:
        steps: augmentations, or their configs: a name ("perspective"), a name with its first argument
            ({"crop": [0.7, 0.9]}) or with several ({"affine": {"degrees": 10, "translate": 0.05}}); one of kornia's is
            {"kornia": {"RandomPlanckianJitter": {"mode": "CIED"}}}.

    Raises:
        InputError: an unknown augmentation or a setting that it does not take.
    """

    def __init__(self, steps: Sequence[Augmentation | str | Mapping[str, Any]] = ()) -> None:
        self.steps = [step if isinstance(step, Augmentation) else _build(step) for step in steps]

    def draw(self, count: int, generator: torch.Generator) -> Draw:
        """Draws the parameters of ``count`` views."""
        return Draw(self.steps, count, generator)


class Draw:
    """The parameters of some views: applied twice, they do the same twice.

    Args:
        steps: the augmentations.
        count: number K of views.
        generator: where the random numbers come from.
    """

    def __init__(self, steps: Sequence[Augmentation], count: int, generator: torch.Generator) -> None:
        self.steps = steps
        self.count = count
        self.seed = int(torch.randint(2**53, (), generator=generator))
        self.homographies = torch.eye(3).repeat(count, 1, 1)
        self._grids: dict[tuple[int, int], Tensor] = {}
        for step in steps:
            change = step.geometry(count, generator)
            if change is not None:
                self.homographies = self.homographies @ change

    def __call__(self, pictures: Tensor, size: tuple[int, int]) -> Tensor:
        """Takes the views.

        Args:
            pictures: [P, 3, H, W] in 0..1, not much larger than ``size``, as sampling does not filter.
            size: height and width of a view in pixels.

        Returns:
            [P, K, 3, height, width], white where a view looks beyond the picture.
        """
        if size not in self._grids:  # pictures and target are looked at alike
            self._grids[size] = self.grid(size)
        views = sample(pictures, self._grids[size].to(pictures.device))
        generator = torch.Generator().manual_seed(self.seed)
        for step in self.steps:
            views = step.recolour(views, generator)
        return views

    def grid(self, size: tuple[int, int]) -> Tensor:
        """Where the pixels of each view lie in the picture [K, height, width, 2], in -1..1."""
        places = self.homographies @ _plane(*size)
        depth = places[:, 2:].clamp_min(1e-3)  # beyond the horizon: far outside the picture
        return (places[:, :2] / depth).mT.contiguous().view(-1, *size, 2)


@cache
def _plane(height: int, width: int) -> Tensor:
    """The centres of a view's pixels in -1..1, as x, y and 1 [3, height * width]."""
    y = (torch.arange(height) * 2.0 + 1.0) / height - 1.0
    x = (torch.arange(width) * 2.0 + 1.0) / width - 1.0
    return torch.stack([*torch.meshgrid(x, y, indexing="xy"), torch.ones(height, width)]).flatten(1)


def _build(config: str | Mapping[str, Any]) -> Augmentation:
    name: str
    value: Any
    if isinstance(config, str):
        name, value = config, {}
    elif len(config) == 1:
        name, value = next(iter(config.items()))
    else:
        raise InputError(f"expected one name and its setting, like {{perspective: 0.5}}, got {short(config)}")
    kind = AUGMENTATIONS.find(name)
    first = next(iter(arguments_of(kind).values()), None)
    whole = first is not None and any(get_origin(arm) is dict for arm in arms_of(first.kind))
    arguments = value if first is None or (isinstance(value, Mapping) and not whole) else {first.name: value}
    return kind(**checked(kind, arguments, name))
