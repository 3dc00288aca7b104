"""Strokes: strokes and filled shapes whose points, widths and colours are optimised."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.curves import Curves
from limn.errors import InputError
from limn.files import make_folder, write_file
from limn.frames import Frames
from limn.png import png
from limn.step import Step
from renderers.base import ParameterGroup, Renderer
from renderers.strokes.plot import plot_of
from renderers.strokes.prefixes import drawn_lengths, prefix
from renderers.strokes.rasteriser import Backend, rasterise, straight
from renderers.strokes.scene import WHITE, Scene
from renderers.strokes.sheet import Sheet
from renderers.strokes.svg.write import svg_animated, write_svg
from renderers.strokes.tables import tables_of

GROUPS = ("points", "width", "colour", "paper")

PAPER_RATE = 0.02
"""Learning rate of the colour of the paper, in 0..1."""


class Strokes(Renderer):
    """S drawings of one topology.

    The state dict holds all tensors, optimised or not, so a checkpoint holds the whole drawing.

    Args:
        scene: where to start; its tensors are copied.
        learning_rates: Adam's step size for ``points`` (pixels; the ends of gradients included), ``width`` (pixels) and
            ``colour`` (0..1, opacity included); groups that are not named stay fixed. `lay_on` adds ``paper``.
        width_range: least and greatest stroke width in pixels, kept by ``constrain``.
        backend: see ``rasterise``.

    Raises:
        InputError: unknown name in ``learning_rates``.
    """

    points: Tensor
    widths: Tensor
    stroke_colours: Tensor
    fill_colours: Tensor
    gradient_ends: Tensor
    gradient_colours: Tensor
    candidate_ids: Tensor
    paper: Tensor
    sheet: Sheet = Sheet()

    def __init__(
        self,
        scene: Scene,
        learning_rates: Mapping[str, float],
        width_range: tuple[float, float] = (0.5, 50.0),
        backend: Backend = "warp",
    ) -> None:
        super().__init__()
        for name in learning_rates:
            if name not in GROUPS:
                near = difflib.get_close_matches(name, GROUPS, 1) or GROUPS
                raise InputError(f"learning_rates: strokes have no {name!r}, expected {' or '.join(near)}")
        self.learning_rates = dict(learning_rates)
        self.width_range = width_range
        self.backend: Backend = backend
        self._frame = replace(scene, **{name: getattr(scene, name).detach() for name in self._groups_of(scene)})
        for name, group in self._groups_of(scene).items():
            value = getattr(scene, name).detach().clone()
            if group in learning_rates:
                self.register_parameter(name, nn.Parameter(value))
            else:
                self.register_buffer(name, value)
        self.register_buffer("candidate_ids", torch.arange(scene.candidates))

    @staticmethod
    def _groups_of(scene: Scene) -> dict[str, str | None]:
        """The tensors of a scene and the group each belongs to; None if it is not drawn."""
        stroked = any(path.stroked for path in scene.topology.paths)
        filled = any(path.filled for path in scene.topology.paths)
        groups = {
            "points": "points",
            "widths": "width" if stroked else None,
            "stroke_colours": "colour" if stroked else None,
            "fill_colours": "colour" if filled else None,
            "gradient_ends": "points",
            "gradient_colours": "colour",
            "paper": "paper",
        }
        return {name: groups[name] for name in scene.tensors}

    @property
    def candidates(self) -> int:
        """S, the number of drawings."""
        return self.points.shape[0]

    def scene(self) -> Scene:
        """The drawings as they are now, connected to the parameters."""
        return replace(self._frame, **{name: getattr(self, name) for name in self._groups_of(self._frame)})

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        """Draws every candidate.

        Args:
            cameras: not used, drawings are flat.
            size: height and width in pixels; the scene's own when None.
            step: where paths are ordered, a training step decides how many of them it draws.

        Returns:
            Frames with one view; their geometry is `Curves`.
        """
        scene = self.scene()
        if self.ordered and step is not None and step.training:
            scene = prefix(scene, drawn_lengths(len(scene.topology.paths), self.candidate_ids, step))
        rgb, alpha = rasterise(scene, size, self.backend)
        cubics = tables_of(self._frame.topology, self.points.device).cubics
        return Frames(rgb[:, None], alpha[:, None], geometry=Curves(self.points, cubics))

    def parameter_groups(self) -> list[ParameterGroup]:
        """``points``, ``width`` and ``colour``, as far as a learning rate was given."""
        groups: dict[str, list[nn.Parameter]] = {}
        for name, group in self._groups_of(self._frame).items():
            if group in self.learning_rates:
                groups.setdefault(group, []).append(self.get_parameter(name))
        return [ParameterGroup(name, found, self.learning_rates[name]) for name, found in groups.items()]

    def lay_on(self, sheet: Sheet) -> None:
        """Gives the drawings their paper, before they are optimised; and says how they are written."""
        self.sheet = sheet
        self._frame = replace(self._frame, background=sheet.colour)
        if sheet.free:
            colours = self.points.new_tensor(sheet.colour or WHITE).repeat(self.candidates, 1)
            self._frame = replace(self._frame, paper=colours)
            self.learning_rates["paper"] = PAPER_RATE
            self.register_parameter("paper", nn.Parameter(colours.clone()))

    def order(self) -> bool:
        """See `Renderer.order`; the parts are the paths in the order in which they are painted."""
        self.ordered = True
        return True

    @torch.no_grad()
    def constrain(self) -> None:
        """Clamps widths to their range, colours and opacities to 0..1, where they are optimised."""
        for group in self.parameter_groups():
            for parameter in group.parameters:
                if group.name == "width":
                    parameter.clamp_(*self.width_range)
                elif group.name in ("colour", "paper"):
                    parameter.clamp_(0, 1)

    def written(self, candidate: int) -> Scene:
        """What files show of a candidate, on the CPU."""
        return self.scene().candidate(candidate)

    def artefacts(self, folder: str | Path, candidate: int = 0) -> list[Artefact]:
        """Writes ``drawing.svg``, ``drawing.png`` and ``animation.svg``, which draws itself stroke by stroke; also
        ``plot.svg`` where the sheet asks for it."""
        folder = Path(folder)
        scene = self.written(candidate)
        made = write_scene(scene, folder, "drawing", "Drawing", self.sheet.millimetres)
        animated = write_file(folder / "animation.svg", svg_animated(scene))
        made.append(Artefact(animated, "animation", "Stroke by stroke"))
        if self.sheet.plot:
            plot = write_svg(plot_of(scene), millimetres=self.sheet.millimetres)
            made.append(Artefact(write_file(folder / "plot.svg", plot), "plot", "For a plotter (SVG)"))
        return made


def write_scene(
    scene: Scene, folder: str | Path, name: str, label: str, millimetres: float | None = None
) -> list[Artefact]:
    """Writes one candidate as SVG and as PNG, which is transparent where there is neither paper nor paint.

    Args:
        scene: one candidate on the CPU.
        folder: made if missing.
        name: of the files, without ending.
        label: what readers see.
        millimetres: see `write_svg`.

    Raises:
        InputError: the disk refuses.
    """
    folder = Path(folder)
    make_folder(folder)
    svg = write_file(folder / f"{name}.svg", write_svg(scene, millimetres=millimetres))
    drawn = write_file(folder / f"{name}.png", png(straight(scene)[0]))
    return [Artefact(svg, "drawing", f"{label} (SVG)"), Artefact(drawn, "picture", f"{label} (PNG)")]
