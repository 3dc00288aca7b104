from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from guidance.augment.augmentations import Augmentations as Augmentations
    from guidance.augment.augmentations import Draw as Draw
    from guidance.augment.colour import Colour as Colour
    from guidance.augment.colour import Noise as Noise
    from guidance.augment.geometry import Affine as Affine
    from guidance.augment.geometry import Crop as Crop
    from guidance.augment.geometry import Perspective as Perspective
    from guidance.augment.kinds import AUGMENTATIONS as AUGMENTATIONS
    from guidance.augment.kinds import Augmentation as Augmentation
    from guidance.augment.kornia import Kornia as Kornia

__getattr__, __all__ = lazy_names(__name__)
