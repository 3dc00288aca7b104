from pipelines.recipes.draw import DrawConfig, draw
from pipelines.recipes.illustrate import IllustrateConfig, illustrate
from pipelines.recipes.lettering import LetteringConfig, lettering
from pipelines.recipes.sketch import SketchConfig, sketch

__all__ = [
    "DrawConfig",
    "IllustrateConfig",
    "LetteringConfig",
    "SketchConfig",
    "draw",
    "illustrate",
    "lettering",
    "sketch",
]
