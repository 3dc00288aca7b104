from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from guidance.augment import AUGMENTATIONS as AUGMENTATIONS
    from guidance.augment import Augmentation as Augmentation
    from guidance.augment import Augmentations as Augmentations
    from guidance.distillation import Distillation as Distillation
    from guidance.encoders import Encoded as Encoded
    from guidance.encoders import Encoder as Encoder
    from guidance.encoders import load_encoder as load_encoder
    from guidance.encoders.augmented import AugmentedEncoder as AugmentedEncoder
    from guidance.loss import LOSSES as LOSSES
    from guidance.loss import Loss as Loss
    from guidance.loss import register_loss as register_loss
    from guidance.losses import ImageSimilarity as ImageSimilarity
    from guidance.losses import LayerFeatures as LayerFeatures
    from guidance.losses import PixelDistance as PixelDistance
    from guidance.losses import TextContrast as TextContrast
    from guidance.losses import TextSimilarity as TextSimilarity
    from guidance.losses import TotalVariation as TotalVariation
    from guidance.objective import LossReport as LossReport
    from guidance.objective import Objective as Objective
    from guidance.prompt import Phrase as Phrase
    from guidance.prompt import Prompt as Prompt
    from limn.registry import Registry as Registry
    from limn.schedule import Schedule as Schedule
    from limn.step import Step as Step

__getattr__, __all__ = lazy_names(__name__)
