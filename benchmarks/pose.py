"""How many random poses of a cube are recovered from one picture each, as in nvdiffrast's sample.

A cube with six colours is turned at random; ten starts up to 60 (and up to 120) degrees away from the truth are moved
by the gradient of the pixels' difference. Run by hand: ``python benchmarks/pose.py [STEPS]``.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[1]))

from guidance import Objective, PixelDistance, Schedule, Step
from guidance.target import Target
from limn.artefact import Artefact
from limn.cameras import Cameras
from pipelines import Settings
from pipelines.loop.optimise import optimise
from renderers import Frames, ParameterGroup, Renderer
from renderers.mesh.operations import antialias, interpolate, rasterise

CUBE = torch.tensor([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
SIDES = torch.tensor([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
COLOURS = torch.tensor([[1.0, 0.2, 0.2], [0.2, 1, 0.2], [0.2, 0.2, 1], [1, 1, 0.2], [1, 0.2, 1], [0.2, 1, 1]])
# Sides have corners of their own: the edges between them are blended too, and so have gradients.
CORNERS, CORNER_COLOURS = CUBE[SIDES.flatten()], COLOURS.repeat_interleave(4, dim=0)
FACES = torch.tensor([[4 * s + k for k in t] for s in range(6) for t in ((0, 1, 2), (0, 2, 3))], dtype=torch.int32)


def turned(rotation: Tensor) -> Tensor:
    """Rotation vectors [S, 3] in radians as matrices [S, 3, 3]."""
    x, y, z = rotation.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.linalg.matrix_exp(torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).view(-1, 3, 3))


def random_axes(count: int, draws: torch.Generator) -> Tensor:
    """Directions [count, 3]."""
    return nn.functional.normalize(torch.randn(count, 3, generator=draws), dim=-1)


class Cube(Renderer):
    """S cubes in poses of their own.

    Args:
        start: rotations that the poses start from [S, 3, 3].
        size: height and width in pixels.
    """

    def __init__(self, start: Tensor, size: int = 64) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("base", start)
        self.turn = nn.Parameter(torch.zeros(len(start), 3))

    @property
    def candidates(self) -> int:
        """S."""
        return len(self.turn)

    def poses(self) -> Tensor:
        """Where the cubes are turned to [S, 3, 3]."""
        return turned(self.turn) @ self.base

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        """Every cube on black."""
        x, y, z = (CORNERS @ self.poses().mT - torch.tensor([0, 0, 2.0])).unbind(-1)
        clip = torch.stack([2 * x, 2 * y, -1.02 * z - 0.202, -z], -1)
        fragments = rasterise(clip, FACES, size or (self.size, self.size))
        colour = interpolate(CORNER_COLOURS[None], FACES, fragments)[:, 0]
        seen = (fragments.triangle[:, 0, ..., None] >= 0).to(colour.dtype)
        picture = antialias(torch.cat([colour, seen], -1), fragments, clip, FACES).permute(0, 3, 1, 2)[:, None]
        return Frames(picture[:, :, :3], picture[:, :, 3:])

    def parameter_groups(self) -> list[ParameterGroup]:
        """The turn, in radians."""
        return [ParameterGroup("turn", [self.turn], 0.05)]

    def constrain(self) -> None:
        """Nothing to do."""

    def artefacts(self, folder: Path, candidate: int = 0) -> list[Artefact]:
        """Nothing to write."""
        return []


def recover(
    degrees: float, count: int = 10, guesses: int = 8, steps: int = 100, seed: int = 0, size: int = 64
) -> tuple[Tensor, Tensor]:
    """Turns cubes to the poses of pictures; of the guesses around each start the one whose picture fits best counts.

    Args:
        degrees: how far away the starts are at most; uniform from 0.
        count: of poses.
        guesses: for each start: itself and others as far away from it at most, all optimised side by side.
        steps: of the optimisation.
        seed: of poses and starts.
        size: of the pictures.

    Returns:
        Angles between found and true poses in degrees [count], and the found poses [count, 3, 3].
    """
    draws = torch.Generator().manual_seed(seed)

    def random_turn(number: int, most: float) -> Tensor:
        return turned(random_axes(number, draws) * torch.rand(number, 1, generator=draws) * math.radians(most))

    truth = random_turn(count, 180)
    start = random_turn(count, degrees) @ truth
    others = random_turn(count * (guesses - 1), degrees).view(count, guesses - 1, 3, 3) @ start[:, None]
    with torch.no_grad():
        seen = Cube(truth, size).render()
        own = Frames(seen.rgb.repeat_interleave(guesses, 0), seen.alpha.repeat_interleave(guesses, 0))
    target = Target(views=lambda frames, step: own)
    cubes = Cube(torch.cat([start[:, None], others], dim=1).flatten(0, 1), size)
    rates = {"turn": Schedule(first=0.05, last=0.002, shape="exp")}
    result = optimise(cubes, Objective({"pixels": PixelDistance(target)}), Settings(steps, seed, rates))
    best = result.eval_losses.view(count, guesses).argmin(1)
    found = cubes.poses().detach().view(count, guesses, 3, 3)[torch.arange(count), best]
    trace = (found @ truth.mT).diagonal(dim1=1, dim2=2).sum(-1)
    return ((trace - 1) / 2).clamp(-1, 1).arccos().rad2deg(), found


def main() -> None:
    """Prints how many end under one degree, of ten each with four seeds."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for degrees in (60, 120):
        for guesses in (1, 8):
            errors = torch.stack([recover(degrees, guesses=guesses, steps=steps, seed=seed)[0] for seed in range(4)])
            counts = " ".join(f"{n:2}" for n in (errors < 1).sum(1).tolist())
            print(f"starts within {degrees:3} degrees, guesses {guesses}: of 10 under 1 degree {counts}", flush=True)


if __name__ == "__main__":
    main()
