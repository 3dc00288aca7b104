"""Point cloud: depth maps of points against words."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from guidance.channels import depth_map
from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import Loss
from guidance.losses.text import text_similarity
from guidance.point_clouds import LIMITS, depth_maps, points_of, ten_views
from guidance.prompt import Prompt, known_templates
from guidance.templates import parse_templates
from limn.errors import InputError
from limn.frames import Frames
from limn.ranges import NonNegative, Side
from limn.step import Step

DEPTH_TEMPLATES = ("point cloud depth map of {}.",)
"""PointCLIP's, without its article: ours stand in the prompt."""


def point_cloud_similarity(
    embedding: Tensor, text: Tensor, weights: Tensor, views: Tensor, stops: Tensor | None = None
) -> Tensor:
    """How far depth maps are from weighted phrases: `text_similarity` of each view, and its mean by weights of views.

    Args:
        embedding: of S candidates in V views, each in K looks, view after view [S, V * K, D], of any length.
        text: of P phrases [P, D], of any length.
        weights: of the phrases [P].
        views: weights of the views, 0 or more [V].
        stops: of the phrases [P], see `text_similarity`.

    Returns:
        [S].

    Source: Zhang et al., PointCLIP, 2022: logits are the sum over views of weight times cosine.
    """
    each = embedding.reshape(len(embedding) * len(views), -1, embedding.shape[2])
    return text_similarity(each, text, weights, stops=stops).view(-1, len(views)) @ (views / views.sum())


class PointCloud(Loss):
    """`point_cloud_similarity` of the prompt: the form alone is judged, from ten views that no camera chooses.

    Points lie on the faces of a mesh, or where the views of another scene see something. They are to lie in the unit
    sphere. Colours get no gradient, and points move, but none appears.

    Args:
        encoder: looks at the depth maps.
        prompt: what they should show; ``templates`` stand in place of its own.
        points: how many.
        size: height and width of the depth maps in pixels; sixteen points for each make them smooth.
        view_weights: of four sides, four corners, top and bottom.
        templates: sentences with ``{}`` where the phrase goes; by default PointCLIP's, or the phrase alone where the
            encoder does not know its words.

    Raises:
        InputError: no view has a weight.
    """

    text: Tensor
    weights: Tensor
    views: Tensor
    stops: Tensor | None

    def __init__(
        self,
        encoder: AugmentedEncoder,
        prompt: Prompt,
        points: Annotated[int, Field(ge=1, le=1_000_000)] = 16384,
        size: Side = 32,
        view_weights: Annotated[tuple[NonNegative, ...], Field(min_length=10, max_length=10)] = (1.0,) * 10,
        templates: Annotated[tuple[str, ...], Field(min_length=1)] | None = None,
    ) -> None:
        super().__init__()
        if not sum(view_weights):
            raise InputError("point_cloud: view_weights are all 0")
        self.encoder, self.points, self.size, self.cameras = encoder, points, (size, size), ten_views()
        known = known_templates(DEPTH_TEMPLATES, encoder.encoder)
        said = Prompt(prompt.phrases, known if templates is None else parse_templates(templates)[0])
        self.register_buffer("text", said.embed(encoder.encoder), persistent=False)
        self.register_buffer("weights", prompt.weights.to(self.text), persistent=False)
        self.register_buffer("stops", prompt.stops, persistent=False)
        self.register_buffer("views", torch.tensor(view_weights).to(self.text), persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        depth, alpha = depth_maps(points_of(frames, self.points, step), self.cameras, self.size)
        maps = Frames(depth_map(depth, alpha, LIMITS), alpha, depth, cameras=self.cameras)
        seen = self.encoder(maps, step).embedding
        return point_cloud_similarity(seen, self.text, self.weights, self.views, self.stops)
