from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Augmentations, PixelDistance, Step
from guidance.kornia import edge_strength, in_space
from guidance.losses import Edges, pixels
from guidance.target import Target
from limn.errors import InputError
from limn.frames import Frames


@pytest.mark.parametrize(("space", "code"), [("lab", cv2.COLOR_RGB2LAB), ("luv", cv2.COLOR_RGB2LUV)])
def test_colour_spaces_are_opencvs(space: Any, code: int) -> None:
    rgb = torch.rand(1, 3, 8, 9, generator=torch.Generator().manual_seed(0))
    theirs = cv2.cvtColor(np.ascontiguousarray(rgb[0].permute(1, 2, 0).numpy()), code)
    torch.testing.assert_close(
        in_space(rgb, space)[0].permute(1, 2, 0), torch.from_numpy(theirs) / 100, atol=5e-3, rtol=0
    )


def test_pixels_are_compared_in_a_space(
    random_frames: Callable[..., Frames], random_pictures: Callable[..., Tensor]
) -> None:
    frames, target = random_frames(), random_pictures(1, 3, 72, 72, seed=5)
    found = PixelDistance(Target(target), space="lab")(frames, Step(0, 10))
    by_hand = pixels(in_space(frames.rgb[:, 0], "lab")[:, None], in_space(target, "lab"))
    torch.testing.assert_close(found, by_hand)
    assert not torch.allclose(found, PixelDistance(Target(target))(frames, Step(0, 10)))
    torch.testing.assert_close(in_space(target, "rgb"), target)


def test_edges_are_sobels(random_frames: Callable[..., Frames], random_pictures: Callable[..., Tensor]) -> None:
    frames, target = random_frames(), random_pictures(1, 3, 72, 72, seed=5)
    filters = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
    padded = F.pad(target.transpose(0, 1), [1] * 4, mode="replicate")
    slopes = [F.conv2d(padded, way[None, None]) for way in (filters, filters.T)]
    by_hand = (slopes[0].square() + slopes[1].square() + 1e-6).sqrt().transpose(0, 1)
    torch.testing.assert_close(edge_strength(target), by_hand, rtol=1e-4, atol=1e-5)
    expected = pixels(edge_strength(frames.rgb[:, 0])[:, None], by_hand)
    torch.testing.assert_close(Edges(Target(target))(frames, Step(0, 10)), expected, rtol=1e-4, atol=1e-5)
    brighter = Frames(frames.rgb + 0.2, frames.alpha)
    assert Edges(Target(frames.rgb[0]))(brighter, Step(0, 10))[0] < 1e-9


def test_without_kornia_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("guidance.kornia.import_module", without)
    target = Target(torch.rand(1, 3, 8, 8))
    for make, reader in (
        (lambda: Augmentations([{"kornia": "RandomGrayscale"}]), "augment: kornia"),
        (lambda: PixelDistance(target, space="lab"), "space: lab"),
        (lambda: Edges(target), "edges"),
    ):
        with pytest.raises(InputError, match=rf"{reader} needs the package kornia: pip install -e '.\[kornia\]'"):
            make()
    Augmentations(["perspective"])
    PixelDistance(target)
