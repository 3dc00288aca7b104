from pipelines.recipes.draw import DrawConfig, draw
from pipelines.recipes.sketch import SketchConfig, sketch

__all__ = ["DrawConfig", "SketchConfig", "draw", "sketch"]
