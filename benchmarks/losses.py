"""Five losses together against the passes of the encoder that they share: what losses cost beside looking.

Run by hand: ``python benchmarks/losses.py [ENCODER] [rounds=12]``. A pass is the encoder alone, forward and backward to
the pixels, with the looks of a run (one plain, four augmented); losses with a target share a pass over the target, too.
Beside it stand the losses that share it, one by one and in every five neighbours of the list, as an objective. Passes
and losses take turns, and the least processor time of each counts.
"""

from __future__ import annotations

import sys
import time

import torch
from torch import Tensor

from guidance import Augmentations, AugmentedEncoder, Loss, Objective, Prompt, Step, load_encoder
from guidance.losses import (
    EncodedComparison,
    ExampleDirection,
    ImageSimilarity,
    LayerFeatures,
    TextContrast,
    TextDirection,
    TextParts,
    TextRegions,
    TextSimilarity,
    UnwantedConcepts,
    WrittenWords,
)
from guidance.region import Region, RegionPrompt
from guidance.target import Target
from limn.frames import Frames

SIDE, CANDIDATES, TOGETHER = 224, 2, 5


def losses_of(view: AugmentedEncoder) -> dict[str, Loss]:
    """All losses that look through one encoder, beside `TextCrops` and `TextEnsemble`, which look by themselves."""
    pictures = torch.rand(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    first, second, third = (Target(picture[None]) for picture in pictures)
    prompt = Prompt.parse("a red apple with a green leaf:1:0.2 | a worm:-0.2")
    wanted = Prompt.parse("a red apple, a green leaf")
    half = Region((0.0, 0.0, 0.5, 1.0))
    inner = view.encoder.layers[-2]
    return {
        "text_similarity": TextSimilarity(view, prompt),
        "text_contrast": TextContrast(view, wanted, ["a dog", "a blue car", "a green pear"]),
        "text_parts": TextParts(view, wanted),
        "unwanted_concepts": UnwantedConcepts(view, ("a worm", "a dog")),
        "written_words": WrittenWords(view, wanted),
        "text_direction": TextDirection(view, wanted, first, "a pear"),
        "example_direction": ExampleDirection(view, first, [second], [third]),
        "image_similarity": ImageSimilarity(view, first),
        "layer_features": LayerFeatures(view, first, {inner: 1.0}),
        "text_regions": TextRegions(view, [RegionPrompt(half, wanted), RegionPrompt(Region(), wanted)]),
    }


class Looking(Loss):
    """The passes alone, as a loss.

    Args:
        view: the encoder and its looks.
        target: what is looked at, too.
    """

    def __init__(self, view: AugmentedEncoder, target: Target | None) -> None:
        super().__init__()
        self.view, self.target = view, target

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """The sum of the embeddings per candidate [S]."""
        if self.target is not None:
            _ = self.view.target(self.target, frames, step).embedding
        return self.view(frames, step).embedding.sum(dim=(1, 2))


def main() -> None:
    """Prints a line for each loss, and the costliest five."""
    options = dict(word.split("=") for word in sys.argv[1:] if "=" in word)
    name = next((word for word in sys.argv[1:] if "=" not in word), "pocket")
    view = AugmentedEncoder(load_encoder(name, precision="float32"), Augmentations(["perspective", {"crop": 0.8}]))
    losses = losses_of(view)
    names = list(losses)
    fives = [[names[(first + place) % len(names)] for place in range(TOGETHER)] for first in range(len(names))]
    groups = [[one] for one in names] + fives
    targets = [{loss.target for one in group if isinstance(loss := losses[one], EncodedComparison)} for group in groups]
    rgb = torch.rand(CANDIDATES, 1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0)).requires_grad_()
    rounds = int(options.get("rounds", 12))

    def seconds_of(loss: Loss | Objective, index: int) -> float:
        frames = Frames(rgb, torch.ones(CANDIDATES, 1, 1, SIDE, SIDE))
        began = time.process_time()
        value = loss(frames, Step(index, rounds))
        torch.autograd.grad((value if isinstance(value, Tensor) else value.total()).sum(), rgb)
        return time.process_time() - began

    print(f"{name}, {torch.get_num_threads()} threads, {CANDIDATES} pictures in 5 looks; ratio, passes, losses in ms")
    for group, target in zip(groups, targets, strict=True):
        alone, together = Looking(view, next(iter(target), None)), Objective({one: losses[one] for one in group})
        times = [(seconds_of(alone, index), seconds_of(together, index)) for index in range(rounds)]
        passes, whole = (1e3 * min(column) for column in zip(*times, strict=True))
        print(f"{whole / passes:5.2f} {passes:7.1f} {whole:7.1f}  {', '.join(group)}")


if __name__ == "__main__":
    main()
