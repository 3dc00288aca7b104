"""Times the steps of a run against the encoder passes that they contain: what everything else costs.

Run by hand on a quiet machine: ``python benchmarks/loop.py [CONFIG] [key=value ...]``. A step is all that a run does
for it: drawing, looking, judging, gradients, Adam, metrics and previews. The bare passes are the forward and backward
pass over all looks at all candidates, the forward pass over the looks at the target and, where one is due, over the
candidates that are judged; in batches of the same sizes, from tensors that lie ready. Steps and bare passes take turns
in rounds from one judgement to the next; of each step of a round and its passes counts the least time of all rounds.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from guidance import AugmentedEncoder, Encoder
from pipelines import build, read_config
from pipelines.config.words import parse_override
from pipelines.loop.callbacks import Metrics, Previews
from pipelines.loop.loop import Loop

ROUNDS = 5


class Passes:
    """The encoder's work of one step, on noise.

    Args:
        view: how the run looks.
        candidates: how many it looks at.
        with_target: whether it compares them with a picture.
        shape: height and width of the canvas.
        embedded: whether a loss reads the embedding.
    """

    def __init__(
        self, view: AugmentedEncoder, candidates: int, with_target: bool, shape: tuple[int, int], embedded: bool
    ) -> None:
        self.encoder: Encoder = view.encoder
        self.layers, self.embedded = tuple(sorted(view._layers)), embedded
        size = (3, *self.encoder.preprocess.size_for(torch.empty(shape)))
        self.looks = torch.rand(candidates * (view.num_augs + view.include_clean), *size, requires_grad=True)
        self.target = torch.rand(view.num_augs * with_target, *size)
        self.judged = torch.rand(candidates, *size)
        self.gradients = [torch.randn_like(tensor) for tensor in self.outputs(self.looks)]

    def outputs(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """What losses read."""
        encoded = self.encoder.encode_image(pictures, self.layers)
        return [*([encoded.embedding] if self.embedded else []), *encoded.layers.values()]

    def __call__(self, judged: bool) -> None:
        """One step's."""
        torch.autograd.backward(self.outputs(self.looks), self.gradients)
        self.looks.grad = None
        with torch.no_grad():
            if len(self.target):
                self.outputs(self.target)
            if judged:
                self.outputs(self.judged)


def main() -> None:
    """Prints the times and their ratio."""
    path, *overrides = sys.argv[1:] or ["configs/sketch.yaml"]
    config = read_config(path, [parse_override(text) for text in overrides])
    (stage,) = build(config)
    task = stage.task(None)
    objective = task.objective()
    loop = Loop(task.renderer, objective, stage.settings)
    readers = [loss for loss in objective.losses if hasattr(loss, "encoder")]
    views = list({id(loss.encoder): loss.encoder for loss in readers}.values())
    with torch.no_grad():
        shape = tuple(task.renderer.render().rgb.shape[-2:])
    passes = [
        Passes(
            view,
            config.best_of,
            bool({"target", "before"} & set(task.pictures)),
            shape,
            any(loss.encoder is view and not hasattr(loss, "layers") for loss in readers),
        )
        for view in views
    ]
    with tempfile.TemporaryDirectory() as folder:
        callbacks = [
            Metrics(Path(folder) / "metrics.jsonl"),
            Previews(Path(folder) / "previews", config.history_every(config.steps), config.preview_size),
        ]
        for callback in callbacks:
            callback.start(loop)
        times = torch.zeros(2, ROUNDS + 1, config.eval_every, dtype=torch.float64)
        for turn in range(ROUNDS + 1):
            for place in range(config.eval_every):
                began = time.perf_counter()
                loop.advance()
                for callback in callbacks:
                    callback.step(loop)
                middle = time.perf_counter()
                for each in passes:
                    each(judged=loop.eval_loss is not None)
                times[:, turn, place] = torch.tensor([middle - began, time.perf_counter() - middle])
    # The first round compiles kernels. On a busy machine the least time is what the work takes.
    step, bare = times[:, 1:].amin(dim=1).mean(dim=1).tolist()
    looks = sum(len(each.looks) for each in passes)
    print(f"{path}: {config.best_of} candidates, {looks} looks, {torch.get_num_threads()} threads")
    beside = f", its encoder passes alone {1e3 * bare:.1f} ms, ratio {step / bare:.2f}" if passes else "; no encoder"
    print(f"step {1e3 * step:.1f} ms{beside}")


if __name__ == "__main__":
    main()
