from guidance.augment.augmentations import Augmentations, Draw
from guidance.augment.colour import Colour, Noise
from guidance.augment.geometry import Affine, Crop, Perspective
from guidance.augment.kinds import AUGMENTATIONS, Augmentation

__all__ = ["AUGMENTATIONS", "Affine", "Augmentation", "Augmentations", "Colour", "Crop", "Draw", "Noise", "Perspective"]
