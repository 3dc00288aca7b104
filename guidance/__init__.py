from guidance.augment import AUGMENTATIONS, Augmentation, Augmentations
from guidance.distillation import Distillation
from guidance.encoders import Encoded, Encoder, load_encoder
from guidance.loss import LOSSES, Loss, Step, register_loss
from guidance.losses import (
    ImageSimilarity,
    LayerFeatures,
    Pixels,
    TextContrast,
    TextSimilarity,
    TotalVariation,
)
from guidance.objective import LossReport, Objective
from guidance.prompt import Phrase, Prompt
from guidance.schedule import Schedule
from guidance.view import View
from renderers.registry import Registry

__all__ = [
    "AUGMENTATIONS",
    "LOSSES",
    "Augmentation",
    "Augmentations",
    "Distillation",
    "Encoded",
    "Encoder",
    "ImageSimilarity",
    "LayerFeatures",
    "Loss",
    "LossReport",
    "Objective",
    "Phrase",
    "Pixels",
    "Prompt",
    "Registry",
    "Schedule",
    "Step",
    "TextContrast",
    "TextSimilarity",
    "TotalVariation",
    "View",
    "load_encoder",
    "register_loss",
]
