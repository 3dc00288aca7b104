"""Loss: pictures in, one number per candidate out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from limn.frames import Frames
from limn.registry import Registry
from limn.step import Step


class Loss(nn.Module, ABC):
    """One value per candidate, lower is better, so that a population never mixes gradients.

    The constructor's arguments are the loss's configuration. What the pipeline gives is declared by type: an
    `AugmentedEncoder` or a list of them, a `Target` (or a ``Tensor``, its fixed picture) or a list of them, a `Prompt`,
    a list of `RegionPrompt`, `Compute`.

    Attributes:
        ranks: False for what keeps parameters where they mean something and says nothing of pictures: evaluations,
            which compare states and candidates, leave it out.
    """

    ranks: ClassVar[bool] = True

    @abstractmethod
    def forward(self, frames: Frames, step: Step) -> Tensor:
        """Evaluates the pictures.

        Args:
            frames: S candidates in V views.
            step: where the run stands.

        Returns:
            One loss per candidate [S].
        """


class WeightedSum(Loss):
    """A weighted sum of losses that is one loss, such as one for each of several pictures.

    Args:
        losses: at least one.
        weights: of each.
    """

    def __init__(self, losses: Sequence[Loss], weights: Sequence[float]) -> None:
        super().__init__()
        self.losses, self.weights = nn.ModuleList(losses), tuple(weights)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        values = [weight * loss(frames, step) for loss, weight in zip(self.losses, self.weights, strict=True)]
        return torch.stack(values).sum(dim=0)


LOSSES: Registry[Callable[..., Loss]] = Registry(
    "loss",
    {
        "action": "guidance.losses.action:Action",
        "augmented_target": "guidance.losses.embedding:AugmentedTarget",
        "area": "guidance.losses.geometry_size:Area",
        "chi_norm": "guidance.losses.chi_norm:ChiNorm",
        "conformal": "guidance.losses.conformal:Conformal",
        "corners": "guidance.losses.paths:SmoothCorners",
        "contextual": "guidance.losses.patches:Contextual",
        "curvature": "guidance.losses.field_distance:Curvature",
        "depth_smoothness": "guidance.losses.smoothness:DepthSmoothness",
        "depth_words": "guidance.losses.depth_words:DepthWords",
        "deviation": "guidance.losses.isosurface:Deviation",
        "distillation": "guidance.distillation.loss:Distillation",
        "distortion": "guidance.losses.field_rays:Distortion",
        "edge_length": "guidance.losses.geometry_size:EdgeLength",
        "edges": "guidance.losses.edges:Edges",
        "eikonal": "guidance.losses.field_distance:Eikonal",
        "embedding_distance": "guidance.losses.embedding:EmbeddingDistance",
        "emptiness": "guidance.losses.field_opacity:Emptiness",
        "example_direction": "guidance.losses.direction:ExampleDirection",
        "fourier_variation": "guidance.losses.fourier:FourierVariation",
        "gram": "guidance.losses.statistics:Gram",
        "grid_variation": "guidance.losses.field_smooth:GridVariation",
        "image_ensemble": "guidance.losses.ensemble:ImageEnsemble",
        "image_similarity": "guidance.losses.image:ImageSimilarity",
        "laplacian": "guidance.losses.geometry_smooth:Laplacian",
        "ink": "guidance.losses.ink:Ink",
        "layer_features": "guidance.losses.features:LayerFeatures",
        "likelihood": "guidance.losses.embedding:Likelihood",
        "lines": "guidance.losses.lines:Lines",
        "lpips": "guidance.losses.lpips:Lpips",
        "moments": "guidance.losses.statistics:Moments",
        "ms_ssim": "guidance.losses.structure:MultiScaleSimilarity",
        "multiview_direction": "guidance.losses.multiview:MultiviewDirection",
        "near_paths": "guidance.losses.near_paths:NearPaths",
        "normal_consistency": "guidance.losses.geometry_smooth:NormalConsistency",
        "normal_smoothness": "guidance.losses.smoothness:NormalSmoothness",
        "normal_smoothness_3d": "guidance.losses.field_smooth:NormalSmoothnessInSpace",
        "opacity": "guidance.losses.field_opacity:Opacity",
        "opaque": "guidance.losses.field_opacity:Opaque",
        "orientation": "guidance.losses.field_rays:Orientation",
        "outlines": "guidance.losses.outlines:Outlines",
        "palette": "guidance.losses.palette:Palette",
        "patch_direction": "guidance.losses.direction:PatchDirection",
        "patches": "guidance.losses.patches:Patches",
        "pixels": "guidance.losses.pixels:PixelDistance",
        "point_cloud": "guidance.losses.point_cloud:PointCloud",
        "relaxed_emd": "guidance.losses.patches:RelaxedEmd",
        "residual": "guidance.losses.embedding:Residual",
        "saturation": "guidance.losses.saturation:Saturation",
        "sign_changes": "guidance.losses.isosurface:SignChanges",
        "sound_similarity": "guidance.losses.sound:SoundSimilarity",
        "ssim": "guidance.losses.structure:StructuralSimilarity",
        "symmetry": "guidance.losses.geometry_symmetry:Symmetry",
        "text_aligned": "guidance.distillation.exemplars.aligned:TextAligned",
        "text_blend": "guidance.distillation.exemplars.aligned:TextBlend",
        "text_contrast": "guidance.losses.text:TextContrast",
        "text_crops": "guidance.losses.text_crops:TextCrops",
        "text_direction": "guidance.losses.direction:TextDirection",
        "text_ensemble": "guidance.losses.ensemble:TextEnsemble",
        "text_parts": "guidance.losses.text_parts:TextParts",
        "text_regions": "guidance.losses.text_regions:TextRegions",
        "text_similarity": "guidance.losses.text:TextSimilarity",
        "texture_variation": "guidance.losses.geometry_texture:TextureVariation",
        "tone": "guidance.losses.tone:Tone",
        "total_variation": "guidance.losses.pixels:TotalVariation",
        "transmittance": "guidance.losses.field_opacity:Transmittance",
        "uniform_pose": "guidance.losses.pose:UniformPose",
        "unwanted_concepts": "guidance.losses.concepts:UnwantedConcepts",
        "video_similarity": "guidance.losses.video:VideoSimilarity",
        "video_text_similarity": "guidance.losses.video:VideoTextSimilarity",
        "volume": "guidance.losses.geometry_size:Volume",
        "written_words": "guidance.losses.written_words:WrittenWords",
        "xing": "guidance.losses.paths:Xing",
        "z_variance": "guidance.losses.field_rays:DepthVariance",
    },
    renamed={"crossing": "xing", "loudness": "saturation", "angles": "conformal", "reference_pixels": "pixels"},
)
"""Losses by the name that a config uses; entries are classes, their constructors' arguments are their configuration."""

register_loss = LOSSES.register
