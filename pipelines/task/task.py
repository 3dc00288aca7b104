"""Task and Stage: what a recipe makes of its config.

A recipe is a function of its config that returns a `Task`, or a list of `Stage`s that run one after the other:

    class SketchConfig(RunConfig):
        strokes: int = 16

    def sketch(config: SketchConfig, start: Start) -> Task:
        \"\"\"Sketches a picture with black strokes.\"\"\"
        found = start.once("strokes", lambda: trace(config))
        return Task(Strokes(found["points"]), lambda: build_objective(config, target=found["target"]))

The scene and its losses are built apart: export, resume and report build the renderer again and call ``objective`` only
where steps are still to be done. A recipe must build the same renderer each time that it gets the same config; what an
encoder, a prior or a costly search decides goes through ``start.once``, what chance decides is drawn from
``Step(0, 1, config.seed).generator("name")``. Run folder, loop, checkpoints, video and report are not its concern.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from guidance.channels import Channel
from guidance.objective import Objective
from limn.artefact import Artefact
from limn.cameras import Cameras
from pipelines.config.run_config import RunConfig
from pipelines.loop.loop import CamerasAt, Settings
from pipelines.loop.optimise import Result
from renderers.base import Renderer


@dataclass(frozen=True)
class Task:
    """A scene and its losses.

    Args:
        renderer: the scene at its start, S = ``best_of`` candidates.
        objective: builds its losses; called only where steps are to be done.
        pictures: what the report shows beside the result, by name ("target", "saliency"): [3, H, W] in 0..1.
        cameras: step -> the views to draw then, for scenes that have views; an evaluation (``step.training`` False)
            has the same each time, and previews show those.
        turntable: count -> so many views around the scene, of which slices can be taken.
        channels: what its turntable shows unless the config says it: ``rgb``, ``depth``, ``normal``.
        artefacts: writes further results of a candidate into a folder, beside those of the renderer; a file of the same
            name takes the place of the renderer's.
        notes: what is worth knowing of its input, one line each; said before the first step and in the report.
    """

    renderer: Renderer
    objective: Callable[[], Objective]
    pictures: Mapping[str, Tensor] = field(default_factory=dict)
    cameras: CamerasAt | None = None
    turntable: Callable[[int], Cameras] | None = None
    channels: Sequence[Channel] = ("rgb",)
    artefacts: Callable[[Path, int], Sequence[Artefact]] | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Stage:
    """A part of a run with steps, checkpoint, metrics and previews of its own.

    Args:
        name: of its folder; empty for the only stage of a run, whose files lie in the folder of the run.
        task: builds it from the result of the stage before, which the first stage has not.
        settings: how to optimise.
        config: of the stage, which says what is the best state and when candidates are dropped; that of the run when
            None.
    """

    name: str
    task: Callable[[Result | None], Task]
    settings: Settings
    config: RunConfig | None = None
