from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from renderers.solids.solid import Part as Part
    from renderers.solids.solid import Solid as Solid
    from renderers.solids.world import captions as captions
    from renderers.solids.world import solid as solid

__getattr__, __all__ = lazy_names(__name__)
