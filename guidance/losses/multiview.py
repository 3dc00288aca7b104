"""Edits that agree between the views of a scene."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import Loss
from guidance.losses.direction import FLOOR, astray, change_of, limits_of, parts_of_direction
from guidance.losses.pairs import paired
from guidance.prompt import Prompt
from guidance.target import Target
from guidance.views import VIEWS, view_weights
from limn.cameras.cameras import Cameras
from limn.errors import InputError
from limn.frames import Frames
from limn.ranges import NonNegative
from limn.step import Step


def nearness(cameras: Cameras, reach: float) -> Tensor:
    """How near cameras stand to each other: 1 at the same place, falling evenly to 0 at an angle of `reach`.

    Args:
        cameras: V.
        reach: radians, as seen from the middle of the scene.

    Returns:
        [V, V].
    """
    flat = cameras.elevation.cos()
    way = torch.stack([flat * cameras.azimuth.sin(), cameras.elevation.sin(), flat * cameras.azimuth.cos()], dim=1)
    return (1.0 - (way @ way.T).clamp(-1.0, 1.0).acos() / reach).clamp_min(0.0)


def multiview_direction(
    change: Tensor, direction: Tensor, near: Tensor, consistency: float = 1.0, limits: Tensor | None = None
) -> Tensor:
    """How far the changes of views are from those of their own words, and from those of near views: mean over views of
    1 - cos(change, direction), and ``consistency`` times the mean over pairs of views of 1 - cos(change, change),
    weighted by how near they are.

    Args:
        change: of S candidates in V views, each in K looks [S, V, K, D], see `change_of`.
        direction: of the words of each view, of length 1, in parts that add up to it [V, P, D].
        near: how near views are to each other [V, V]; what a view is to itself does not count.
        consistency: how much agreement counts beside the words.
        limits: the cosine with each part beyond which it no longer pulls [P].

    Returns:
        [S].
    """
    far = astray(change, direction[:, None], limits).flatten(1).mean(dim=1)
    pairs = near.tril(-1)
    apart = 1.0 - torch.einsum("svkd,swkd->svw", change, change) / change.shape[2]
    return far + consistency * (apart * pairs).sum(dim=(1, 2)) / pairs.sum().clamp_min(1e-6)


class MultiviewDirection(Loss):
    """`multiview_direction` from the words of the start to the prompt: what an edit adds is the same from near cameras.

    Without a start, the embeddings themselves stand in place of changes: near views are to look alike.

    Args:
        encoder: looks at the pictures, then and now.
        prompt: what they should show.
        target: how the scene looked at the start.
        start: words for that, like "a chair"; None where there is no start.
        consistency: how much agreement counts beside the words.
        reach: the angle between two cameras, in degrees, from which on their views need not agree.
        view_prompts: put "front view" and the like behind the words of both, as the camera stands.

    Raises:
        InputError: words for a start, and no start.

    Source: in the place of VTON 360 (He et al. 2025), which tells a denoiser the embedding and the camera of each view;
    here both lead a gradient.
    """

    direction: Tensor
    limits: Tensor | None

    def __init__(
        self,
        encoder: AugmentedEncoder,
        prompt: Prompt,
        target: Target | None = None,
        start: str | None = None,
        consistency: NonNegative = 1.0,
        reach: Annotated[float, Field(gt=0, le=180)] = 120.0,
        view_prompts: bool = False,
    ) -> None:
        super().__init__()
        if start is not None and target is None:
            raise InputError(f"start: {start!r} needs pictures of it, and this scene starts from nothing; leave it out")
        self.encoder, self.target = encoder, None if start is None else target
        self.consistency, self.reach = consistency, math.radians(reach)
        self.view_prompts = view_prompts
        endings = [f", {view}" for view in VIEWS] if view_prompts else [""]
        sides = [_parts(start, prompt, encoder, ending) for ending in endings]
        self.register_buffer("direction", torch.stack(sides), persistent=False)
        self.register_buffer("limits", limits_of(prompt), persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the scene has no cameras.
        """
        cameras = frames.cameras
        if cameras is None:
            raise InputError("multiview_direction: this scene has no cameras; only models and fields have")
        change = self._change(frames, step)
        sides = view_weights(cameras.azimuth, cameras.elevation) if self.view_prompts else torch.ones(len(cameras), 1)
        direction = torch.einsum("vs,spd->vpd", sides.to(change), self.direction)
        direction = direction / direction.sum(dim=1, keepdim=True).norm(dim=-1, keepdim=True).clamp_min(1e-6)
        by_view = change.reshape(len(change), len(cameras), -1, change.shape[-1])
        near = nearness(cameras, self.reach).to(change)
        return multiview_direction(by_view, direction, near, self.consistency, self.limits)

    def _change(self, frames: Frames, step: Step) -> Tensor:
        if self.target is None:
            return F.normalize(self.encoder(frames, step).embedding, dim=-1)
        seen = self.encoder(self.target.counted(frames, step), step).embedding
        return change_of(*paired(seen, self.encoder.target(self.target, frames, step).embedding), FLOOR)


def _parts(start: str | None, prompt: Prompt, encoder: AugmentedEncoder, ending: str) -> Tensor:
    """`parts_of_direction`; without a start, what each phrase adds to the prompt's own embedding [P, D]."""
    if start is not None:
        return parts_of_direction(start, prompt, encoder, ending)
    phrases = tuple(replace(phrase, text=phrase.text + ending) for phrase in prompt.phrases)
    rows = replace(prompt, phrases=phrases).embed(encoder.encoder)
    parts = prompt.weights.to(rows)[:, None] * rows
    length: Tensor = parts.sum(dim=0).norm()
    return parts / length.clamp_min(1e-12)
