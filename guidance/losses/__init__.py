from guidance.losses.features import LayerFeatures, layer_features
from guidance.losses.image import ImageSimilarity, image_similarity
from guidance.losses.pixels import Pixels, TotalVariation, pixels, total_variation
from guidance.losses.text import TextContrast, TextSimilarity, text_contrast, text_similarity

__all__ = [
    "ImageSimilarity",
    "LayerFeatures",
    "Pixels",
    "TextContrast",
    "TextSimilarity",
    "TotalVariation",
    "image_similarity",
    "layer_features",
    "pixels",
    "text_contrast",
    "text_similarity",
    "total_variation",
]
