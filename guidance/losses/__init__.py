from guidance.losses.comparison import EncodedComparison, PictureComparison
from guidance.losses.conformal import Conformal, conformal, corner_angles
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
from guidance.losses.paths import SmoothCorners, Xing, corners, xing
from guidance.losses.pixels import PixelDistance, TotalVariation, pixels, total_variation
from guidance.losses.saturation import Saturation, saturation
from guidance.losses.text import TextContrast, TextSimilarity, text_contrast, text_similarity
from guidance.losses.tone import Tone, tone

__all__ = [
    "Area",
    "Conformal",
    "EdgeLength",
    "EncodedComparison",
    "ImageSimilarity",
    "Laplacian",
    "LayerFeatures",
    "Lines",
    "NormalConsistency",
    "PictureComparison",
    "PixelDistance",
    "Saturation",
    "SmoothCorners",
    "Symmetry",
    "TextContrast",
    "TextDirection",
    "TextSimilarity",
    "TextureVariation",
    "Tone",
    "TotalVariation",
    "Volume",
    "Xing",
    "area",
    "colour_variation",
    "conformal",
    "corner_angles",
    "corners",
    "cotangent_weights",
    "edge_lengths",
    "edge_stretch",
    "faint_too",
    "image_similarity",
    "laplacian",
    "layer_features",
    "line_map",
    "lines",
    "mirror_pairs",
    "normal_consistency",
    "pixels",
    "saturation",
    "symmetry",
    "text_contrast",
    "text_direction",
    "text_similarity",
    "tone",
    "total_variation",
    "volume",
    "xing",
]
