"""Whether strokes are worth what they are said to be: the score as strokes are taken away.

Run by hand: ``python benchmarks/attribution.py RUNS...``, with finished runs of drawings; the figure goes to
docs/deletion.png. Orders come from the encoder of the run. Curves are shares of the way from the empty paper to the
whole drawing, the mean over runs; they are also measured by ``pocket-judge``, which no order asked.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))

from guidance import load_encoder
from guidance.attribution import deletion_curve
from guidance.attribution.parts import Game
from pipelines.evaluate.subject import subject_of
from pipelines.explain.score import Score
from pipelines.explain.strokes import game_of
from pipelines.explain.worth import worth_of
from renderers.strokes import read_svg

RANDOM = 8
"""Random orders."""

POINTS = 51
"""Of a curve."""

SIDE = 420
"""Of a plot, in pixels."""

COLOURS = {
    "worthiest first, Shapley": (20, 29, 184),
    "worthiest first, left out alone": (30, 138, 192),
    "random": (120, 120, 120),
    "least worthy first": (158, 82, 23),
}
"""As OpenCV takes them."""


@torch.no_grad()
def main(runs: list[str]) -> None:
    """Prints the areas under the curves and writes the figure."""
    found: dict[str, list[dict[str, Tensor]]] = {"pocket": [], "pocket-judge": []}
    for run in runs:
        for name, own in curves_of(run).items():
            found[name].append(own)
    plots = []
    for name, curves in found.items():
        means = {way: torch.stack([each[way] for each in curves]).mean(dim=0) for way in COLOURS}
        print(f"\n{name}: mean height of the curve over {len(curves)} drawings (lower: what goes first matters more)")
        for way, mean in means.items():
            heights = ", ".join(f"{float(each[way].mean()):.2f}" for each in curves)
            print(f"{way:34}{float(mean.mean()):.2f}  ({heights})")
        plots.append(plot(f"score by {name}", means))
    cv2.imwrite(str(Path(__file__).parents[1] / "docs" / "deletion.png"), np.concatenate(plots, axis=1))


def curves_of(run: str) -> dict[str, dict[str, Tensor]]:
    """The curves of a drawing by each encoder, for each order."""
    subject = subject_of(run)
    scene = read_svg(subject.main.path).scene
    count = len(scene.topology.paths)
    encoders = [load_encoder(name, precision="float32") for name in ("pocket", "pocket-judge")]
    games = {encoder.name: game_of(scene, Score.of(encoder, subject.prompt)) for encoder in encoders}
    worth = worth_of(games["pocket"], count, seed=0)
    assert worth.shapley is not None
    draws = torch.Generator().manual_seed(1)
    orders = {
        "worthiest first, Shapley": [worth.shapley.argsort(descending=True)],
        "worthiest first, left out alone": [worth.without.argsort(descending=True)],
        "random": [torch.randperm(count, generator=draws) for _ in range(RANDOM)],
        "least worthy first": [worth.shapley.argsort()],
    }
    return {name: {way: mean_share(game, each) for way, each in orders.items()} for name, game in games.items()}


def mean_share(game: Game, orders: list[Tensor]) -> Tensor:
    """The mean curve of some orders."""
    return torch.stack([share(deletion_curve(game, order)) for order in orders]).mean(dim=0)


def share(curve: Tensor) -> Tensor:
    """A curve of scores as shares between those of nothing and of all, at `POINTS` places."""
    curve = (curve - curve[-1]) / (curve[0] - curve[-1])
    places = np.linspace(0, 1, POINTS)
    return torch.from_numpy(np.interp(places, np.linspace(0, 1, len(curve)), curve.numpy()))


def plot(title: str, curves: dict[str, Tensor]) -> np.ndarray:
    """Curves over the share of strokes that are gone [SIDE, SIDE, 3]."""
    big, left, top, right, bottom = 3 * SIDE, 150, 120, 60, 150
    low, high = (
        min(-0.5, *(float(c.min()) for c in curves.values())),
        max(1.1, *(float(c.max()) for c in curves.values())),
    )
    picture = np.full((big, big, 3), 255, np.uint8)

    def at(x: float, y: float) -> tuple[int, int]:
        return round(left + x * (big - left - right)), round(top + (high - y) / (high - low) * (big - top - bottom))

    def write(text: str, place: tuple[int, int], scale: float = 1.0, colour: tuple[int, ...] = (60, 60, 60)) -> None:
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 2, cv2.LINE_AA)

    for value in (0.0, 0.5, 1.0):
        cv2.line(picture, at(0, value), at(1, value), (220, 220, 220), 2)
        write(f"{value:.1f}", (50, at(0, value)[1] + 12))
        write(f"{value:.0%}", (at(value, low)[0] - 30, big - 90))
    write(title, (left, 70), 1.4)
    write("strokes taken away", (left + 340, big - 30))
    for number, (way, curve) in enumerate(curves.items()):
        line = np.array([at(n / (POINTS - 1), float(value)) for n, value in enumerate(curve)], np.int32)
        cv2.polylines(picture, [line], False, COLOURS[way], 6, cv2.LINE_AA)
        write(way, (left + 20, big - bottom - 170 + 44 * number), 1.0, COLOURS[way])
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA))


if __name__ == "__main__":
    main(sys.argv[1:])
