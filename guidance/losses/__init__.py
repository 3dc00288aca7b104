from guidance.losses.angles import Angles, angle_change, corner_angles
from guidance.losses.crossing import Crossing, crossing
from guidance.losses.direction import TextDirection, text_direction
from guidance.losses.features import LayerFeatures, layer_features
from guidance.losses.image import ImageSimilarity, image_similarity
from guidance.losses.loudness import Loudness, loudness
from guidance.losses.pixels import Pixels, TotalVariation, pixels, total_variation
from guidance.losses.reference import ReferencePixels
from guidance.losses.text import TextContrast, TextSimilarity, text_contrast, text_similarity
from guidance.losses.tone import Tone, tone

__all__ = [
    "Angles",
    "Crossing",
    "ImageSimilarity",
    "LayerFeatures",
    "Loudness",
    "Pixels",
    "ReferencePixels",
    "TextContrast",
    "TextDirection",
    "TextSimilarity",
    "Tone",
    "TotalVariation",
    "angle_change",
    "corner_angles",
    "crossing",
    "image_similarity",
    "layer_features",
    "loudness",
    "pixels",
    "text_contrast",
    "text_direction",
    "text_similarity",
    "tone",
    "total_variation",
]
