"""Memory: one look of everything that has a name, laid out as the words say."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor, nn

from guidance.pocket.prior.words import Words
from guidance.pocket.world.captions import ANY, COLOUR_NAMES, Captions, Fact
from guidance.pocket.world.compose import PALETTE, Composer, Mix, recoloured
from guidance.pocket.world.sprites import Kind, Sprites

SIDE = 32
"""Height and width of the pictures in pixels."""

LOOKS = (Kind.COLOUR, Kind.FILLED, Kind.GLYPH)
"""Kinds of sprites that are kept, the first that a concept has."""

BATCH = 128  # captions in an update, beside as many bare names
RATE = 3e-3
TOLD = Mix(line=0.1, edges=0.0, shape=0.2, glyph=0.05, pair=0.4, recolour=0.2)
TOLD_GROUNDS = 0.6  # share of the backgrounds with a name that those captions tell
SHARPNESS = 3.0  # of the choice among things: one of them rather than a blur of many
ALONE, BESIDE, ABOVE = range(3)
HUES = len(COLOUR_NAMES)
WHITE = COLOUR_NAMES.index("white")
QUESTIONS = (  # what stands alone, what is first (left, upper), what second: columns of claims
    (Fact.OBJECT, Fact.COLOUR),
    (Fact.OBJECT, Fact.COLOUR),
    (Fact.SECOND, Fact.SECOND_COLOUR),
)


class Memory(nn.Module):
    """From the words of a text to a rough collage of what it names.

    Linear questions are put to the pooled embedding: what stands alone, what is first (left, upper) and what second,
    and of what colour each of them is; which of these layouts it is; and the colour of the background. The pictures of
    all answers are mixed by their probabilities. The denoiser sees the collage beside the noise, so that it need not
    keep in its weights what a thousand things look like, nor which word goes with which, and learns in hours what to
    make of it.

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
        self.register_buffer("palette", PALETTE.clone(), persistent=False)
        self.eval().requires_grad_(False)

    @staticmethod
    def of_world(sprites: Sprites, pooled: int) -> Memory:
        """One picture of every concept of the world; knows no words before `learn`."""
        # The kinds are in the order in which they are wanted.
        usable = torch.isin(sprites.kind, torch.tensor(LOOKS, device=sprites.kind.device)).nonzero()[:, 0]
        usable = usable[sprites.kind[usable].argsort(stable=True)]
        chosen = usable[_first_of_each(sprites.concept[usable])]
        looks = sprites.pixels[chosen].float()
        looks[sprites.kind[chosen] != Kind.COLOUR, :3] *= 0.625  # grey, the lightest that takes on a colour whole
        small = F.interpolate(looks, size=SIDE, mode="bilinear", antialias=True)
        return Memory(small.round().byte(), pooled)

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

    def learn(self, words: Words, captions: Captions, composer: Composer, generator: Generator, updates: int) -> float:
        """Learn which words name what: from captions, and as many bare names and empty texts.

        Args:
            words: texts to pooled embeddings.
            captions: of the world that the pictures are of.
            composer: for facts that occur together; its pictures are not used, so it may be small.
            generator: source of all choices.
            updates: of the questions.

        Returns:
            The share of right answers in the last batch.
        """
        count = len(captions.names)
        bare = torch.cat([words([*captions.names[k : k + BATCH], ""])[1] for k in range(0, count, BATCH)])
        named = torch.full((len(bare), len(Fact)), ANY)
        named[torch.arange(count) + torch.arange(count) // BATCH, Fact.OBJECT] = torch.arange(count)
        self.requires_grad_(True)
        optimiser = torch.optim.AdamW(self.parameters(), weight_decay=1e-4)
        right = torch.zeros(())
        for update in range(updates):
            optimiser.param_groups[0]["lr"] = RATE * (1 - update / updates)
            _, facts = composer.draw(BATCH, generator, TOLD)
            texts, claims = captions.describe(facts, random.Random(update), TOLD_GROUNDS)
            some = torch.randint(len(bare), (BATCH,), generator=generator)
            pooled = torch.cat([words(texts)[1], bare[some]])
            claims = torch.cat([claims, named[some]])
            answers, target = self.things(pooled).unflatten(1, (3, -1)), self._targets(claims, captions.owners)
            asked = target.sum(dim=-1) > 0
            loss = F.cross_entropy(answers[asked], target[asked])
            colours = claims[:, [colour for _, colour in QUESTIONS]]
            colours = torch.where(colours == ANY, HUES, colours)
            loss = loss + F.cross_entropy(self.colours(pooled).unflatten(1, (3, -1))[asked], colours[asked])
            loss = loss + F.cross_entropy(self.layout(pooled), claims[:, Fact.RELATION] + 1)
            ground = claims[:, Fact.GROUND]
            ground = torch.where((ground < 0) | (ground >= HUES), WHITE, ground)  # grain and gradients have no colour
            loss = loss + F.cross_entropy(self.ground(pooled), ground)
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimiser.step()
            right = target[asked].gather(1, answers[asked].argmax(dim=1, keepdim=True)).gt(0.0).float().mean()
        self.requires_grad_(False)
        return float(right)

    def _targets(self, claims: Tensor, owners: Tensor) -> Tensor:
        """Probabilities of the right answers [N, 3, K + 1]; zero where a question makes no sense."""
        count = len(self.pictures)
        target = torch.zeros(len(claims), 3, count + 1, device=claims.device)
        pair = claims[:, Fact.SECOND] >= 0
        nothing = claims[:, Fact.OBJECT] == ANY
        target[nothing, 0, count] = 1.0
        for question, asked in enumerate((~pair & ~nothing, pair, pair)):
            column, _ = QUESTIONS[question]
            rows = asked.nonzero()[:, 0]
            for owner in owners[claims[rows, column]].unbind(dim=1):
                target[rows, question, owner] += 0.5
        return target

    def save(self, folder: Path) -> None:
        """Writes pictures, and the questions as float16."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {k: v.half() if v.is_floating_point() else v for k, v in self.state_dict().items()}
        save_file({key: value.contiguous().cpu() for key, value in state.items()}, folder / "model.safetensors")

    @staticmethod
    def load(folder: Path) -> Memory:
        """Reads what `save` wrote."""
        return Memory.of_state(load_file(folder / "model.safetensors"))

    @staticmethod
    def of_state(state: dict[str, Tensor]) -> Memory:
        """From a state of any precision."""
        memory = Memory(state["pictures"], state["layout.weight"].shape[1])
        memory.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
        return memory


def first_looks(sprites: Sprites) -> Sprites:
    """The world with one picture for each concept and kind, scribbles aside: what a small memory can keep."""
    kept = _first_of_each(sprites.concept * len(Kind) + sprites.kind).sort().values
    fields = {name: getattr(sprites, name)[kept] for name in ("pixels", "concept", "kind", "view")}
    return replace(sprites, **fields)


def _first_of_each(key: Tensor) -> Tensor:
    """Where each value of a key [N] is found first, in the order of the values."""
    order = key.argsort(stable=True)
    return order[torch.cat([key.new_ones(1, dtype=torch.bool), key[order].diff() != 0])]


def _placed(looks: Tensor, axis: int, place: int) -> Tensor:
    """Pictures [N, 4, SIDE, SIDE] made small, in the first or second half of an axis."""
    side = SIDE * 7 // 16
    small = F.interpolate(looks, size=side, mode="bilinear", antialias=True)
    starts = [(SIDE - side) // 2] * 2
    starts[axis - 2] = SIDE // 32 + place * SIDE // 2
    top, left = starts
    return F.pad(small, (left, SIDE - side - left, top, SIDE - side - top))
