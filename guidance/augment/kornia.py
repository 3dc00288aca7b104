"""Any augmentation of kornia, drawn as our own are."""

from __future__ import annotations

import warnings
from types import NoneType
from typing import Any

import torch
from pydantic import JsonValue
from torch import Tensor

from guidance.augment.kinds import Augmentation
from guidance.kornia import kornia
from limn.errors import InputError, short
from limn.registry import suggestion
from limn.settings import checked
from limn.signature import arguments_of, arms_of

PROBE = (2, 3, 64, 64)
"""Shape of the pictures on which an augmentation is tried before it is taken."""


class Kornia(Augmentation):
    """An augmentation of kornia. Its class's arguments are its settings, and ``p`` decides which views change.

    Args:
        augmentation: its name, or its name and its settings: ``{RandomPlanckianJitter: {mode: CIED}}``.

    Raises:
        InputError: kornia is not installed, has no such augmentation of pictures or refuses its settings; or what it
            gives has another size or no gradient.
    """

    def __init__(self, augmentation: str | dict[str, dict[str, JsonValue]]) -> None:
        settings: dict[str, Any] = {}
        if isinstance(augmentation, str):
            self.name = augmentation
        elif len(augmentation) == 1:
            self.name, settings = next(iter(augmentation.items()))
        else:
            raise InputError("kornia: expected one augmentation, like {RandomPlanckianJitter: {mode: CIED}}")
        kind = _augmentations().get(self.name)
        if kind is None:
            raise InputError(f"kornia has no augmentation {short(self.name)}{suggestion(self.name, _augmentations())}")
        tensors = [name for name, a in arguments_of(kind).items() if {*arms_of(a.kind)} <= {Tensor, NoneType}]
        numbers = {name: torch.tensor(settings[name]) for name in tensors if _is_numbers(settings.get(name))}
        arguments = checked(kind, settings | numbers, f"kornia: {self.name}")
        if not 0 <= arguments.get("p", 1) <= 1:
            raise InputError(f"kornia: {self.name}: p: expected a number from 0 to 1, got {arguments['p']:g}")
        self._augmentation = self._made(kind, arguments)
        self._try(self._made(kind, arguments | {"p": 1.0}))

    def recolour(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Changes views [P, count, 3, h, w]; kornia draws from torch's global state, which is lent it for this."""
        seed = int(torch.randint(2**53, (), generator=generator))
        changed = []
        with torch.random.fork_rng(devices=[pictures.device] if pictures.is_cuda else []):
            for views in pictures:
                torch.default_generator.manual_seed(seed)
                if pictures.is_cuda:
                    torch.cuda.manual_seed(seed)
                changed.append(self._apply(self._augmentation, views))
        return torch.stack(changed)

    def _made(self, kind: Any, arguments: dict[str, Any]) -> Any:
        try:
            return kind(**arguments)
        except Exception as error:  # whatever kornia raises for a value that it does not like
            raise InputError(f"kornia: {self.name}: {_line(error)}") from error

    def _apply(self, augmentation: Any, views: Tensor) -> Tensor:
        try:
            changed: Tensor = augmentation(views)
        except Exception as error:
            raise InputError(f"kornia: {self.name}: {_line(error)}") from error
        return changed

    def _try(self, certain: Any) -> None:
        """Refuses what cannot be an augmentation here; it is tried where it changes every view."""
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), torch.enable_grad():
            warnings.simplefilter("ignore")
            torch.default_generator.manual_seed(0)
            views = torch.rand(PROBE).requires_grad_()
            found = self._apply(certain, views)
            if not isinstance(found, Tensor) or found.shape != views.shape:
                got = list(found.shape[2:]) if isinstance(found, Tensor) else type(found).__name__
                raise InputError(f"kornia: {self.name} makes {list(PROBE[2:])} pixels {got}; views keep their size")
            slope = torch.autograd.grad(found.sum(), views, allow_unused=True)[0] if found.requires_grad else None
            if slope is None or not slope.any():
                raise InputError(f"kornia: {self.name} has no gradient, so pictures cannot be optimised through it")


def _augmentations() -> dict[str, Any]:
    """kornia's augmentations of pictures, by name."""
    known = vars(kornia("augmentation", "augment: kornia"))
    base = known["AugmentationBase2D"]
    found = {name: kind for name, kind in known.items() if isinstance(kind, type) and issubclass(kind, base)}
    # One fetches a diffusion model from the hub.
    return {name: kind for name, kind in found.items() if "Base" not in name and name != "RandomDissolving"}


def _is_numbers(value: Any) -> bool:
    numbers = value if isinstance(value, list) and value else [value]
    return all(isinstance(number, int | float) for number in numbers)


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
