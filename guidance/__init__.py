from guidance.augment import AUGMENTATIONS, Augmentation, Augmentations
from guidance.distillation import Distillation
from guidance.encoders import Encoded, Encoder, load_encoder
from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import LOSSES, Loss, register_loss
from guidance.losses import ImageSimilarity, LayerFeatures, PixelDistance, TextContrast, TextSimilarity, TotalVariation
from guidance.objective import LossReport, Objective
from guidance.prompt import Phrase, Prompt
from limn.registry import Registry
from limn.schedule import Schedule
from limn.step import Step

__all__ = [
    "AUGMENTATIONS",
    "LOSSES",
    "Augmentation",
    "Augmentations",
    "AugmentedEncoder",
    "Distillation",
    "Encoded",
    "Encoder",
    "ImageSimilarity",
    "LayerFeatures",
    "Loss",
    "LossReport",
    "Objective",
    "Phrase",
    "PixelDistance",
    "Prompt",
    "Registry",
    "Schedule",
    "Step",
    "TextContrast",
    "TextSimilarity",
    "TotalVariation",
    "load_encoder",
    "register_loss",
]
