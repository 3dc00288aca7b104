"""Times the steps of a run against the encoder passes that they contain: what everything else costs.

Run by hand on a quiet machine: ``python benchmarks/loop.py [CONFIG] [key=value ...]``. A step is all that a run does
for it: drawing, looking, judging, gradients, Adam, metrics and previews. Steps and bare passes take turns; the medians
are compared. The bare passes are the forward and backward pass over all looks at all candidates, the forward pass over
the looks at the target, and the judgement's share.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from guidance import Encoder, View
from pipelines import prepare, read_config
from pipelines.callbacks import Metrics, Previews
from pipelines.driver import settings_of
from pipelines.optimise import Loop
from pipelines.reading import parse_override

STEPS = 60


def passes(view: View, candidates: int, with_target: bool, judged: float) -> None:
    """The encoder's work of one step, on noise."""
    encoder: Encoder = view.encoder
    layers = tuple(sorted(view._layers))
    looks = torch.rand(candidates * (view.looks + 1), 3, *encoder.size, requires_grad=True)
    encoded = encoder.encode_image(looks, layers)
    (encoded.embedding.sum() + sum(layer.sum() for layer in encoded.layers.values())).backward()
    with torch.no_grad():
        extra = view.looks * with_target + round(candidates * judged)
        if extra:
            _ = encoder.encode_image(torch.rand(extra, 3, *encoder.size), layers).embedding


def main() -> None:
    """Prints the medians and their ratio."""
    path, *overrides = sys.argv[1:] or ["configs/sketch.yaml"]
    config = read_config(path, [parse_override(text) for text in overrides])
    prepared = prepare(config)
    loop = Loop(prepared.renderer, prepared.objective, settings_of(config))
    view: View = next(loss.view for loss in prepared.objective.losses if hasattr(loss, "view"))
    with tempfile.TemporaryDirectory() as folder:
        callbacks = [
            Metrics(Path(folder) / "metrics.jsonl", config.checkpoint_every),
            Previews(Path(folder) / "previews", config.history_every, config.preview_size),
        ]
        for callback in callbacks:
            callback.start(loop)
        steps, bare = [], []
        for turn in range(STEPS):
            began = time.perf_counter()
            loop.advance()
            for callback in callbacks:
                callback.step(loop)
            middle = time.perf_counter()
            passes(view, config.best_of, "target" in prepared.pictures, 1 / config.judge_every)
            if turn >= 5:  # the first ones compile kernels
                steps.append(middle - began)
                bare.append(time.perf_counter() - middle)
    step, encoder = 1e3 * statistics.median(steps), 1e3 * statistics.median(bare)
    print(f"{path}: {config.best_of} candidates, {view.looks + 1} looks, {torch.get_num_threads()} threads")
    print(f"step {step:.1f} ms, its encoder passes alone {encoder:.1f} ms, ratio {step / encoder:.2f}")


if __name__ == "__main__":
    main()
