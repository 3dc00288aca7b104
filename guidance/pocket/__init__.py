from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from guidance.pocket.load import concepts as concepts
    from guidance.pocket.load import known_words as known_words
    from guidance.pocket.load import load_pocket as load_pocket

__getattr__, __all__ = lazy_names(__name__)
