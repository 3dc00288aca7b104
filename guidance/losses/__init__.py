from guidance.losses.direction import TextDirection, text_direction
from guidance.losses.features import LayerFeatures, layer_features
from guidance.losses.image import ImageSimilarity, image_similarity
from guidance.losses.pixels import Pixels, TotalVariation, pixels, total_variation
from guidance.losses.reference import ReferencePixels
from guidance.losses.text import TextContrast, TextSimilarity, text_contrast, text_similarity

__all__ = [
    "ImageSimilarity",
    "LayerFeatures",
    "Pixels",
    "ReferencePixels",
    "TextContrast",
    "TextDirection",
    "TextSimilarity",
    "TotalVariation",
    "image_similarity",
    "layer_features",
    "pixels",
    "text_contrast",
    "text_direction",
    "text_similarity",
    "total_variation",
]
