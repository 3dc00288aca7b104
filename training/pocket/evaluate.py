"""Measure a model on pictures drawn with a seed that training never uses."""

from __future__ import annotations

import random
from dataclasses import replace

import torch
import torch.nn.functional as F
from open_clip import SimpleTokenizer
from open_clip.model import CLIP
from torch import Generator, Tensor

from training.pocket.adversary import attack
from training.world.captions import ANY, COLOUR_NAMES, Captions, Fact, swapped, with_article
from training.world.compose import Composer, Mix
from training.world.shapes import SHAPES
from training.world.sprites import Sprites

SEED = 5  # training draws its seeds from twenty million upwards
ONLY_EMOJI = Mix(line=0, edges=0, shape=0, glyph=0, pair=0, recolour=0)
RADIUS = 2.5  # L2 norm of a change to a picture of 64 x 64 pixels


class Evaluation:
    """A model and the world that it is measured on.

    Args:
        model: frozen, in evaluation mode.
        tokenizer: the model's.
        sprites: the world.
        count: pictures for each figure.
    """

    def __init__(self, model: CLIP, tokenizer: SimpleTokenizer, sprites: Sprites, count: int = 1024) -> None:
        self.model, self.tokenizer, self.sprites, self.count = model, tokenizer, sprites, count
        size = model.visual.preprocess_cfg["size"]
        self.size: int = size if isinstance(size, int) else size[0]
        self.composer, self.captions = Composer(sprites, self.size), Captions(sprites)

    def all(self) -> dict[str, float]:
        """Every figure of the README, in percent."""
        emoji = len(self.sprites.names)
        glyphs = sum(name.startswith(("letter ", "digit ")) for name in self.sprites.names)
        evenly = replace(ONLY_EMOJI, shape=len(SHAPES) / emoji, glyph=glyphs / emoji)
        return {
            "top-1 of all concepts, colour": self.concept_top1(evenly),
            "top-1 of all concepts, line drawings": self.concept_top1(replace(ONLY_EMOJI, line=1.0)),
            "top-1 of all concepts, edge maps": self.concept_top1(replace(ONLY_EMOJI, edges=1.0)),
            "held-out colour + shape": self.combinations(held_out=True),
            "trained colour + shape": self.combinations(held_out=False),
            "left / right": self.relations(0),
            "above / below": self.relations(1),
            "top-1 in a batch of 256": self.batch_top1(0.0),
            f"top-1 in a batch of 256, attacked (L2 {RADIUS})": self.batch_top1(RADIUS),
        }

    def _generator(self) -> Generator:
        return torch.Generator().manual_seed(SEED)

    @torch.no_grad()
    def text(self, texts: list[str]) -> Tensor:
        """Normalised embeddings [N, D]."""
        parts = [self.model.encode_text(self.tokenizer(texts[k : k + 256])) for k in range(0, len(texts), 256)]
        return F.normalize(torch.cat(parts), dim=-1)

    def image(self, pictures: Tensor) -> Tensor:
        """Normalised embeddings [N, D] of pictures [N, 3, H, W] in 0..1, prepared as the model's configuration says."""
        cfg = self.model.visual.preprocess_cfg
        if pictures.shape[-1] != self.size:
            pictures = F.interpolate(pictures, size=self.size, mode="bilinear", antialias=True)
        mean, std = (torch.tensor(cfg[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
        return F.normalize(self.model.encode_image((pictures - mean) / std), dim=-1)

    def _drawn(self, mix: Mix) -> tuple[Tensor, Tensor]:
        """Embeddings and facts of `count` pictures."""
        generator = self._generator()
        embeddings, facts = [], []
        for start in range(0, self.count, 64):
            pictures, told = self.composer.draw(min(64, self.count - start), generator, mix)
            with torch.no_grad():
                embeddings.append(self.image(pictures))
            facts.append(told)
        return torch.cat(embeddings), torch.cat(facts)

    def concept_top1(self, mix: Mix) -> float:
        """Share of pictures of one object whose nearest name, of all concepts' bare names, is right."""
        image, facts = self._drawn(mix)
        names = self.sprites.names
        best = (image @ self.text(names).T).argmax(1).tolist()
        shown = facts[:, Fact.OBJECT].tolist()
        return 100.0 * sum(int(names[b] == names[s]) for b, s in zip(best, shown, strict=True)) / len(shown)

    def combinations(self, held_out: bool) -> float:
        """Share of shapes whose nearest caption, of all shapes in all colours, is right."""
        image, facts = self._drawn(replace(ONLY_EMOJI, shape=1.0, held_out=held_out))
        pairs = [(c, s) for c in COLOUR_NAMES for s in SHAPES]
        text = self.text([with_article(f"{c} {s}") for c, s in pairs])
        best = (image @ text.T).argmax(1)
        first = self.sprites.names.index(next(iter(SHAPES)))
        right = facts[:, Fact.COLOUR] * len(SHAPES) + facts[:, Fact.OBJECT] - first
        return 100 * float((best == right).float().mean())

    def relations(self, relation: int) -> float:
        """Share of pairs of objects nearer to their caption than to the one with the objects exchanged.

        Args:
            relation: 0 left / right, 1 above / below.
        """
        image, facts = self._drawn(replace(ONLY_EMOJI, pair=1.0))
        keep = (facts[:, Fact.RELATION] == relation) & (facts[:, Fact.OBJECT] != facts[:, Fact.SECOND])
        image, facts = image[keep], facts[keep]
        facts[:, Fact.GROUND] = ANY
        true, _ = self.captions.describe(facts, random.Random(SEED))
        false, _ = self.captions.describe(swapped(facts), random.Random(SEED))
        margin = (image * (self.text(true) - self.text(false))).sum(1)
        return 100 * float((margin > 0).float().mean())

    def batch_top1(self, radius: float, steps: int = 10, batches: int = 2, size: int = 256) -> float:
        """Share of pictures whose nearest caption, of a batch's captions, is true of them.

        Args:
            radius: L2 norm of an attack on the picture at 64 x 64 pixels, 0 for none. The attack raises the cross
                entropy of the true captions.
            steps: steps of projected gradient ascent.
            batches: batches measured.
            size: pictures and captions in a batch.
        """
        right, generator = 0.0, self._generator()
        for _ in range(batches):
            drawn = [self.composer.draw(32, generator) for _ in range(size // 32)]
            pictures, facts = (torch.cat(parts) for parts in zip(*drawn, strict=True))
            texts, claims = self.captions.describe(facts, random.Random(SEED))
            text, truth = self.text(texts), self.captions.true_of(facts, claims)
            if radius:
                # One picture looks the same at another size while its norm grows with its side.
                pictures = self._attacked(pictures, text, truth, radius * self.size / 64, steps, generator)
            with torch.no_grad():
                best = (self.image(pictures) @ text.T).argmax(1)
            right += float(truth.gather(1, best[:, None]).float().mean())
        return 100 * right / batches

    def _attacked(
        self, pictures: Tensor, text: Tensor, truth: Tensor, radius: float, steps: int, generator: Generator
    ) -> Tensor:
        scale = self.model.logit_scale.exp()
        target = truth.float() / truth.float().sum(1, keepdim=True)

        def loss(changed: Tensor) -> Tensor:
            return F.cross_entropy(scale * self.image(changed) @ text.T, target, reduction="sum")

        return attack(pictures, loss, radius, steps, generator)
