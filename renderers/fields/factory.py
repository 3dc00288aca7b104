"""field: a field to start from, by what a config names."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field as Setting

from limn.components import Component, OneOf, plain
from limn.errors import InputError
from limn.ranges import Fraction
from renderers.fields.background import LearnedBackground
from renderers.fields.densities.density import DENSITIES
from renderers.fields.encodings.encoding import ENCODINGS, Encoding
from renderers.fields.field import Field
from renderers.fields.network import NETWORKS
from renderers.fields.occupancy import OccupancyGrid
from renderers.fields.renderer import FieldRenderer, Marching
from renderers.fields.take_over import take_over
from renderers.registry import Canvas

ENCODING = OneOf(ENCODINGS, ("candidates", "generator"))
DENSITY = OneOf(DENSITIES, ("candidates",))
NETWORK = OneOf(NETWORKS, ("candidates", "features", "generator"))


def field(
    canvas: Canvas,
    encoding: Annotated[Component, OneOf(ENCODINGS, ("candidates", "generator"))] = "dense_grid",  # type: ignore[assignment]  # read as if a config had it
    density: Annotated[Component, OneOf(DENSITIES, ("candidates",))] = "softplus",  # type: ignore[assignment]
    network: Annotated[Component, OneOf(NETWORKS, ("candidates", "features", "generator"))] | None = None,
    samples: Annotated[int, Setting(ge=8, le=4096)] = 128,
    occupancy: Annotated[int, Setting(ge=0, le=256)] = 32,
    backdrop: bool = False,
    opening: Fraction = 0.0,
    normals: bool = False,
    resolution: Annotated[int, Setting(ge=8, le=1024)] = 96,
    texture_size: Annotated[int, Setting(ge=16, le=8192)] = 1024,
    track: Annotated[float, Setting(ge=0, lt=1)] = 0.0,
) -> FieldRenderer:
    """A field of density and colour in a box, seen by marching along rays.

    Args:
        canvas: what to start from; see `take_over`.
        encoding: what the field is made of.
        density: how its raw value becomes opacity: of a radiance field, or of a signed distance.
        network: behind an encoding that is not direct.
        samples: along the diagonal of the box.
        occupancy: cells along each side of the grid that knows where nothing is; 0 looks everywhere.
        backdrop: whether what is behind is learned, in place of the backgrounds of the views; films show it, too.
        opening: the fraction of the run at which the finest level of the encoding opens; 0 opens all at once.
        normals: whether each step computes normals, for losses that read them; light needs them anyway.
        resolution: samples along each side of the box from which the model in the results gets its surface.
        texture_size: side in texels of that model's texture.
        track: how much of the point that views look around stays in a step, the rest moves to the middle of what is
            seen, which is the origin of the model in the results; 0.999 in Dream Fields, 0 keeps the middle of the box.

    Raises:
        InputError: an encoding that needs a network has none, or does not fit the field before.
    """
    settings = {name: plain(value) for name, value in locals().items() if name != "canvas"}
    count, generator = canvas.candidates, canvas.generator
    encoded: Encoding = ENCODING.read(encoding).make(candidates=count, generator=generator)
    if network is None and not encoded.direct:
        raise InputError(f"encoding {ENCODING.read(encoding).name} needs a network: network: mlp")
    behind = None if network is None else NETWORK.read(network)
    marching = Marching(
        samples, normals=normals, opening=opening, texture_size=texture_size, resolution=resolution, track=track
    )
    made = Field(
        encoded,
        DENSITY.read(density).make(candidates=count),
        None if behind is None else behind.make(candidates=count, features=encoded.features, generator=generator),
    )
    renderer = FieldRenderer(
        made,
        count,
        marching,
        OccupancyGrid(count, occupancy, marching.step) if occupancy else None,
        LearnedBackground(count, generator) if backdrop else None,
        lights=canvas.lights,
        shading=canvas.shading,
        size=canvas.size,
        settings=settings,
        again=lambda draws: field(replace(canvas, candidates=1, generator=draws, before=None), **settings),
    )
    if canvas.before is not None:
        take_over(renderer, canvas.before)
    return renderer
