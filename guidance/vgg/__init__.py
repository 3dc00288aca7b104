from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from guidance.vgg.architecture import Vgg16 as Vgg16
    from guidance.vgg.edges import edges as edges
    from guidance.vgg.edges import thinned as thinned
    from guidance.vgg.outlines import EdgeDetector as EdgeDetector

__getattr__, __all__ = lazy_names(__name__)
