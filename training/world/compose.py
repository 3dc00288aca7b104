"""Compose batches of pictures of the world from its sprites."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from guidance.colours import recoloured
from limn.colours import COLOURS
from training.world.captions import ANY, COLOUR_NAMES, GRADIENT, NOISY, NOTHING, UNNAMED, Fact
from training.world.shapes import SHAPES, held_out
from training.world.sprites import Kind, Sprites

TINY = 16
"""Side in pixels of pictures of which only the facts are used."""


@dataclass(frozen=True)
class Mix:
    """Shares of the sorts of pictures in a batch; what is left is emoji in their own colours.

    Attributes:
        line: emoji as outlines.
        edges: share of all pictures with objects that are turned into edge maps.
        shape: single drawn shapes.
        glyph: letters and digits.
        pair: two objects with a relation.
        scribble: pictures that show nothing.
        recolour: share of single emoji that take on one of the named colours.
        held_out: draw only the colour + shape combinations that training never shows.
    """

    line: float = 0.18
    edges: float = 0.08
    shape: float = 0.10
    glyph: float = 0.04
    pair: float = 0.16
    scribble: float = 0.0
    recolour: float = 0.12
    held_out: bool = False


def _uniform(shape: tuple[int, ...], low: float, high: float, generator: Generator) -> Tensor:
    return torch.rand(shape, generator=generator) * (high - low) + low


class Composer:
    """Draws random pictures of the world, on the device of its sprites, which must then be torch's default device.

    Args:
        sprites: what pictures are made of.
        size: side of the pictures in pixels.
    """

    def __init__(self, sprites: Sprites, size: int) -> None:
        self.sprites, self.size = sprites, size
        self.palette = torch.tensor(list(COLOURS.values())).to(sprites.pixels.device)
        self.canvas = size * 3 // 2
        steps = (torch.arange(self.canvas) + 0.5) * (2 / self.canvas) - 1
        self.grid = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), -1)
        self.sided = torch.tensor(sprites.sided)
        # [kind, concept] -> first position and number in `order`, so that concepts are drawn evenly, not sprites.
        key = sprites.kind * len(sprites.names) + sprites.concept.clamp(min=0)
        self.order = key.argsort(stable=True)
        counts = torch.bincount(key, minlength=len(Kind) * len(sprites.names))
        self.counts = counts.view(len(Kind), -1)
        self.starts = (counts.cumsum(0) - counts).view(len(Kind), -1)
        self.pools = [torch.where(row > 0)[0] for row in self.counts]
        # Concepts named for a colour would make "a blue red apple".
        self.colour_named = torch.tensor([bool(set(n.split()) & set(COLOUR_NAMES)) for n in sprites.names])
        pairs = [(s, c) for s in SHAPES for c in COLOURS]
        table = torch.tensor([[list(SHAPES).index(s), list(COLOURS).index(c)] for s, c in pairs])
        keep = torch.tensor([held_out(s, c) for s, c in pairs])
        self.combinations = {True: table[keep], False: table[~keep]}
        self.first_shape = sprites.names.index(next(iter(SHAPES)))

    def draw(
        self,
        count: int,
        generator: Generator,
        mix: Mix | None = None,
        spread: float = 1.0,
        grounds: float | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Draw a batch.

        Args:
            count: number of pictures N.
            generator: source of all random choices; same state, same pictures.
            mix: what sorts of pictures.
            spread: how much place, size, turn and light vary, from 0 (in the middle, upright) to 1.
            grounds: how much backgrounds vary, from 0 (white) to 1; as much as ``spread`` by default.

        Returns:
            float32 pictures [N, 3, size, size] in 0..1 and their int64 facts [N, 8].
        """
        mix = mix or Mix()
        facts = torch.full((count, len(Fact)), UNNAMED)
        shares = torch.tensor([mix.line, mix.shape, mix.glyph, mix.pair, mix.scribble]).cumsum(0)
        sort = torch.searchsorted(shares, torch.rand(count, generator=generator), right=True)  # 5: emoji in colour
        single = torch.tensor([Kind.LINE, Kind.FILLED, Kind.GLYPH, Kind.FILLED, Kind.SCRIBBLE, Kind.COLOUR])
        kinds = single[sort][:, None].repeat(1, 2)
        pair = sort == 3
        lined = torch.rand(count, generator=generator) < 0.25
        for k in range(2):
            emoji = pair & (torch.rand(count, generator=generator) < 0.5) & (len(self.pools[Kind.COLOUR]) > 0)
            kinds[emoji, k] = torch.where(lined[emoji], int(Kind.LINE), int(Kind.COLOUR))
            hollow = (kinds[:, k] == Kind.FILLED) & (torch.rand(count, generator=generator) < 0.4)
            kinds[hollow, k] = int(Kind.OUTLINE)

        chosen, colours = zip(*(self._choose(kinds[:, k], generator, mix) for k in range(2)), strict=True)
        edges = (torch.rand(count, generator=generator) < mix.edges) & (sort != 4) & (kinds != Kind.LINE).all(1)
        medium = ((kinds[:, 0] == Kind.LINE) | edges).long()
        facts[:, Fact.MEDIUM] = medium
        facts[:, Fact.RELATION] = torch.where(pair, torch.randint(2, (count,), generator=generator), ANY)
        for k, (what, colour) in enumerate(((Fact.OBJECT, Fact.COLOUR), (Fact.SECOND, Fact.SECOND_COLOUR))):
            facts[:, what] = self.sprites.concept[chosen[k]]
            facts[:, colour] = torch.where(edges | (kinds[:, k] == Kind.LINE), UNNAMED, colours[k])
        facts[~pair, Fact.SECOND] = ANY
        facts[~pair, Fact.SECOND_COLOUR] = ANY
        facts[sort == 4, Fact.OBJECT] = NOTHING
        seen = self.sprites.view[chosen[0]]
        facts[:, Fact.VIEW] = torch.where((seen >= 0) & ~pair, seen, UNNAMED)

        paper, ground = self._grounds(
            medium, torch.stack(colours, 1), generator, spread if grounds is None else grounds
        )
        facts[:, Fact.GROUND] = ground
        picture = self._paint(chosen, colours, kinds, facts, paper, generator, spread)
        if edges.any():
            picture[edges] = self._edge_map(picture[edges], generator)
            facts[edges, Fact.GROUND] = UNNAMED
        picture = F.interpolate(picture, size=self.size, mode="bilinear", antialias=True)
        gain = 1 + spread * _uniform((count, 1, 1, 1), -0.15, 0.15, generator)
        lift = spread * _uniform((count, 1, 1, 1), -0.06, 0.06, generator)
        return ((picture - 0.5) * gain + 0.5 + lift).clamp(0, 1), facts

    def _choose(self, kinds: Tensor, generator: Generator, mix: Mix) -> tuple[Tensor, Tensor]:
        """Sprite and colour (or UNNAMED) for each wanted kind."""
        count = len(kinds)
        draws = torch.rand(count, 3, generator=generator)
        concept = torch.zeros(count, dtype=torch.long)
        colour = torch.full((count,), UNNAMED)
        for kind in Kind:
            mask = kinds == kind
            pool = self.pools[kind]
            if len(pool):
                concept[mask] = pool[(draws[mask, 0] * len(pool)).long()]
        combinations = self.combinations[mix.held_out]
        shape = (kinds == Kind.FILLED) | (kinds == Kind.OUTLINE)
        row = combinations[(draws[:, 0] * len(combinations)).long()]
        concept[shape] = row[shape, 0] + self.first_shape
        colour[shape] = row[shape, 1]
        tinted = (kinds == Kind.GLYPH) | (
            (kinds == Kind.COLOUR) & (draws[:, 2] < mix.recolour) & ~self.colour_named[concept]
        )
        colour[tinted] = torch.randint(len(COLOURS), (count,), generator=generator)[tinted]
        number = (draws[:, 1] * self.counts[kinds, concept]).long()
        return self.order[self.starts[kinds, concept] + number], colour

    def _grounds(self, medium: Tensor, used: Tensor, generator: Generator, spread: float) -> tuple[Tensor, Tensor]:
        """Backgrounds [N, 3, canvas, canvas] and their facts, never in the colour of a tinted object."""
        count = len(medium)
        white = COLOUR_NAMES.index("white")
        draw = torch.rand(count, generator=generator) * spread
        ground = torch.randint(len(COLOURS), (count,), generator=generator)
        plain = torch.where(medium == 1, draw < 0.75, draw < 0.4)
        ground[plain] = white
        for _ in range(3):
            ground = torch.where((ground[:, None] == used).any(1), (ground + 1) % len(COLOURS), ground)
        base = self.palette[ground] + 0.05 * spread * torch.randn(count, 3, generator=generator)
        pastel = (draw > 0.4) & (draw < 0.55) | (medium == 1) & (draw >= 0.75)
        light = torch.where(medium == 1, 0.8, 0.5)[:, None]
        base = torch.where(pastel[:, None], light + (1 - light) * torch.rand(count, 3, generator=generator), base)
        paper = base[:, :, None, None].expand(-1, -1, self.canvas, self.canvas).clone()
        fact = torch.where(pastel, UNNAMED, ground)
        gradient, noisy = (draw > 0.8) & (medium == 0), (draw > 0.7) & (draw <= 0.8) & (medium == 0)
        fact[gradient], fact[noisy] = GRADIENT, NOISY
        other = torch.rand(count, 3, 1, 1, generator=generator)
        turn = _uniform((count, 1, 1), 0, 6.2832, generator)
        ramp = (self.grid[..., 0] * turn.cos() + self.grid[..., 1] * turn.sin()) * 0.35 + 0.5
        paper[gradient] = torch.lerp(paper, other.expand_as(paper), ramp[:, None])[gradient]
        if noisy.any():
            grain = torch.randn(int(noisy.sum()), 3, self.canvas // 3, self.canvas // 3, generator=generator)
            paper[noisy] += 0.3 * F.interpolate(grain, size=self.canvas)
        return paper.clamp(0, 1), fact

    def _paint(
        self,
        chosen: tuple[Tensor, ...],
        colours: tuple[Tensor, ...],
        kinds: Tensor,
        facts: Tensor,
        paper: Tensor,
        generator: Generator,
        spread: float,
    ) -> Tensor:
        """Put one or two sprites on the paper, seen in a random perspective."""
        count = len(kinds)
        lines = kinds[:, 0] == Kind.LINE
        pair = facts[:, Fact.SECOND] >= 0
        tilt = _uniform((count, 1, 1, 2), -0.12 * spread, 0.12 * spread, generator)
        sight = self.grid / (1 + (self.grid * tilt).sum(-1, keepdim=True))
        shake = torch.randn(count, 2, 6, 6, generator=generator) * torch.where(
            lines, torch.rand(count, generator=generator) * 0.05, torch.tensor(0.012)
        ).view(-1, 1, 1, 1)
        shake = shake * spread
        wobble = F.interpolate(shake, size=self.canvas, mode="bicubic", align_corners=True)
        sight = sight + wobble.permute(0, 2, 3, 1)
        broken = torch.randn(count, 1, 12, 12, generator=generator)
        broken = F.interpolate(broken, size=self.canvas, mode="bilinear") * 8 + 6
        broken = torch.where((lines & (torch.rand(count, generator=generator) < 0.3)).view(-1, 1, 1, 1), broken, 9.0)

        big = 1 + spread * _uniform((count,), -0.55, 0.15, generator)
        small = _uniform((count, 2), 0.32, 0.5, generator)
        slack = (1.05 - big).clamp(min=0.12)[:, None] * spread
        middle = _uniform((count, 2), -1, 1, generator) * torch.where(pair[:, None], 0.12, slack)
        along = _uniform((count,), 0.4, 0.55, generator)
        across = _uniform((count,), -0.2, 0.2, generator)
        axis = facts[:, Fact.RELATION].clamp(min=0)
        offset = torch.zeros(count, 2)
        offset[torch.arange(count), axis] = along
        offset[torch.arange(count), 1 - axis] = across
        for k in range(2):
            live = torch.arange(count) if k == 0 else torch.where(pair)[0]
            if not len(live):
                continue
            scale = torch.where(pair, small[:, k], big)[live]
            centre = (middle + torch.where(pair, 1.0, 0.0)[:, None] * offset * (2 * k - 1))[live]
            turn = (torch.randn(count, generator=generator) * torch.where(pair, 0.12, 0.22) * spread)[live]
            aspect = torch.exp(torch.randn(count, generator=generator) * 0.08 * spread)[live]
            one_sided = self.sided[facts[live, 2 * k].clamp(min=0)]
            mirrored = (torch.rand(count, generator=generator) < 0.5)[live] & ~one_sided
            c, s = turn.cos() / scale, turn.sin() / scale
            flip = torch.where(mirrored, -1.0, 1.0) * aspect
            rows = torch.stack([torch.stack([c * flip, s * flip], -1), torch.stack([-s / aspect, c / aspect], -1)], 1)
            local = torch.einsum("nij,nhwj->nhwi", rows, sight[live] - centre[:, None, None])
            sprite = self.sprites.pixels[chosen[k][live]].float() / 255
            layer = F.grid_sample(sprite, local, align_corners=False)
            alpha, rgb = layer[:, 3:], self._tint(layer, colours[k][live], kinds[live, k], generator)
            ink = broken[live].clamp(0, 1) if k == 0 else torch.ones(())
            paper[live] = paper[live] * (1 - alpha * ink) + rgb * ink
        return paper

    def _tint(self, layer: Tensor, colour: Tensor, kinds: Tensor, generator: Generator) -> Tensor:
        """Colours [N, 3, H, W], premultiplied: own, recoloured, tinted or ink."""
        count = len(layer)
        alpha, rgb = layer[:, 3:], layer[:, :3]
        named = self.palette[colour.clamp(min=0)] + 0.05 * torch.randn(count, 3, generator=generator)
        ink = _uniform((count, 1), 0, 0.25, generator).expand(-1, 3)
        strange = (torch.rand(count, generator=generator) < 0.12)[:, None]
        ink = torch.where(strange, 0.6 * torch.rand(count, 3, generator=generator), ink)
        flat = torch.where((kinds == Kind.LINE)[:, None], ink, named).clamp(0, 1)[:, :, None, None]
        shaded = recoloured(rgb, alpha, flat)
        own = torch.where((colour >= 0).view(-1, 1, 1, 1), shaded, rgb)
        masks = (kinds != Kind.COLOUR) & (kinds != Kind.SCRIBBLE)
        return torch.where(masks.view(-1, 1, 1, 1), flat * alpha, own)

    def _edge_map(self, picture: Tensor, generator: Generator) -> Tensor:
        """Black edges on white, of random thickness and detail."""
        count = len(picture)
        soft = picture
        for _ in range(int(torch.randint(1, 4, (), generator=generator))):
            soft = F.avg_pool2d(soft, 3, 1, 1, count_include_pad=False)
        across = (soft[..., :, 2:] - soft[..., :, :-2])[..., 1:-1, :]
        down = (soft[..., 2:, :] - soft[..., :-2, :])[..., :, 1:-1]
        strength = F.pad((across.square() + down.square()).sum(1, keepdim=True).sqrt(), (1, 1, 1, 1))
        threshold = _uniform((count, 1, 1, 1), 0.1, 0.3, generator)
        ink = ((strength - threshold) * 12).clamp(0, 1)
        thick = (torch.rand(count, generator=generator) < 0.5).view(-1, 1, 1, 1)
        ink = torch.where(thick, F.max_pool2d(ink, 3, 1, 1), ink)
        return (1 - ink * _uniform((count, 1, 1, 1), 0.75, 1.0, generator)).expand(-1, 3, -1, -1)


def jigsaw(picture: Tensor, generator: Generator) -> Tensor:
    """Cut pictures into 4 x 4 pieces and shuffle them: colours and textures without form.

    Args:
        picture: [N, 3, H, W], H and W multiples of 4.
        generator: source of the orders.
    """
    count, channels, height, width = picture.shape
    pieces = picture.view(count, channels, 4, height // 4, 4, width // 4).permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
    order = torch.rand(count, 16, generator=generator).argsort(1)
    pieces = pieces.gather(1, order.view(count, 16, 1, 1, 1).expand_as(pieces))
    grid = pieces.view(count, 4, 4, channels, height // 4, width // 4)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(count, channels, height, width)
