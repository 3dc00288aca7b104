"""Models: what each part is worth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from guidance.attribution.parts import Game
from limn.files import write_file
from pipelines.evaluate.looks import drawn, framed, held_out
from pipelines.explain.colours import colours_of
from pipelines.explain.figure import Figure, Picture
from pipelines.explain.score import Score
from pipelines.explain.worth import words_of_worth, worth_of, write_tables
from pipelines.loop.contact_sheets import png, tiled, to_bytes
from pipelines.task.models import read_model
from renderers.mesh.export import write_glb
from renderers.mesh.mesh import Mesh
from renderers.mesh.normals import least_in_component

VIEWS = 4
"""From which a model is judged."""

PATCHES = 16
"""Parts that a model in one piece is cut into, of like size."""

FEWEST, MOST = 3, 64
"""Groups or pieces that count as parts; a model of fewer or more is cut into patches."""


def worth_of_parts(folder: Path, score: Score, model: Path, seed: int) -> Figure:
    """Writes the model in the colours of its parts' worth (GLB, and PNG from several views), and the table."""
    mesh = read_model(model)
    names, labels = parts(mesh)
    worth = worth_of(game_of(mesh, labels, score), len(names), seed, most=0)
    painted = Mesh(mesh.vertices, mesh.faces, corner_colours=colours_of(worth.best)[labels][:, None].repeat(1, 3, 1))
    write_glb(folder / "parts.glb", painted)
    views = drawn(painted, framed(held_out(VIEWS), mesh.vertices))
    file = write_file(folder / "parts.png", png(tiled(to_bytes(torch.cat(list(views), dim=-1)), VIEWS)))
    write_tables(folder, "parts", names, worth)
    text = (
        f"The worth of a part is {words_of_worth(worth)}, the mean of {VIEWS} views. "
        f"{int((worth.best < 0).sum())} of {len(names)} parts lower the score."
    )
    return Figure("Parts", text, (Picture(file, "red: raises the score; blue: lowers it"),))


def parts(mesh: Mesh) -> tuple[list[str], Tensor]:
    """The parts of a model: its groups, else its pieces, else patches around points that are far apart.

    Returns:
        Their names, and the part of each face [F].
    """
    names, labels = ["rest", *mesh.groups], torch.zeros(len(mesh.faces), dtype=torch.long)
    for number, rows in enumerate(mesh.groups.values(), 1):
        labels[rows] = number
    a, b, c = mesh.faces.long().unbind(1)
    pieces = least_in_component(len(mesh.vertices), torch.cat([a, b]), torch.cat([b, c]))[a]
    ways = {"": labels, "piece": pieces, "patch": _patches(mesh)}
    kind, labels = next(
        (kind, found) for kind, found in ways.items() if FEWEST <= len(torch.unique(found)) <= MOST or kind == "patch"
    )
    found, labels = torch.unique(labels, return_inverse=True)
    return [f"{kind}-{n + 1:02}" if kind else names[each] for n, each in enumerate(found.tolist())], labels


def game_of(mesh: Mesh, labels: Tensor, score: Score) -> Game:
    """The score of any parts of a model."""
    cameras = framed(held_out(VIEWS), mesh.vertices)

    def game(kept: Tensor) -> Tensor:
        return torch.stack([score(drawn(_only(mesh, row[labels]), cameras)).mean() for row in kept])

    return game


def _only(mesh: Mesh, faces: Tensor) -> Mesh:
    """A model of some of its faces; of none is one without size."""
    uv, colours = (None if rows is None else rows[faces] for rows in (mesh.uv_faces, mesh.corner_colours))
    return replace(mesh, faces=mesh.faces[faces], uv_faces=uv, corner_colours=colours, groups={})


def _patches(mesh: Mesh) -> Tensor:
    """Faces by the nearest of points that are far apart: farthest point sampling."""
    centres = mesh.vertices[mesh.faces.long()].mean(dim=1)
    distance = (centres - centres.mean(dim=0)).norm(dim=1)
    labels = torch.zeros(len(centres), dtype=torch.long)
    nearest = torch.full_like(distance, torch.inf)
    for number in range(min(PATCHES, len(centres))):
        seed = centres[(distance if number == 0 else nearest).argmax()]
        far = (centres - seed).norm(dim=1)
        labels[far < nearest] = number
        nearest = torch.minimum(nearest, far)
    return labels
