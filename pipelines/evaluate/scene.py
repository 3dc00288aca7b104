"""The scene of a run, drawn again from its checkpoint."""

from __future__ import annotations

import torch
from torch import Tensor

from limn.cameras import Cameras
from limn.local_modules import importing_from
from pipelines.runs.export import last_stage
from pipelines.runs.folder import RunFolder


@torch.no_grad()
def drawn_again(folder: RunFolder, cameras: Cameras, size: tuple[int, int]) -> Tensor:
    """The best candidate from any cameras, as the run itself draws it [V, 3, *size] in 0..1.

    Raises:
        InputError: there is no sound checkpoint.
    """
    with importing_from(folder.config.import_from), folder.threads():
        last = last_stage(folder)
        return last.task.renderer.render(cameras, size).rgb[last.result.candidate].cpu()
