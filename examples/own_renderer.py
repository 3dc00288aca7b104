"""A renderer of your own: a grid of coloured tiles.

Run: python examples/own_renderer.py [STEPS]
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.utils import save_image

from guidance import Augmentations, AugmentedEncoder, Objective, Prompt, Step, TextSimilarity, load_encoder
from limn.artefact import Artefact
from limn.cameras import Cameras
from pipelines import Settings
from pipelines.loop.optimise import optimise
from renderers import Frames, ParameterGroup, Renderer


class Tiles(Renderer):
    """Square tiles of free colour, `count` along each side."""

    def __init__(self, candidates: int, count: int, size: int = 224) -> None:
        super().__init__()
        self.size = size
        self.colours = nn.Parameter(torch.full((candidates, 3, count, count), 0.8))

    @property
    def candidates(self) -> int:
        return len(self.colours)

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        rgb = F.interpolate(self.colours, size or (self.size, self.size), mode="nearest")[:, None]
        return Frames(rgb, torch.ones_like(rgb[:, :, :1]))

    def parameter_groups(self) -> list[ParameterGroup]:
        return [ParameterGroup("colour", [self.colours], 0.03)]

    def constrain(self) -> None:
        self.colours.data.clamp_(0, 1)

    def artefacts(self, folder: Path, candidate: int = 0) -> list[Artefact]:
        folder.mkdir(parents=True, exist_ok=True)
        save_image(self.render().rgb[candidate, 0], folder / "tiles.png")
        return [Artefact(folder / "tiles.png", "picture", "Tiles")]


steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
view = AugmentedEncoder(load_encoder("pocket"), Augmentations([{"perspective": 0.3}, {"crop": [0.7, 1.0]}]), num_augs=6)
objective = Objective({"text": TextSimilarity(view, Prompt.parse("a red heart on a yellow background"))})
tiles = Tiles(candidates=2, count=28)
result = optimise(tiles, objective, Settings(steps))
for artefact in tiles.artefacts(Path("outputs/own_renderer"), result.candidate):
    print(artefact.path)
