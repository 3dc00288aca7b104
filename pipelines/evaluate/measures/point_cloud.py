"""Point clouds: what their depth maps are taken for."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from guidance.channels import depth_map
from guidance.losses.point_cloud import DEPTH_TEMPLATES
from guidance.point_clouds import LIMITS, depth_maps, even_places, on_faces, ten_views
from guidance.prompt import known_templates
from limn.ranges import NonNegative, Side
from pipelines.evaluate.judge import Judge, cosines
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject
from pipelines.task.models import read_model
from renderers.fields.surface.point_cloud import read_point_cloud


class PointCloudClass(Measure):
    """What a point cloud is taken for by its depth maps from ten views, as PointCLIP finds it without training.

    Points of a model are spread evenly over its faces; those of a PLY file without faces are taken as they are.

    Args:
        classes: names to choose from, like ``[a mug, a chair]``.
        encoder: a CLIP; it reads PointCLIP's sentence, or the names alone where it does not know its words.
        points: on a model.
        size: height and width of the depth maps in pixels; points should cover them.
        view_weights: of four sides, four corners, top and bottom.
    """

    kinds = frozenset({"model", "point_cloud"})
    asked = True

    def __init__(
        self,
        classes: list[str],
        encoder: Judge,
        points: Annotated[int, Field(ge=1, le=1_000_000)] = 16384,
        size: Side = 64,
        view_weights: Annotated[tuple[NonNegative, ...], Field(min_length=10, max_length=10)] = (1.0,) * 10,
    ) -> None:
        self.classes, self.judge, self.points, self.size = classes, encoder, points, (size, size)
        self.weights = torch.tensor(view_weights) / sum(view_weights)
        self.text = encoder.read(classes, known_templates(DEPTH_TEMPLATES, encoder.encoder))

    def of(self, subject: Subject) -> Reading:
        """The name, its probability, and the share of the views, by their weights, that alone would say the same."""
        look = f"depth maps of {self.points} points, {self.size}"
        seen = cosines(self.judge.keep(subject, look, lambda: self._maps(subject)), self.text)
        found = (self.judge.encoder.logit_scale * self.weights @ seen).softmax(dim=0)
        best = int(found.argmax())
        share = float(self.weights @ (seen.argmax(dim=1) == best).float())
        name, probability = self.classes[best], float(found[best])
        return {"point_cloud": name, "point_cloud_probability": probability, "point_cloud_views": share}

    def _maps(self, subject: Subject) -> Tensor:
        """[10, 3, size, size] in 0..1."""
        if subject.main.kind == "point_cloud":
            points = read_point_cloud(subject.main.path)[0]
        else:
            mesh = read_model(subject.main.path)
            points = on_faces(mesh.vertices[None], mesh.faces, even_places(self.points))[0]
        return depth_map(*depth_maps(points[None], ten_views(), self.size), LIMITS)[0]
