"""What Limn and kornia both do, side by side: processor time forward and backward to the pixels.

Run by hand: ``python benchmarks/kornia_twins.py [rounds=10]``. Both take 3 pictures of 224 pixels; augmentations give 4
looks at each, the same for all three. They take turns, and the least time of each counts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import kornia
import kornia.augmentation
import torch
from torch import Tensor

from guidance import Augmentations
from guidance.filters import blur
from guidance.losses import ssim

PICTURES, LOOKS, SIDE = 3, 4, 224

Change = Callable[[Tensor], Tensor]


def drawn(*steps: object) -> Change:
    """An augmentation as the engine draws it: pictures [P, 3, H, W] -> [P, K, 3, H, W]."""
    draw = Augmentations(list(steps)).draw(LOOKS, torch.Generator().manual_seed(0))  # type: ignore[arg-type]
    return lambda pictures: draw(pictures, (SIDE, SIDE))


def theirs(*steps: torch.nn.Module) -> Change:
    """kornia's modules on the looks of each picture, which draw alike as the seed is the same."""

    def change(pictures: Tensor) -> Tensor:
        changed = []
        for picture in pictures:
            torch.manual_seed(0)
            views = picture.expand(LOOKS, -1, -1, -1)
            for step in steps:
                views = step(views)
            changed.append(views)
        return torch.stack(changed)

    return change


def twins() -> dict[str, tuple[Change, Change]]:
    """Ours and kornia's, by what they do."""
    k = kornia.augmentation
    size = (SIDE, SIDE)
    target = torch.rand(PICTURES, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    return {
        "perspective and crop": (
            drawn({"perspective": 0.5}, {"crop": 0.8}),
            theirs(k.RandomPerspective(0.5, p=1.0), k.RandomResizedCrop(size, (0.8, 0.8), (1.0, 1.0), p=1.0)),
        ),
        "affine": (
            drawn({"affine": {"degrees": 15, "translate": 0.1}}),
            theirs(k.RandomAffine(15, (0.1, 0.1), p=1.0)),
        ),
        "colour": (drawn("colour"), theirs(k.ColorJitter(0.1, 0.1, 0.1, 0.02, p=1.0))),
        "noise": (drawn({"noise": 0.1}), theirs(k.RandomGaussianNoise(0.0, 0.1, p=1.0))),
        "blur, sigma 3": (
            lambda pictures: blur(pictures, 3.0),
            lambda pictures: kornia.filters.gaussian_blur2d(pictures, (19, 19), (3.0, 3.0)),
        ),
        "ssim": (
            lambda pictures: ssim(pictures[:, None], target[:, None]),
            lambda pictures: kornia.losses.ssim_loss(pictures, target, 11),
        ),
    }


def main() -> None:
    """Prints a line for each."""
    options = dict(word.split("=") for word in sys.argv[1:])
    pictures = torch.rand(PICTURES, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0)).requires_grad_()

    def seconds_of(change: Change) -> float:
        began = time.process_time()
        torch.autograd.grad(change(pictures).sum(), pictures)
        return time.process_time() - began

    print(f"{torch.get_num_threads()} threads; ours, kornia's in ms, and how many times as long kornia takes")
    for name, (our, their) in twins().items():
        times = [(seconds_of(our), seconds_of(their)) for _ in range(int(options.get("rounds", 10)))]
        ours, kornias = (1e3 * min(column) for column in zip(*times, strict=True))
        print(f"{name:22} {ours:7.1f} {kornias:7.1f} {kornias / ours:6.1f}")


if __name__ == "__main__":
    main()
