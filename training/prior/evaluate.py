"""Measure the prior: how many of its pictures does an encoder recognise?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from guidance.encoders import Encoder
from guidance.pocket.load import concepts
from limn.colours import COLOURS
from training.world.captions import with_article
from training.world.shapes import SHAPES, held_out

SEED = 5
BATCH = 64

Draw = Callable[[list[str], Generator], Tensor]
"""Texts, and the generator of noise, to pictures [N, 3, H, W] in 0..1."""


class PriorEvaluation:
    """Counts the drawn pictures that an encoder recognises.

    Args:
        draw: such as `PocketPipeline.draw`.
        encoder: one that nothing was optimised against.
        device: of the generator that `draw` is given.
    """

    def __init__(self, draw: Draw, encoder: Encoder, device: str = "cpu") -> None:
        self.draw, self.encoder, self.device = draw, encoder, device

    def all(self, count: int) -> dict[str, float]:
        """Every figure of the README, in percent.

        Args:
            count: concepts that are drawn, evenly spread over all of them.
        """
        names = concepts()
        some = [names[number * len(names) // count] for number in range(count)]
        coloured = {pair: with_article(" ".join(pair)) for pair in _PAIRS}
        unseen = [text for (colour, shape), text in coloured.items() if held_out(shape, colour)]
        seen = [text for text in coloured.values() if text not in unseen]
        return {
            "top-1 of all concepts": self.recognised(some, names),
            "trained colour + shape": self.recognised(seen, list(coloured.values())),
            "held-out colour + shape": self.recognised(unseen, list(coloured.values())),
        }

    @torch.no_grad()
    def recognised(self, texts: Sequence[str], answers: Sequence[str]) -> float:
        """Share of texts, in percent, whose picture is nearest to them of all answers.

        Args:
            texts: each is drawn once; all are among the answers.
            answers: what the encoder chooses from.
        """
        generator = Generator(self.device).manual_seed(SEED)
        words = torch.cat([self.encoder.encode_text(list(answers[k : k + 256])) for k in range(0, len(answers), 256)])
        words = F.normalize(words.float(), dim=-1)
        right = 0
        for start in range(0, len(texts), BATCH):
            asked = list(texts[start : start + BATCH])
            pictures = self.draw(asked, generator).to(words.device)
            seen = F.normalize(self.encoder.encode_image(pictures).embedding.float(), dim=-1)
            best = (seen @ words.T).argmax(dim=1).tolist()
            right += sum(answers[b] == text for b, text in zip(best, asked, strict=True))
        return 100.0 * right / len(texts)


_PAIRS = [(colour, shape) for colour in COLOURS for shape in SHAPES]
