"""Prefixes: the first paths of a drawing, which are a coarser drawing where paths are ordered (nested dropout)."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from limn.step import Step
from renderers.strokes.scene import Scene

WHOLE = 0.5
"""How often a step draws all paths."""

DECAY = 1.5
"""How much rarer long prefixes are than short ones: by exp(-DECAY) at most."""


def drawn_lengths(paths: int, candidate_ids: Tensor, step: Step) -> Tensor:
    """How many paths of each candidate a training step draws: all, or the first k with P(k) ~ exp(-DECAY k / P).

    Args:
        paths: P, at least 1.
        candidate_ids: each candidate draws from a stream of its own, whoever else is left [S].
        step: decides the draws.

    Returns:
        1..P, int64 [S].

    Source: Polaczek et al., NeuralSVG, 2025; Rippel et al., Learning ordered representations with nested dropout, 2014.
    """
    share = torch.linspace(0, -DECAY, paths, dtype=torch.float64).exp()
    lengths = []
    for number in candidate_ids.tolist():
        draws = step.generator(f"prefix/{number}")
        whole = torch.rand((), generator=draws, dtype=torch.float64) < WHOLE
        lengths.append(paths if whole else 1 + int(torch.multinomial(share, 1, generator=draws)))
    return torch.tensor(lengths, device=candidate_ids.device)


def prefix(scene: Scene, lengths: Tensor) -> Scene:
    """The first paths of each candidate; the others are wholly transparent and have no gradient.

    Args:
        scene: S candidates of P paths.
        lengths: how many paths each shows [S].
    """
    paths = torch.arange(len(scene.topology.paths), device=scene.points.device)
    shown = (paths < lengths[:, None]).to(scene.points.dtype)[..., None]
    opacity = torch.cat([torch.ones_like(shown).expand(-1, -1, 3), shown], dim=-1)
    names = [name for name in ("stroke_colours", "fill_colours", "gradient_colours") if name in scene.tensors]
    return replace(scene, **{name: getattr(scene, name) * opacity for name in names})
