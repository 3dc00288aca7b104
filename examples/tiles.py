"""A renderer of one's own; `own_renderer.py` and `two_stages.py` use it."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.utils import save_image

from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.step import Step
from renderers import Frames, ParameterGroup, Renderer


class Tiles(Renderer):
    """Square tiles of free colour.

    Args:
        colours: of the tiles at the start, in 0..1 [S, 3, N, N].
        size: height and width of the picture in pixels.
    """

    def __init__(self, colours: Tensor, size: tuple[int, int] = (224, 224)) -> None:
        super().__init__()
        self.size = size
        self.colours = nn.Parameter(colours.clone())

    @property
    def candidates(self) -> int:
        return len(self.colours)

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        rgb = F.interpolate(self.colours, size or self.size, mode="nearest")[:, None]
        return Frames(rgb, torch.ones_like(rgb[:, :, :1]))

    def parameter_groups(self) -> list[ParameterGroup]:
        return [ParameterGroup("colour", [self.colours], learning_rate=0.03)]

    def constrain(self) -> None:
        self.colours.data.clamp_(0, 1)

    def artefacts(self, folder: Path, candidate: int = 0) -> list[Artefact]:
        folder.mkdir(parents=True, exist_ok=True)
        save_image(self.render().rgb[candidate, 0], folder / "tiles.png")
        return [Artefact(folder / "tiles.png", "picture", "the tiles")]
