from guidance.losses.angles import Angles, angle_change, corner_angles
from guidance.losses.direction import TextDirection, text_direction
from guidance.losses.features import LayerFeatures, layer_features
from guidance.losses.geometry_size import Area, EdgeLength, Volume, area, edge_lengths, edge_stretch, volume
from guidance.losses.geometry_smooth import (
    Laplacian,
    NormalConsistency,
    cotangent_weights,
    laplacian,
    normal_consistency,
)
from guidance.losses.geometry_symmetry import Symmetry, mirror_pairs, symmetry
from guidance.losses.geometry_texture import TextureVariation, colour_variation
from guidance.losses.image import ImageSimilarity, image_similarity
from guidance.losses.lines import Lines, faint_too, line_map, lines
from guidance.losses.loudness import Loudness, loudness
from guidance.losses.paths import Corners, Crossing, corners, crossing
from guidance.losses.pixels import Pixels, TotalVariation, pixels, total_variation
from guidance.losses.reference import ReferencePixels
from guidance.losses.text import TextContrast, TextSimilarity, text_contrast, text_similarity
from guidance.losses.tone import Tone, tone

__all__ = [
    "Angles",
    "Area",
    "Corners",
    "Crossing",
    "EdgeLength",
    "ImageSimilarity",
    "Laplacian",
    "LayerFeatures",
    "Lines",
    "Loudness",
    "NormalConsistency",
    "Pixels",
    "ReferencePixels",
    "Symmetry",
    "TextContrast",
    "TextDirection",
    "TextSimilarity",
    "TextureVariation",
    "Tone",
    "TotalVariation",
    "Volume",
    "angle_change",
    "area",
    "colour_variation",
    "corner_angles",
    "corners",
    "cotangent_weights",
    "crossing",
    "edge_lengths",
    "edge_stretch",
    "faint_too",
    "image_similarity",
    "laplacian",
    "layer_features",
    "line_map",
    "lines",
    "loudness",
    "mirror_pairs",
    "normal_consistency",
    "pixels",
    "symmetry",
    "text_contrast",
    "text_direction",
    "text_similarity",
    "tone",
    "total_variation",
    "volume",
]
