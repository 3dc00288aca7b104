"""take_over: a new field becomes what the stage before made."""

from __future__ import annotations

import torch

from limn.errors import InputError
from renderers.base import Renderer
from renderers.fields.encodings.dense_grid import DenseGrid
from renderers.fields.field import Field
from renderers.fields.renderer import FieldRenderer
from renderers.fields.surface.blocks import nodes
from renderers.fields.surface.from_mesh import distances_of_mesh
from renderers.mesh.formed import form_of

SURE = 0.02
"""How far colours stay from 0 and 1, from where a sigmoid would not move."""


def take_over(new: FieldRenderer, before: Renderer) -> None:
    """Makes a new field the one before; a dense grid takes the form and the colours of any other scene that has a form.

    Args:
        new: of as many candidates as ``before``.
        before: a field of the same parts, or a scene that can be baked to meshes.

    Raises:
        InputError: it has no form, or the new field cannot take it over.
    """
    made = new.field
    if isinstance(before, FieldRenderer) and _kind(before.field) == _kind(made):
        _copy(made, before.field)
        new.origin.copy_(before.origin)
        if new.backdrop is not None and before.backdrop is not None:
            new.backdrop.load_state_dict(before.backdrop.state_dict())
    elif isinstance(made.encoding, DenseGrid) and made.encoding.direct:
        _become(made, made.encoding, before)
    else:
        raise InputError(
            f"the stage before made a {type(before).__name__}; a field takes that over as a dense_grid without features"
        )


def _kind(field: Field) -> tuple[type, ...]:
    return type(field.encoding), type(field.density), type(field.network)


def _copy(made: Field, old: Field) -> None:
    made.encoding.take_over(old.encoding)
    made.density.load_state_dict(old.density.state_dict())
    if made.network is not None and old.network is not None:
        sides = [[list(part.shape[1:]) for part in network.parameters()] for network in (old.network, made.network)]
        if sides[0] != sides[1]:
            raise InputError(
                f"network: the stage before has the layers {sides[0]}, this one {sides[1]}; expected equal"
            )
        made.network.load_state_dict(old.network.state_dict())


@torch.no_grad()
def _become(made: Field, grid: DenseGrid, before: Renderer) -> None:
    """Raw values of the distances to the form at the grid's vertices, and the colours that are nearest there."""
    side = grid.density.shape[1]
    start = made.density.start(nodes((side,) * 3).view(-1, 3)).view((side,) * 3)
    for candidate in range(before.candidates):
        distances, colours = distances_of_mesh(form_of(before, candidate), side)
        raw = made.density.of_distance(distances, grid.cell)
        grid.density[candidate] = (raw - start)[..., None]
        grid.colour[candidate] = colours.logit(eps=SURE)
