"""Letters: text whose outlines can be bent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path as FilePath

import torch
from torch import Tensor

from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.curves import Curves
from limn.errors import InputError
from limn.frames import Frames, geometry_of
from limn.step import Step
from renderers.strokes.drawing import Strokes, write_scene
from renderers.strokes.glyphs import Glyph
from renderers.strokes.scene import Path, Scene, Subpath, Topology
from renderers.strokes.svg.pen import Chain
from renderers.strokes.tables import tables_of
from renderers.strokes.triangles import fill_triangles

Letter = list[Chain]
Cubic = tuple[complex, complex, complex, complex]

LINE_HEIGHT = 256
"""Height in pixels of the picture of a whole line."""


class Letters(Strokes):
    """Black letters that fill the canvas and are bent; the other letters of their line stay as the font has them.

    Every candidate starts as the font has it. The geometry of frames holds the points at rest and the triangles between
    them.

    Args:
        glyphs: the line.
        bent: the numbers of the glyphs that are bent.
        size: height and width of the canvas in pixels.
        points: least number of control points of a bent letter.
        margin: white border as a fraction of the canvas, 0..0.5.
        candidates: S.
        rate: Adam's step size in pixels.

    Raises:
        InputError: the letters to bend have no outline, such as spaces.
    """

    rest: Tensor
    triangles: Tensor

    def __init__(
        self,
        glyphs: Sequence[Glyph],
        bent: Collection[int],
        size: tuple[int, int],
        *,
        points: int = 100,
        margin: float = 0.15,
        candidates: int = 1,
        rate: float = 1.0,
    ) -> None:
        inked = [(number in bent, glyph.chains) for number, glyph in enumerate(glyphs) if glyph.chains]
        self._bent = [own for own, _ in inked]
        self._line = [densify(letter, points) if own else letter for own, letter in inked]
        letters = [letter for own, letter in zip(self._bent, self._line, strict=True) if own]
        if not letters:
            raise InputError(f"{''.join(glyphs[number].letter for number in bent)!r} has no outline to bend")
        self._scale, self._shift = _fitted(letters, size, margin)
        scene = _scene(letters, self._scale, self._shift, size, candidates)
        super().__init__(scene, {"points": rate})
        self.register_buffer("rest", scene.points[0].clone(), persistent=False)
        self.register_buffer("triangles", _triangles(scene), persistent=False)

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        """See `Strokes.render`; the curves know their shape at rest."""
        frames = super().render(cameras, size, step)
        curves = geometry_of(frames, Curves, "letters")
        return replace(frames, geometry=replace(curves, rest=self.rest, triangles=self.triangles))

    def line(self, candidate: int = 0) -> Scene:
        """The whole text with the bent letters in their places."""
        xs, ys = _extent(self._line)
        aspect = (max(xs) - min(xs)) / (max(ys) - min(ys))
        size = (LINE_HEIGHT, max(16, round(LINE_HEIGHT * aspect)))
        scale, shift = _fitted(self._line, size, 0.1)
        scene = _scene(self._line, scale, shift, size, 1)
        move = torch.view_as_real(torch.tensor(shift - self._shift * (scale / self._scale)))
        bent = self.points[candidate].detach().cpu() * (scale / self._scale) + move
        owned = [own for own, path in zip(self._bent, scene.topology.paths, strict=True) for _ in range(path.points)]
        points = scene.points.clone()
        points[0, torch.tensor(owned)] = bent.to(points)
        paper = self.paper[candidate : candidate + 1].detach().cpu() if self.sheet.free else None
        return replace(scene, points=points, background=self.sheet.colour, paper=paper)

    def artefacts(self, folder: str | FilePath, candidate: int = 0) -> list[Artefact]:
        """Writes ``drawing.svg`` and ``drawing.png``; ``line.svg`` and ``line.png`` where there are other letters."""
        found = super().artefacts(folder, candidate)
        return (
            found
            if all(self._bent)
            else [*found, *write_scene(self.line(candidate), folder, "line", "Whole line", self.sheet.millimetres)]
        )


def densify(letter: Letter, points: int) -> Letter:
    """A letter of the same outline with more control points: the longest cubic is halved until there are enough.

    Args:
        letter: its contours.
        points: least number of control points.

    Returns:
        New contours.

    Source: Iluz et al., Word-As-Image for Semantic Typography, 2023, section 4.1.
    """
    contours = [_cubics(chain) for chain in letter]
    while 3 * sum(map(len, contours)) < points:
        contour, place = max(
            ((contour, place) for contour in contours for place in range(len(contour))),
            key=lambda found: _length(found[0][found[1]]),
        )
        contour[place : place + 1] = _halves(contour[place])
    return [Chain([point for cubic in contour for point in cubic[:3]], closed=True) for contour in contours]


def _cubics(chain: Chain) -> list[Cubic]:
    around = [*chain.points, chain.points[0]]
    return [(around[k], around[k + 1], around[k + 2], around[k + 3]) for k in range(0, len(chain.points) - 2, 3)]


def _length(cubic: Cubic) -> float:
    """The mean of the chord and the control polygon (Gravesen 1997)."""
    a, b, c, d = cubic
    return (abs(d - a) + abs(b - a) + abs(c - b) + abs(d - c)) / 2


def _halves(cubic: Cubic) -> list[Cubic]:
    """De Casteljau's algorithm at 1/2."""
    a, b, c, d = cubic
    ab, bc, cd = (a + b) / 2, (b + c) / 2, (c + d) / 2
    abc, bcd = (ab + bc) / 2, (bc + cd) / 2
    middle = (abc + bcd) / 2
    return [(a, ab, abc, middle), (middle, bcd, cd, d)]


def _extent(letters: Sequence[Letter]) -> tuple[list[float], list[float]]:
    points = [point for letter in letters for chain in letter for point in chain.points]
    return [point.real for point in points], [point.imag for point in points]


def _fitted(letters: Sequence[Letter], size: tuple[int, int], margin: float) -> tuple[float, complex]:
    """Scale and shift that bring letters into the middle of a canvas."""
    xs, ys = _extent(letters)
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    border = margin * min(size)
    scale = min((size[1] - 2 * border) / max(width, 1e-6), (size[0] - 2 * border) / max(height, 1e-6))
    middle = complex(min(xs) + max(xs), min(ys) + max(ys)) / 2
    return scale, complex(size[1], size[0]) / 2 - scale * middle


def _scene(letters: Sequence[Letter], scale: float, shift: complex, size: tuple[int, int], candidates: int) -> Scene:
    """One black path per letter."""
    points = torch.tensor([scale * point + shift for letter in letters for chain in letter for point in chain.points])
    paths = tuple(
        Path(tuple(Subpath(len(chain.points) // 3, closed=True) for chain in letter), stroked=False, filled=True)
        for letter in letters
    )
    black = torch.tensor([0.0, 0.0, 0.0, 1.0]).repeat(candidates, len(paths), 1)
    return Scene(
        topology=Topology(paths),
        points=torch.view_as_real(points).float().repeat(candidates, 1, 1),
        widths=torch.ones(candidates, len(paths)),
        stroke_colours=black,
        fill_colours=black.clone(),
        size=size,
    )


def _triangles(scene: Scene) -> Tensor:
    """The triangles of every letter [T, 3]; none spans two letters."""
    tables = tables_of(scene.topology, scene.points.device)
    found = []
    for start, path, (_, _, first, end) in zip(
        scene.topology.path_starts, scene.topology.paths, tables.layers.tolist(), strict=True
    ):
        own = scene.points[0, start : start + path.points]
        found.append(fill_triangles(own, tables.cubics[first:end].long() - start) + start)
    return torch.cat(found)
