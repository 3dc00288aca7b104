"""What losses of the conformance table are built with, and what scenes they need."""

from __future__ import annotations

from typing import Any

from guidance.embedding.expression import Expression

SETTINGS: dict[str, dict[str, Any]] = {
    "action": {"others": ["a blue car", "a dog"], "templates": ("{}", "The man is {}")},
    "layer_features": {"layers": {"layer2": 1.0, "layer3": 1.0}},
    "augmented_target": {"corpus": ["a blue car", "a dog"]},
    "contextual": {"layers": {"layer2": 1.0, "layer3": 1.0}},
    "gram": {"layers": {"stem": 1.0, "layer2": 2.0}},
    "moments": {"layers": {"layer1": 1.0, "layer3": 1.0}},
    "depth_words": {"temperature": 0.05},
    "patches": {"layers": {"layer2": 1.0, "layer3": 1.0}},
    "point_cloud": {"points": 512, "size": 32},
    "residual": {"bad": Expression('"a dog"')},
    "relaxed_emd": {"layers": {"layer2": 1.0, "layer3": 1.0}},
    "sound_similarity": {"captions": ["a dog", "a cat"]},
    "text_contrast": {"others": ["a blue car", "a dog"]},
    "multiview_direction": {"start": "a blue car"},
    "patch_direction": {"start": "a blue car", "threshold": 0.0},
    "text_direction": {"start": "a blue car"},
    "unwanted_concepts": {"concepts": ("a blue car", "a dog"), "margin": 1.5},
    "written_words": {"margin": -1.0},
}

BY_VGG = ("lpips", "outlines")
BY_POCKET = ("likelihood",)
"""What needs an encoder with statistics."""

DIRECTIONS = ("distillation", "example_direction", "multiview_direction", "patch_direction", "text_direction")
"""Losses whose target is not where pictures should come to."""

REACH = {"deviation": 0.1, "point_cloud": 3e-4}
"""How far to either side differences are taken, where not 0.001."""

ON_PATHS = ("conformal", "corners", "near_paths", "xing")
ON_GRIDS = ("deviation", "sign_changes")
ON_NOISE = ("chi_norm",)
ON_MODELS = ("area", "edge_length", "laplacian", "normal_consistency", "point_cloud", "symmetry", "texture_variation")
ON_MODELS += ("volume",)
ON_VIEWS = ("multiview_direction",)
ON_FIELDS = (
    "curvature",
    "depth_smoothness",
    "depth_words",
    "distortion",
    "eikonal",
    "emptiness",
    "grid_variation",
    "normal_smoothness",
    "normal_smoothness_3d",
    "opacity",
    "opaque",
    "orientation",
    "transmittance",
    "z_variance",
)
