"""A loss of one's own in ten lines; `warm_apple.yaml` and `own_loss.py` use it."""

from torch import Tensor

from guidance import Loss, Step
from renderers import Frames


class Warmth(Loss):
    """How much bluer than red a picture is; `contrast` exaggerates it."""

    def __init__(self, contrast: float = 1.0) -> None:
        super().__init__()
        self.contrast = contrast

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        red, _, blue = frames.rgb.mean(dim=(-2, -1)).unbind(dim=-1)
        return self.contrast * (blue - red).mean(dim=1)
