"""Subject: what of a picture a run looks at, and how much each of its pixels counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops
from torch import Tensor

from guidance.filters import fitted
from guidance.vgg import edges
from limn.errors import InputError
from pipelines.inputs.cutout import cut_out
from pipelines.inputs.mask import read_mask
from pipelines.inputs.pictures import fit, read_picture

FADE = 0.12
"""How far from where a picture meets its frame its pixels count less, as a fraction of its shorter side."""

PAPER = 0.92
"""What is brighter than this in all colours is paper, which ends nowhere."""

OUTLINE_SIZE = 512
"""Longer side, in pixels, of the picture in which outlines are found."""

CUT = 0.1
"""Share of the frame that an object must meet to be cut by it; what meets less touches it."""


OWN = 1e-3
"""Share of a picture that is transparent where it is cut out already."""


@dataclass(frozen=True)
class Subject:
    """What of a picture a run looks at.

    Args:
        picture: mode RGBA; transparent where there is ground.
        weight: mode L, how much each pixel counts: 255, and less towards where the subject is cut by the frame.
        taken: what was taken, in one line.
    """

    picture: Image.Image
    weight: Image.Image
    taken: str

    @property
    def free(self) -> bool:
        """Whether it stands free, before a ground that is left out."""
        return self.picture.getchannel("A").getextrema() != (255, 255)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what fills a canvas, in pixels of the picture."""
        whole = (0, 0, *self.picture.size)
        return (_solid(self.picture.getchannel("A")).getbbox() or whole) if self.free else whole

    def on_canvas(self, shape: tuple[int, int], margin: float = 0.0) -> tuple[Tensor, Tensor, Tensor]:
        """Fits it into a canvas: a free one to its own outline, with a margin; a whole picture to its frame.

        Args:
            shape: height and width of the canvas in pixels.
            margin: white border around what stands free, as a fraction of the canvas's shorter side, 0..0.5.

        Returns:
            The picture over white [1, 3, height, width], how much each pixel counts and where the subject is
            [1, 1, height, width], all in 0..1.
        """
        alpha = self.picture.getchannel("A")
        margin = margin if self.free else 0.0
        # Around a picture there is white, so what counts as nothing there is inverted first.
        rgb, weight, ground = (
            fit(layer.crop(self.box), shape, margin) for layer in (self.picture, self.weight, ImageChops.invert(alpha))
        )
        return rgb, weight[:, :1], 1 - ground[:, :1]

    def outlines(self, shape: tuple[int, int], margin: float = 0.0) -> Tensor:
        """The outlines that a person would draw, where they lie on a canvas: see `guidance.vgg.edges`.

        They are found in the whole picture, as large as it takes to see faces: where a picture is faded first, or
        small, others are found.

        Args:
            shape: height and width of the canvas in pixels.
            margin: see `on_canvas`.

        Returns:
            [1, 1, height, width] in 0..1.
        """
        scale = max(1.0, OUTLINE_SIZE / max(shape))
        large, *_ = self.on_canvas((round(shape[0] * scale), round(shape[1] * scale)), margin)
        return fitted(edges(large).detach(), *shape)


def find_subject(path: str | Path, mask: str = "auto", to_frame: bool = False) -> Subject:
    """Reads a picture and finds what is to be looked at.

    Args:
        path: of the picture.
        mask: ``none`` takes all of it; ``auto`` takes what its transparency shows, else the object where one stands
            free (`cut_out`), else all of it; anything else is the path of a mask, see `read_mask`.
        to_frame: whether pixels at the frame count as much as others, as in paintings.

    Raises:
        InputError: the picture or the mask cannot be read, or show nothing.
    """
    picture = read_picture(path)
    alpha = picture.getchannel("A")
    if not _solid(alpha).getbbox():
        raise InputError(f"picture {str(path)!r}: is transparent everywhere; expected something to look at")
    own = float((np.asarray(alpha) < 128).mean()) > OWN
    if mask not in ("auto", "none"):
        given, told = read_mask(mask, picture.size)
        alpha, taken = ImageChops.multiply(alpha, given), f"what the mask shows{f' ({told})' if told else ''}"
        if not _solid(alpha).getbbox():
            raise InputError(f"mask {mask!r}: shows only what is transparent in the picture; expected the object")
    elif own:
        taken = "what is not transparent"
    elif mask == "none":
        taken = "the whole picture"
    elif (found := cut_out(_over_white(picture))) is not None:
        alpha, taken = ImageChops.multiply(alpha, Image.fromarray(found.alpha)), f"the object; {found.how}"
    else:
        taken = "the whole picture, as no object surely stands free in it; a mask can cut one out"
    picture.putalpha(alpha)
    weight, cut = (Image.new("L", picture.size, 255), 0.0) if own or to_frame else _weight(picture)
    where = "all around" if cut > 0.9 else f"along {cut:.0%} of it"
    return Subject(picture, weight, f"taken: {taken}{f'; it counts less at the frame, {where}' if cut else ''}")


def _solid(alpha: Image.Image) -> Image.Image:
    return alpha.point(lambda a: 255 * (a > 127))


def _over_white(picture: Image.Image) -> np.ndarray:
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return np.asarray(white.convert("RGB"))


def _weight(picture: Image.Image) -> tuple[Image.Image, float]:
    """How much each pixel counts, and the share of the frame that cuts something off.

    Where a picture ends is no line of what it shows: there pixels count less, towards nothing at the frame.
    """

    import cv2

    rgba = np.asarray(picture)
    met = (rgba[..., 3] > 127) & (rgba[..., :3].min(axis=-1) < 255 * PAPER)
    frame = np.zeros(met.shape, bool)
    frame[[0, -1]] = frame[:, [0, -1]] = True
    cut = float(met[frame].mean())
    if cut < CUT:
        return Image.new("L", picture.size, 255), 0.0
    away = cv2.distanceTransform((~(met & frame)).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    ramp = (away / (FADE * min(picture.size))).clip(0, 1)
    return Image.fromarray((255 * ramp**2 * (3 - 2 * ramp)).astype(np.uint8)), cut
