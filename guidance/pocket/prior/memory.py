"""Memory: one picture of each named thing, laid out as the words say."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from guidance.colours import recoloured
from limn.colours import COLOURS

SIDE = 32
"""Height and width of the pictures in pixels."""

SHARPNESS = 3.0
"""Factor on the logits of things: the higher, the more one thing wins over a blur of many."""

ALONE, BESIDE, ABOVE = range(3)
HUES = len(COLOURS)


class Memory(nn.Module):
    """From the words of a text to a rough collage of what it names.

    Linear classifiers of the pooled embedding say which thing stands alone, which is first (left, upper) and which is
    second; the colour of each; the layout; and the colour of the background. The pictures of all answers are mixed by
    their probabilities. The denoiser gets the collage beside the noisy picture. So its weights need not hold what a
    thousand things look like, nor which colour belongs to which thing.

    Args:
        pictures: one look of each thing, uint8 [K, 4, SIDE, SIDE], colours premultiplied by alpha.
        pooled: width of the pooled embedding.

    Source: Blattmann et al., Retrieval-Augmented Diffusion Models, 2022; here all pictures are neighbours, softly.
    """

    pictures: Tensor

    def __init__(self, pictures: Tensor, pooled: int) -> None:
        super().__init__()
        self.register_buffer("pictures", pictures)
        self.things = nn.Linear(pooled, 3 * (len(pictures) + 1))  # the last one is nothing
        self.colours = nn.Linear(pooled, 3 * (HUES + 1))  # the last one is a thing's own
        self.layout = nn.Linear(pooled, 3)
        self.ground = nn.Linear(pooled, HUES)
        self.register_buffer("palette", torch.tensor(list(COLOURS.values())), persistent=False)
        self.eval().requires_grad_(False)

    @torch.no_grad()
    def forward(self, pooled: Tensor) -> Tensor:
        """Collages [N, 4, SIDE, SIDE] in 0..1, the background's colour included, and alpha, of embeddings [N, P]."""
        answers = (SHARPNESS * self.things(pooled)).unflatten(1, (3, -1)).softmax(dim=-1)[..., :-1]
        looks = torch.einsum("npk,kchw->pnchw", answers, self.pictures.float() / 255.0)
        colours = self.colours(pooled).unflatten(1, (3, -1)).transpose(0, 1)
        own = colours.softmax(dim=-1)[..., -1]
        named = colours[..., :-1].softmax(dim=-1) @ self.palette
        alpha = looks[:, :, 3:]
        changed = recoloured(looks[:, :, :3], alpha, named[..., None, None])
        tinted = torch.lerp(changed, looks[:, :, :3], own[..., None, None, None])
        alone, first, second = torch.cat([tinted, alpha], dim=2)
        layout = self.layout(pooled).softmax(dim=-1)[:, :, None, None, None]
        beside, above = (_placed(first, axis, 0) + _placed(second, axis, 1) for axis in (3, 2))
        collage: Tensor = layout[:, ALONE] * alone + layout[:, BESIDE] * beside + layout[:, ABOVE] * above
        paper = (self.ground(pooled).softmax(dim=-1) @ self.palette)[..., None, None]
        return torch.cat([collage[:, :3] + (1.0 - collage[:, 3:]) * paper, collage[:, 3:]], dim=1)

    def save(self, folder: str | Path) -> None:
        """Writes pictures, and the questions as float16."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        state = {k: v.half() if v.is_floating_point() else v for k, v in self.state_dict().items()}
        save_file({key: value.contiguous().cpu() for key, value in state.items()}, folder / "model.safetensors")

    @staticmethod
    def load(folder: str | Path) -> Memory:
        """Reads what `save` wrote."""
        folder = Path(folder)
        return Memory.of_state(load_file(folder / "model.safetensors"))

    @staticmethod
    def of_state(state: dict[str, Tensor]) -> Memory:
        """From a state of any precision."""
        memory = Memory(state["pictures"], state["layout.weight"].shape[1])
        memory.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
        return memory


def _placed(looks: Tensor, axis: int, place: int) -> Tensor:
    """Pictures [N, 4, SIDE, SIDE] made small, in the first or second half of an axis."""
    side = SIDE * 7 // 16
    small = F.interpolate(looks, size=side, mode="bilinear", antialias=True)
    starts = [(SIDE - side) // 2] * 2
    starts[axis - 2] = SIDE // 32 + place * SIDE // 2
    top, left = starts
    return F.pad(small, (left, SIDE - side - left, top, SIDE - side - top))
